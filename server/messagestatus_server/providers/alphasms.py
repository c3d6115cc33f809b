"""AlphaSMS: the hook that a message names, as far as it can be known.

Sources: AlphaSMS, "JSON API" (`hook`, the shape of an answer, "Message statuses reference"). What the hook
receives is not documented: this reads what two public clients guess, JSON, form or query, and the field names
are settings. `X-Signature` is such a guess as well, and checked only where the route has the key.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import (
    Callback,
    Config,
    Malformed,
    Provider,
    Setting,
    Told,
    Unverified,
)
from messagestatus_server.providers.json_body import json_value, required_text, text_in
from messagestatus_server.providers.parameters import parameters
from messagestatus_server.providers.signatures import check_equal, required_header

_ID_FIELDS = "id,msg_id,message_id"
_STATUS_FIELD = "status"
_CHANNELS = {
    "sms": Channel.SMS,
    "viber": Channel.VIBER,
    "rcs": Channel.RCS,
    "telegram": Channel.TELEGRAM,
    "whatsapp": Channel.WHATSAPP,
}


class AlphaSms(Provider):
    """Reads AlphaSMS' hooks in any of the shapes in which they may come."""

    name = "alphasms"
    settings = (
        Setting(
            "id_fields", "Fields that may hold the identifier, the first of them first", default=_ID_FIELDS
        ),
        Setting("status_field", "Field that holds the status", default=_STATUS_FIELD),
        Setting("api_key", "API key that X-Signature is made with, if hooks are signed", secret=True),
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check `X-Signature` over the body and the key, where the route has the key."""
        key = config.get("api_key", "")
        if not key:
            return
        said = required_header(callback, "x-signature").lower()
        if not callback.body:
            raise Unverified("there is no body that a signature could cover", 401)
        check_equal(said, hashlib.sha256(callback.body + key.encode()).hexdigest())

    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Return what may be a message each: the body, the elements of its list, or of its `data`."""
        if not _is_json(callback):
            return [parameters(callback)]
        value = json_value(callback.body)
        if isinstance(value, dict) and isinstance(value.get("data"), list):
            value = value["data"]
        items = value if isinstance(value, list) else [value]
        if not items:
            raise Malformed("the body names no message")
        return items

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what one message's part tells."""
        if not isinstance(item, dict):
            raise Malformed("an element is not an object")
        inner = item.get("data")
        told: Mapping[str, Any] = {**item, **inner} if isinstance(inner, dict) else item
        fields = [field.strip() for field in (config.get("id_fields") or _ID_FIELDS).split(",")]
        message_id = next((text for field in fields if (text := text_in(told, field))), "")
        if not message_id:
            raise Malformed(f"{' or '.join(fields)} is missing")
        kind = told.get("type")
        return Told(
            provider_message_id=message_id,
            word=required_text(told, config.get("status_field") or _STATUS_FIELD),
            channel=_CHANNELS.get(kind.lower(), Channel.UNSPECIFIED)
            if isinstance(kind, str)
            else Channel.UNSPECIFIED,
        )


def _is_json(callback: Callback) -> bool:
    """Tell whether the body is JSON, by its type or, where that says nothing, by its beginning."""
    if callback.content_type == "application/json":
        return True
    return callback.body.lstrip()[:1] in {b"{", b"["}
