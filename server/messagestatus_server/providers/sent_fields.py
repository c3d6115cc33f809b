"""The fields of a callback where its method says that they stand: in the query, or in a form or flat JSON.

Never in both: what a signature covers stands in one place, and the other must not add to it.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from messagestatus_server.providers.callback import Callback
from messagestatus_server.providers.json_body import json_object


def is_json(callback: Callback) -> bool:
    """Tell whether a callback calls its body JSON."""
    kind = callback.content_type
    return kind == "application/json" or kind.endswith("+json")


def sent_fields(callback: Callback) -> dict[str, str]:
    """Return the fields by their names; the last one of a name counts.

    Raises:
        Malformed: The body calls itself JSON, and is no JSON object.
    """
    if callback.method == "GET":
        return dict(callback.query)
    if is_json(callback):
        return texts_of(json_object(callback.body))
    return dict(callback.form)


def texts_of(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a JSON object as texts, without those that hold nothing, a list or an object."""
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in fields.items()
        if value is not None and not isinstance(value, dict | list)
    }
