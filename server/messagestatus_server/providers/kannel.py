"""Kannel: delivery reports of the open gateway, by a URL whose parameters its operator names.

Sources: Kannel, user guide, "Delivery Reports" and "Parameters (escape codes)"; `gw/urltrans.c` (`%d`, `%A`,
`%t`, `%T`). It signs nothing; a user name and a password in the URL come as HTTP Basic.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.basic_auth import BASIC_SETTINGS, check_basic
from messagestatus_server.providers.callback import Callback, Config, Malformed, Provider, Setting, Told
from messagestatus_server.providers.parameters import parameters
from messagestatus_server.providers.smpp_text import STATES, ZONE, Receipt, read_receipt
from messagestatus_server.providers.times import iso_micros, unix_micros

_NAMES = {"id": "id", "type": "type", "answer": "answer", "time": "time", "reference": "reference"}
_EXACT = {*STATES.values(), "FAILED"}
_REFUSAL = re.compile(r"NACK/([^/]*)/?(.*)", re.DOTALL)


class Kannel(Provider):
    """Reads Kannel's reports. The receipt of the SMSC, where `%A` brings one, is more exact than `%d`."""

    name = "kannel"
    settings = (
        Setting("id_parameter", "Parameter of the message's identifier: %F, or one's own", default="id"),
        Setting("type_parameter", "Parameter that holds %d, the type of the report", default="type"),
        Setting("answer_parameter", "Parameter that holds %A, the SMSC's reply", default="answer"),
        Setting("time_parameter", "Parameter that holds %t or %T, the time", default="time"),
        Setting("reference_parameter", "Parameter that holds the sender's reference", default="reference"),
        ZONE,
        *BASIC_SETTINGS,
    )

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the user name and the password, where the route has some."""
        check_basic(callback, config)

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, str]]:
        """Return the parameters by our names for them; a callback tells of one message."""
        told = parameters(callback)
        return [
            {name: told.get(config.get(f"{name}_parameter") or usual, "") for name, usual in _NAMES.items()}
        ]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the parameters tell."""
        zone = config.get("zone", "")
        receipt = read_receipt(item["answer"], callback.receive_time, zone)
        message_id = item["id"] or (receipt.message_id if receipt else "")
        if not message_id:
            raise Malformed("the parameter of the message's identifier is missing")
        told = _by_receipt(message_id, item["type"], receipt) or _by_type(message_id, item, receipt)
        if not told.word:
            raise Malformed("the parameter of the report's type is missing")
        return told._replace(
            occur_time=_time(item["time"], receipt, known_zone=bool(zone)),
            time_text=(receipt.done_date if receipt else "") or item["time"],
            reference=item["reference"],
            channel=Channel.SMS,
        )


def _by_receipt(message_id: str, kind: str, receipt: Receipt | None) -> Told | None:
    """Return what the SMSC's receipt tells, unless only the type says something that is understood."""
    if receipt is None or not receipt.stat or (kind and receipt.stat.upper() not in _EXACT):
        return None
    return Told(message_id, receipt.stat, receipt.error, receipt.text)


def _by_type(message_id: str, item: Mapping[str, str], receipt: Receipt | None) -> Told:
    """Return what the type of the report tells, with the SMSC's reason for a refusal."""
    refusal = _REFUSAL.match(item["answer"])
    if refusal is not None:
        return Told(message_id, item["type"], refusal[1], refusal[2])
    return Told(message_id, item["type"], receipt.error if receipt else "", item["answer"])


def _time(written: str, receipt: Receipt | None, *, known_zone: bool) -> int | None:
    """Return when it happened.

    The SMSC's date counts where its zone is known; else Kannel's own, which is in UTC, is the surer one.
    """
    by_smsc = receipt.occur_time if receipt else None
    by_kannel = unix_micros(written) if written.strip().isdigit() else iso_micros(written)
    first, second = (by_smsc, by_kannel) if known_zone else (by_kannel, by_smsc)
    return second if first is None else first
