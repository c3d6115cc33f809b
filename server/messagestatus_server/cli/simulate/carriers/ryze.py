"""RyzeAPI, simulated: events of one instance, with its token and a header that the webhook names."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.domain.message import Channel


class SimulatedRyze(Carrier):
    """Sends `message.status` of private chats, one message a callback."""

    provider = "ryze"
    channel = Channel.WHATSAPP
    script = ("delivered", "read")

    def __init__(self) -> None:
        self._authorization = f"Bearer {secrets.token_urlsafe(24)}"
        self._token = secrets.token_hex(16)

    @property
    def config(self) -> dict[str, str]:
        """The value of the header, and the token of the instance."""
        return {"authorization": self._authorization, "instance_token": self._token}

    def believe(self, config: Mapping[str, str]) -> None:
        """Send a given header and token."""
        self._authorization = config.get("authorization", "")
        self._token = config.get("instance_token", self._token)

    def new_message_id(self, number: int) -> str:
        """Return an identifier as WhatsApp makes them."""
        return f"3EB0{number:016X}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the event of one message."""
        (event,) = events
        jid = f"{event.phone.lstrip('+')}@s.whatsapp.net"
        happened = datetime.fromtimestamp(event.occur_time // 1_000_000, UTC)
        body = {
            "event": "message.status",
            "data": {
                "timestamp": happened.isoformat().replace("+00:00", "Z"),
                "status": event.word.lower(),
                "messageIds": [event.provider_message_id],
                "chat": {"jid": jid, "type": "private"},
                "recipient": jid,
            },
            "instanceData": {
                "baseUrl": "https://api.example.com",
                "instance": "main",
                "token": self._token,
            },
        }
        headers = {"content-type": "application/json"}
        if self._authorization:
            headers["authorization"] = self._authorization
        return Posting("POST", url, headers, orjson.dumps(body))
