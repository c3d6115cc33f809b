"""The gateway's reference as it stands in the package."""

from importlib.resources import files
from typing import Any

import orjson

REFERENCE = files("messagestatus_gateway.reference")
DOCUMENT: dict[str, Any] = orjson.loads((REFERENCE / "openapi.json").read_bytes())
