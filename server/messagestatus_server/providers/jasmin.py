"""Jasmin: delivery receipts of the open SMS gateway, as a form or in the query.

Sources: Jasmin, "Receiving DLR" (parameters, acknowledgement); its `managers/dlr.py` (levels, `ND`) and
`protocols/smpp/operations.py` (the words of level 2). It signs nothing and sends no credentials: Basic is for
a proxy that stands before this route, or behind Jasmin.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.basic_auth import BASIC_SETTINGS, check_basic
from messagestatus_server.providers.callback import (
    Answer,
    Callback,
    Config,
    Malformed,
    Provider,
    Setting,
    Told,
)
from messagestatus_server.providers.parameters import parameters
from messagestatus_server.providers.smpp_text import ZONE, error_code, read_date, stat_word

_OWN_ID = "id"
_TAKEN = "ESME_ROK"


class Jasmin(Provider):
    """Reads Jasmin's receipts: of level 1, what the SMSC answered; of level 2, what it reported later."""

    name = "jasmin"
    settings = (
        Setting(
            "message_id_field",
            "Which identifier the sender knows: id, Jasmin's own, or id_smsc, the SMSC's",
            default=_OWN_ID,
            choices=(_OWN_ID, "id_smsc"),
        ),
        ZONE,
        *BASIC_SETTINGS,
    )
    answer = Answer(body=b"ACK/Jasmin")

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the user name and the password, where the route has some."""
        check_basic(callback, config)

    def split(self, callback: Callback, config: Config) -> Sequence[Mapping[str, str]]:
        """Return the parameters; a callback tells of one message."""
        return [parameters(callback)]

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what the parameters tell."""
        message_id = item.get(config.get("message_id_field") or _OWN_ID) or _id_before_the_smsc_gave_one(item)
        word = stat_word(item.get("message_status", ""))
        if not message_id:
            raise Malformed("id is missing")
        if not word:
            raise Malformed("message_status is missing")
        done_date = item.get("donedate", "")
        refused = word.upper().startswith("ESME_") and word.upper() != _TAKEN
        return Told(
            provider_message_id=message_id,
            word=word,
            code=error_code(item.get("err", "")) or (word if refused else ""),
            detail=item.get("text", ""),
            occur_time=read_date(done_date, callback.receive_time, config.get("zone", "")),
            time_text=done_date,
            channel=Channel.SMS,
        )


def _id_before_the_smsc_gave_one(item: Mapping[str, str]) -> str:
    """Return Jasmin's own identifier: what the SMSC refused has no other one."""
    return item.get(_OWN_ID, "")
