"""AlphaSMS, simulated: hooks as public clients expect them, signed if an API key is known."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence

import orjson

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting


class SimulatedAlphaSms(Carrier):
    """Sends `{id, status}`, and several of them as the `data` of an answer."""

    provider = "alphasms"
    most_events = 100
    script = ("QUEUED", "DELIVERED")

    def __init__(self) -> None:
        self._api_key = secrets.token_hex(16)

    @property
    def config(self) -> dict[str, str]:
        """The API key."""
        return {"api_key": self._api_key}

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given API key; not at all without one."""
        self._api_key = config.get("api_key", "")

    def new_message_id(self, number: int) -> str:
        """Return a number."""
        return str(100_500_000_000_000 + number)

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the hook of one event, or of several."""
        items = [
            {"id": event.provider_message_id, "type": "sms", "status": event.word.upper()} for event in events
        ]
        several = {"success": True, "data": [{"success": True, "data": item} for item in items]}
        body = orjson.dumps(items[0] if len(items) == 1 else several)
        headers = {"content-type": "application/json"}
        if self._api_key:
            headers["x-signature"] = hashlib.sha256(body + self._api_key.encode()).hexdigest()
        return Posting("POST", url, headers, body)
