"""Kannel, simulated: a URL template that it fills in and gets."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting

_TYPES = {"DELIVRD": "1", "ACCEPTD": "4", "ENROUTE": "4"}
_FAILED = "2"
_PARAMETERS = ("id", "type", "answer", "time", "reference")


class SimulatedKannel(Carrier):
    """Gets `…?id=…&type=%d&answer=%A&time=%t`; the URL's user name and password come as HTTP Basic."""

    provider = "kannel"
    script = ("8", "DELIVRD")

    def __init__(self) -> None:
        self._username = "kannel"
        self._password = secrets.token_urlsafe(16)
        self._names = {parameter: parameter for parameter in _PARAMETERS}

    @property
    def config(self) -> dict[str, str]:
        """The credentials, the names of the parameters, and UTC for the SMSC's dates."""
        names = {f"{parameter}_parameter": name for parameter, name in self._names.items()}
        return {"basic_username": self._username, "basic_password": self._password, "zone": "UTC"} | names

    def believe(self, config: Mapping[str, str]) -> None:
        """Send given credentials, under given names."""
        self._username = config.get("basic_username", "")
        self._password = config.get("basic_password", "")
        self._names = {name: config.get(f"{name}_parameter") or name for name in _PARAMETERS}

    def new_message_id(self, number: int) -> str:
        """Return the identifier of an SMSC, as `%F` brings it."""
        return f"{number:010d}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the request for one event."""
        (event,) = events
        happened = datetime.fromtimestamp(event.occur_time // 1_000_000, UTC)
        told = {
            "id": event.provider_message_id,
            "type": event.word if event.word.isdigit() else _TYPES.get(event.word, _FAILED),
            "answer": _answer(event, happened),
            "time": happened.strftime("%Y-%m-%d %H:%M:%S"),
            "reference": event.reference,
        }
        query = urlencode({self._names[name]: value for name, value in told.items()})
        credentials = base64.b64encode(f"{self._username}:{self._password}".encode()).decode()
        headers = {"authorization": f"Basic {credentials}"} if self._username or self._password else {}
        return Posting("GET", f"{url}{'&' if '?' in url else '?'}{query}", headers, b"")


def _answer(event: Event, happened: datetime) -> str:
    """Return the reply of the SMSC: its answer to the message, or its receipt."""
    if event.word.isdigit():
        return f"NACK/{event.code}/refused" if event.code else "ACK/"
    delivered = "001" if event.word == "DELIVRD" else "000"
    return (
        f"id:{event.provider_message_id} sub:001 dlvrd:{delivered} "
        f"submit date:{happened:%y%m%d%H%M} done date:{happened:%y%m%d%H%M%S} "
        f"stat:{event.word} err:{event.code or '000'} text:"
    )
