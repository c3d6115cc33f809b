"""Plivo: status callbacks of messages, as query or form.

Sources: Plivo, "Message object" and "Message status callback" (fields, error codes), "Validating callbacks"
(signature V2); the signature code of the official SDKs.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

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
from messagestatus_server.providers.nonces import NonceMemory
from messagestatus_server.providers.sent_fields import sent_fields
from messagestatus_server.providers.signatures import check_equal, mac, required_header
from messagestatus_server.providers.times import iso_micros

_OWN, _MAIN = "x-plivo-signature-v2", "x-plivo-signature-ma-v2"
_NONCE = "x-plivo-signature-v2-nonce"
_REMEMBERED_NONCES = 65_536
_CHANNELS = {"sms": Channel.SMS, "mms": Channel.SMS, "whatsapp": Channel.WHATSAPP}
_TIMES = ("DeliveryReportTime", "SentTime", "QueuedTime", "MessageTime")
_FIRST_TIME = {"sent": "SentTime", "queued": "QueuedTime"}


class Plivo(Provider):
    """Verifies and reads Plivo's callbacks.

    The signature covers the address and a nonce, and neither query nor body. Whoever saw one signed callback
    could send any other status with its signature. So a nonce that comes a second time with something else
    is refused. That does not help where the nonce of the captured callback never came here, came to another
    process or before a restart, or is older than the nonces that are remembered: a route of Plivo needs a
    secret path or the addresses that may call as well.
    """

    name = "plivo"
    settings = (
        Setting(
            "auth_token",
            "Auth token of the account that sends, or of its main account",
            secret=True,
            required=True,
        ),
        Setting(
            "time_zone",
            "The zone of the times, which Plivo does not tell",
            default="utc",
            choices=("utc", "unknown"),
        ),
    )

    def __init__(self) -> None:
        self._nonces = NonceMemory(_REMEMBERED_NONCES)

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the signature by the account's token, or by that of its main account, and the nonce."""
        headers = callback.headers
        said = [part.strip() for name in (_OWN, _MAIN) for part in headers.get(name, "").split(",")]
        if not any(said):
            raise Unverified(f"the headers {_OWN} and {_MAIN} are missing", 401)
        nonce = required_header(callback, _NONCE)
        token = config["auth_token"]
        address = urlunsplit(urlsplit(callback.url)._replace(query="", fragment=""))
        content = f"{address}{nonce}".encode("utf-8", "surrogateescape")
        expected = base64.b64encode(mac(token, content))
        _check_one_of([part for part in said if part], expected)
        query = urlsplit(callback.url).query
        came = (callback.method.encode(), query.encode("utf-8", "surrogateescape"), callback.body)
        if self._nonces.is_reused((token.encode(), content), came):
            raise Unverified("the nonce was used before, with something else")

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, str]]:
        """Return the parameters; a callback tells of one message, or of one part of a long one."""
        return [sent_fields(callback)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the parameters tell; None for an inbound message, which has a text and no status.

        Each part of a long message has an identifier of its own; that of the message is the parent's.
        """
        word, part_id = item.get("Status", ""), item.get("MessageUUID", "")
        if not word and "Text" in item:
            return None
        if not part_id:
            raise Malformed("MessageUUID is missing")
        if not word:
            raise Malformed("Status is missing")
        sequence = item.get("Sequence", "")
        first = _FIRST_TIME.get(word.lower(), "")
        time = next((item[name] for name in (first, *_TIMES) if item.get(name)), "")
        zone_known = (config.get("time_zone") or "utc") == "utc"
        return Told(
            provider_message_id=item.get("ParentMessageUUID") or part_id,
            word=word,
            code=item.get("ErrorCode", ""),
            detail=_detail(item),
            occur_time=iso_micros(time) if zone_known else None,
            event_id=f"{part_id}:{sequence}" if sequence else "",
            time_text=time,
            channel=_CHANNELS.get(item.get("Type", "").lower(), Channel.UNSPECIFIED),
        )


def _check_one_of(said: Sequence[str], expected: bytes) -> None:
    """Compare each of the signatures with the expected one; one must be it."""
    for signature in said[:-1]:
        try:
            return check_equal(signature, expected)
        except Unverified:
            continue
    return check_equal(said[-1], expected)


def _detail(item: Mapping[str, str]) -> str:
    """Return the explanation of an error, and of which part of a long message it is told."""
    part = item.get("PartInfo", "")
    of_a_part = f"part {part}" if part and not part.endswith(" of 1") else ""
    return ", ".join(filter(None, (item.get("ErrorMessage", ""), of_a_part)))
