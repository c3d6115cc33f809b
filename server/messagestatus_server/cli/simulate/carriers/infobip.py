"""Infobip, simulated: batches of reports, behind Basic or signed with an HMAC."""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import iso_millis


class SimulatedInfobip(Carrier):
    """Sends up to a hundred reports a callback; signs only for a route that has a secret for it."""

    provider = "infobip"
    most_events = 100
    script = ("PENDING/PENDING_ENROUTE", "DELIVERED/DELIVERED_TO_OPERATOR", "DELIVERED/DELIVERED_TO_HANDSET")

    def __init__(self) -> None:
        self._config = {"basic_username": "infobip", "basic_password": secrets.token_urlsafe(18)}

    @property
    def config(self) -> dict[str, str]:
        """The user name and the password, or what the route was given."""
        return dict(self._config)

    def believe(self, config: Mapping[str, str]) -> None:
        """Use a given password, or a given secret of an HMAC."""
        if config.get("basic_password") or config.get("hmac_secret"):
            self._config = dict(config)

    def new_message_id(self, number: int) -> str:
        """Return an identifier of a message."""
        return f"2250be2d4219-3af1-78856-aabe-{number:012x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the reports of some events."""
        body = json.dumps({"results": [_report(event) for event in events]}).encode()
        headers = {"content-type": "application/json"}
        if self._config.get("basic_password"):
            pair = f"{self._config.get('basic_username', '')}:{self._config['basic_password']}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if self._config.get("hmac_secret"):
            headers[self._config["hmac_header"]] = self._signature(body)
        return Posting("POST", url, headers, body)

    def _signature(self, body: bytes) -> str:
        algorithm = (
            self._config.get("hmac_algorithm", "HMAC_SHA_256").removeprefix("HMAC_").replace("SHA_", "SHA")
        )
        digest = hmac.digest(self._config["hmac_secret"].encode(), body, algorithm.lower())
        in_base64 = self._config.get("hmac_encoding") == "base64"
        written = base64.b64encode(digest).decode() if in_base64 else digest.hex()
        return self._config.get("hmac_prefix", "") + written


def _report(event: Event) -> dict[str, Any]:
    report: dict[str, Any] = {"messageId": event.provider_message_id, "to": event.phone.removeprefix("+")}
    if event.word == "seen":
        return report | {"from": "InfoSMS", "sentAt": _time(event, -20), "seenAt": _time(event)}
    group, _, name = event.word.partition("/")
    report |= {
        "bulkId": f"bulk-{event.provider_message_id}",
        "sender": "InfoSMS",
        "sentAt": _time(event, -20),
        "doneAt": _time(event),
        "messageCount": 1,
        "mccMnc": "22801",
        "price": {"pricePerMessage": 0.01, "currency": "EUR"},
        "status": {"groupName": group, "name": name or group, "description": f"Message is {group.lower()}"},
        "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "permanent": False},
    }
    if event.reference:
        report["callbackData"] = event.reference
    if event.code:
        report["error"] = {
            "groupId": 1,
            "groupName": "HANDSET_ERRORS",
            "name": event.code,
            "description": event.code,
            "permanent": False,
        }
    return report


def _time(event: Event, seconds: int = 0) -> str:
    """Return a time as Infobip writes it: with an offset that has no colon."""
    local = iso_millis(event.occur_time + (3600 + seconds) * 1_000_000)
    return f"{local.removesuffix('Z')}+0100"
