"""Sinch Conversation API, simulated: delivery reports of WhatsApp messages, signed with a secret."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import moment
from messagestatus_server.cli.simulate.carriers.sinch_account import SinchAccount
from messagestatus_server.domain.message import Channel


class SimulatedSinchConversation(Carrier):
    """Sends a report of one message a callback."""

    provider = "sinch_conversation"
    channel = Channel.WHATSAPP
    script = ("QUEUED_ON_CHANNEL", "DELIVERED", "READ")

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
        """Return the identifier of a message."""
        return f"01EQBC1A3{number:017d}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the report of one event."""
        (event,) = events
        at = f"{moment(event.occur_time):%Y-%m-%dT%H:%M:%S.%f}Z"
        report: dict[str, Any] = {
            "message_id": event.provider_message_id,
            "conversation_id": "01EPYATA64TMNZ1FV02JKF12JF",
            "status": event.word,
            "channel_identity": {
                "channel": "WHATSAPP",
                "identity": event.phone.removeprefix("+"),
                "app_id": "",
            },
            "contact_id": "01EXA07N79THJ20WSN6AS30TMW",
            "metadata": "",
            "processing_mode": "CONVERSATION",
        }
        if event.code:
            report["reason"] = {"code": event.code, "description": event.code.replace("_", " ").lower()}
        body = json.dumps(
            {
                "app_id": "01EB37HMH1M6SV18BSNS3G135H",
                "project_id": "c36f3d3d-1513-2edd-ae42-11995557ff61",
                "accepted_time": at,
                "event_time": at,
                "correlation_id": event.reference,
                "message_metadata": "",
                "message_delivery_report": report,
            }
        ).encode()
        return Posting("POST", url, self._account.headers(event, body), body)
