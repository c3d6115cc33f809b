"""How a rival tells that it serves: by the same line on standard error as the product."""

import json
import sys


def tell(address: str) -> None:
    """Say where calls are taken from now on."""
    sys.stderr.write(json.dumps({"event": "serving", "address": address}) + "\n")
    sys.stderr.flush()
