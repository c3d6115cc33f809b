"""Infobip: delivery reports and seen reports, several in one callback.

Sources: Infobip, "Receive outbound SMS reports", "Receive seen reports", "Response status and error codes".
The document names Basic and HMAC as ways to authenticate, but neither the header of the HMAC nor how it is
written; these are settings.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.basic_auth import BASIC_SETTINGS, check_basic
from messagestatus_server.providers.callback import (
    Callback,
    Config,
    Malformed,
    Provider,
    Setting,
    Told,
    Unverified,
)
from messagestatus_server.providers.json_body import json_object, list_in, object_in, required_text, text_in
from messagestatus_server.providers.signatures import check_equal, mac, required_header
from messagestatus_server.providers.times import iso_micros

_ALGORITHMS = {
    "HMAC_MD5": hashlib.md5,
    "HMAC_SHA_1": hashlib.sha1,
    "HMAC_SHA_224": hashlib.sha224,
    "HMAC_SHA_256": hashlib.sha256,
    "HMAC_SHA_384": hashlib.sha384,
    "HMAC_SHA_512": hashlib.sha512,
}
_ALGORITHM = "HMAC_SHA_256"
_CHANNELS = {
    "SMS": Channel.SMS,
    "MMS": Channel.SMS,
    "RCS": Channel.RCS,
    "VIBER": Channel.VIBER,
    "VIBER_BM": Channel.VIBER,
    "WHATSAPP": Channel.WHATSAPP,
    "EMAIL": Channel.EMAIL,
    "VOICE": Channel.VOICE,
    "TELEGRAM": Channel.TELEGRAM,
}
_NO_ERROR = {"", "0", "NO_ERROR"}


class Infobip(Provider):
    """Verifies and reads Infobip's reports. A word is the group and the name of a status: `GROUP/NAME`."""

    name = "infobip"
    settings = (
        *BASIC_SETTINGS,
        Setting("hmac_secret", "Secret key of the HMAC, where the profile signs", secret=True),
        Setting("hmac_header", "Header that carries the HMAC"),
        Setting("hmac_algorithm", "Algorithm", default=_ALGORITHM, choices=tuple(_ALGORITHMS)),
        Setting("hmac_encoding", "How the HMAC is written", default="hex", choices=("hex", "base64")),
        Setting("hmac_prefix", "What stands before the HMAC in its header"),
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check Basic and the HMAC of the body, each where the route has a secret for it."""
        check_basic(callback, config)
        secret = config.get("hmac_secret")
        if not secret:
            return
        header = config.get("hmac_header", "").lower()
        if not header:
            raise Unverified("the route has a secret for the HMAC, but no hmac_header")
        algorithm = _ALGORITHMS[config.get("hmac_algorithm") or _ALGORITHM]
        digest = mac(secret, callback.body, algorithm)
        said, prefix = required_header(callback, header), config.get("hmac_prefix", "")
        if config.get("hmac_encoding") == "base64":
            check_equal(said, prefix + base64.b64encode(digest).decode())
        else:
            check_equal(said.lower(), prefix.lower() + digest.hex())

    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Return the reports."""
        body = json_object(callback.body)
        if "results" not in body:
            raise Malformed("results is missing")
        return list_in(body, "results")

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what a report tells; None where it tells that an inbound message was deleted."""
        if not isinstance(item, dict):
            raise Malformed("a result is not an object")
        channel = _CHANNELS.get(text_in(item, "channel").upper(), Channel.UNSPECIFIED)
        told = Told(
            provider_message_id=required_text(item, "messageId"),
            word="",
            reference=text_in(item, "callbackData"),
            channel=channel,
        )
        status = object_in(item, "status")
        if not status:
            return _seen(told, item)
        time_text = text_in(item, "doneAt") or text_in(item, "sentAt")
        code, detail = _error(object_in(item, "error"))
        return told._replace(
            word=_word(status),
            code=code,
            detail=detail or text_in(status, "description", "status.description"),
            occur_time=iso_micros(time_text),
            time_text=time_text,
        )


def _seen(told: Told, item: Mapping[str, Any]) -> Told | None:
    time_text = text_in(item, "seenAt")
    if time_text:
        return told._replace(word="seen", occur_time=iso_micros(time_text), time_text=time_text)
    if text_in(item, "deletedAt"):
        return None
    raise Malformed("status is missing")


def _word(status: Mapping[str, Any]) -> str:
    """Return the group and the name: an identifier alone, such as 87, can mean three different things."""
    group = text_in(status, "groupName", "status.groupName")
    name = required_text(status, "name", "status.name")
    return f"{group}/{name}" if group else name


def _error(error: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code of an error and its text, with which Infobip tells whether it is permanent."""
    code = text_in(error, "name", "error.name") or text_in(error, "id", "error.id")
    if code.upper() in _NO_ERROR:
        return "", ""
    detail = text_in(error, "description", "error.description") or code
    permanent = error.get("permanent")
    if isinstance(permanent, bool):
        detail += " (permanent)" if permanent else " (not permanent)"
    return code, detail
