"""Meta's WhatsApp Cloud API: the statuses among its webhooks, many of them in one call.

Sources: Meta, "Status messages webhook reference", "Error codes", "Webhooks: getting started" (verification
request, X-Hub-Signature-256).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import (
    Answer,
    Callback,
    Config,
    Malformed,
    Provider,
    Setting,
    Told,
    Unverified,
)
from messagestatus_server.providers.json_body import json_object, list_in, object_in, required_text, text_in
from messagestatus_server.providers.numbers import with_plus
from messagestatus_server.providers.signatures import check_equal, mac, required_header
from messagestatus_server.providers.times import unix_micros

_PREFIX = "sha256="


class MetaWhatsApp(Provider):
    """Verifies and reads WhatsApp's statuses; answers the request by which Meta makes sure of a webhook."""

    name = "meta_whatsapp"
    settings = (
        Setting("app_secret", "App secret", secret=True, required=True),
        Setting("verify_token", "Verify token of the webhook", secret=True, required=True),
    )

    async def greet(self, callback: Callback, config: Config) -> Answer | None:
        """Answer the challenge of a verification request.

        Raises:
            Unverified: It does not carry the verify token.
        """
        if callback.method != "GET":
            return None
        asked = dict(callback.query)
        if asked.get("hub.mode") != "subscribe":
            return None
        token = asked.get("hub.verify_token", "")
        if not token:
            raise Unverified("hub.verify_token is missing", 401)
        check_equal(token, config["verify_token"])
        return Answer(body=asked.get("hub.challenge", "").encode())

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check `X-Hub-Signature-256` over the bytes of the body."""
        said = required_header(callback, "x-hub-signature-256")
        check_equal(said, _PREFIX + mac(config["app_secret"], callback.body).hex())

    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Return the statuses of every change of every entry."""
        return list(_statuses(json_object(callback.body)))

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what a status tells. The errors of a failure come this once only, and are told in full."""
        if not isinstance(item, dict):
            raise Malformed("an entry, a change or a status is not an object")
        code, detail = _first_error(item)
        time_text = text_in(item, "timestamp")
        return Told(
            provider_message_id=required_text(item, "id"),
            word=required_text(item, "status"),
            code=code,
            detail=detail,
            occur_time=unix_micros(time_text),
            time_text=time_text,
            recipient=_member(item),
            reference=text_in(item, "biz_opaque_callback_data"),
            channel=Channel.WHATSAPP,
        )


def _statuses(body: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the statuses, and in the place of what holds none because it has another shape, that itself."""
    for entry in list_in(body, "entry"):
        for change in _members(entry, "changes"):
            value = change.get("value") if isinstance(change, dict) else change
            yield from _members(value, "statuses")


def _members(place: Any, field: str) -> Sequence[Any]:
    if not isinstance(place, dict):
        return [place]
    members = place.get(field)
    if members is None:
        return []
    return members if isinstance(members, list) else [None]


def _first_error(status: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code of the first error, and its title with the details."""
    errors = list_in(status, "errors")
    if not errors:
        return "", ""
    error = errors[0]
    if not isinstance(error, dict):
        raise Malformed("errors[0] is not an object")
    texts = (
        text_in(error, "title", "errors[0].title") or text_in(error, "message", "errors[0].message"),
        text_in(object_in(error, "error_data", "errors[0].error_data"), "details"),
    )
    return text_in(error, "code", "errors[0].code"), ": ".join(text for text in texts if text)


def _member(status: Mapping[str, Any]) -> str:
    """Return the member of a group that a status speaks of; one identifier covers all members."""
    if text_in(status, "recipient_type") != "group":
        return ""
    member = text_in(status, "recipient_participant_id") or text_in(status, "recipient_participant_user_id")
    return with_plus(member)
