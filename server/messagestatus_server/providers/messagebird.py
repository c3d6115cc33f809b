"""MessageBird, the platform before Bird: status reports of SMS as a query, signed by a web token.

Sources: MessageBird, "SMS API: handle status reports" (fields), "Verifying HTTP requests" (web token); the
reference test cases of the official SDKs.
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
from messagestatus_server.providers.numbers import with_plus
from messagestatus_server.providers.sent_fields import sent_fields
from messagestatus_server.providers.signatures import check_equal, required_header
from messagestatus_server.providers.times import iso_micros
from messagestatus_server.providers.web_tokens import claimed_second, claimed_text, claims_of

_ALGORITHMS = ("HS256", "HS384", "HS512")
_LEEWAY_SECONDS = 1
_MICROSECONDS = 1_000_000


class MessageBird(Provider):
    """Verifies and reads the status reports of MessageBird.

    They are sent only for messages that were given a reference. One identifier covers all recipients of a
    message. The identifier of the web token differs from one attempt to the next, and so names no event.
    """

    name = "messagebird"
    settings = (
        Setting("signing_key", "Signing key of the account; not its access key", secret=True, required=True),
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the web token, its times, and that it was made for this URL and this body."""
        token = required_header(callback, "messagebird-signature-jwt")
        claims = claims_of(token, config["signing_key"], _ALGORITHMS)
        if claimed_text(claims, "iss") != "MessageBird":
            raise Unverified("the web token was not issued by MessageBird")
        now = callback.receive_time / _MICROSECONDS
        if claimed_second(claims, "nbf") > now + _LEEWAY_SECONDS:
            raise Unverified("the web token is not valid yet")
        if claimed_second(claims, "exp") <= now - _LEEWAY_SECONDS:
            raise Unverified("the web token has expired")
        url_digest = hashlib.sha256(callback.url.encode("utf-8", "surrogateescape")).hexdigest()
        check_equal(claimed_text(claims, "url_hash"), url_digest)
        if callback.body:
            check_equal(claimed_text(claims, "payload_hash"), hashlib.sha256(callback.body).hexdigest())
        elif "payload_hash" in claims:
            raise Unverified("the web token was made for a body, and there is none")

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, str]]:
        """Return the parameters; a report tells of one recipient of a message."""
        return [sent_fields(callback)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the parameters tell."""
        message_id, word = item.get("id", ""), item.get("status", "")
        if not message_id:
            raise Malformed("id is missing")
        if not word:
            raise Malformed("status is missing")
        time = item.get("statusDatetime", "")
        return Told(
            provider_message_id=message_id,
            word=word,
            code=item.get("statusErrorCode", ""),
            detail=item.get("statusReason", ""),
            # A plus sign that was not encoded has become a space.
            occur_time=iso_micros(time.strip().replace(" ", "+")),
            time_text=time,
            recipient=with_plus(item.get("recipient", "")),
            reference=item.get("reference", ""),
            channel=Channel.SMS,
        )
