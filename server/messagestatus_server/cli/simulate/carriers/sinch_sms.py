"""Sinch SMS, simulated: delivery reports of one recipient, signed with a secret."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import iso_millis, moment
from messagestatus_server.cli.simulate.carriers.sinch_account import SinchAccount

_NUMBERS = {"DELIVERED": 0, "QUEUED": 400, "DISPATCHED": 401}


class SimulatedSinchSms(Carrier):
    """Sends a report of each recipient, one a callback."""

    provider = "sinch_sms"
    script = ("Queued", "Dispatched", "Delivered")

    def __init__(self) -> None:
        self._account = SinchAccount()

    @property
    def config(self) -> dict[str, str]:
        """The secret, or what the route was given."""
        return dict(self._account.config)

    def believe(self, config: Mapping[str, str]) -> None:
        """Sign with a given secret, or show a given password."""
        self._account.believe(config)

    def new_message_id(self, number: int) -> str:
        """Return the identifier of a batch."""
        return f"01FC66621{number:017d}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the report of one event."""
        (event,) = events
        report: dict[str, Any] = {
            "type": "recipient_delivery_report_sms",
            "batch_id": event.provider_message_id,
            "recipient": event.phone.removeprefix("+"),
            "status": event.word,
            "at": iso_millis(event.occur_time),
            "operator_status_at": f"{moment(event.occur_time):%Y-%m-%dT%H:%M}:00Z",
        }
        code = event.code or _NUMBERS.get(event.word.upper())
        if code is not None:
            report["code"] = int(code) if str(code).isdigit() else code
        if event.reference:
            report["client_reference"] = event.reference
        body = json.dumps(report).encode()
        return Posting("POST", url, self._account.headers(event, body), body)
