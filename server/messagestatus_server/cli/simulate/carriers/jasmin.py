"""Jasmin, simulated: forms of level 1 and 2, which nothing signs."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting


class SimulatedJasmin(Carrier):
    """Sends `application/x-www-form-urlencoded`, one message a callback; a proxy adds the credentials."""

    provider = "jasmin"
    script = ("ESME_ROK", "DELIVRD")

    def __init__(self) -> None:
        self._username = "jasmin"
        self._password = secrets.token_urlsafe(16)
        self._id_field = "id"

    @property
    def config(self) -> dict[str, str]:
        """The credentials of the proxy, and UTC for the dates."""
        return {
            "basic_username": self._username,
            "basic_password": self._password,
            "zone": "UTC",
            "message_id_field": self._id_field,
        }

    def believe(self, config: Mapping[str, str]) -> None:
        """Send given credentials, and the known identifier in a given field."""
        self._username = config.get("basic_username", "")
        self._password = config.get("basic_password", "")
        self._id_field = config.get("message_id_field", self._id_field)

    def new_message_id(self, number: int) -> str:
        """Return a UUID."""
        return f"16fd2706-8baf-433b-82eb-{number:012x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the form of one event."""
        (event,) = events
        form = {"id": event.provider_message_id, "message_status": event.word, "connector": "smsc-1"}
        if event.word.startswith("ESME_"):
            form["level"] = "1"
        else:
            done = datetime.fromtimestamp(event.occur_time // 1_000_000, UTC)
            delivered = "001" if event.word == "DELIVRD" else "000"
            form |= {
                "level": "2",
                "id_smsc": f"{_number(event.provider_message_id):010d}",
                "sub": "001",
                "dlvrd": delivered,
                "subdate": done.strftime("%y%m%d%H%M"),
                "donedate": done.strftime("%y%m%d%H%M%S"),
                "err": event.code or "000",
                "text": "",
            }
        if self._id_field == "id_smsc":
            form |= {"id": self.new_message_id(0), "id_smsc": event.provider_message_id}
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "text/plain"}
        if self._username or self._password:
            credentials = base64.b64encode(f"{self._username}:{self._password}".encode()).decode()
            headers["authorization"] = f"Basic {credentials}"
        return Posting("POST", url, headers, urlencode(form).encode())


def _number(text: str) -> int:
    """Return a number of ten digits at most that belongs to a text, the same in every run."""
    return sum(place * ord(character) for place, character in enumerate(text, 1)) % 10**10
