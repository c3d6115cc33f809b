"""Reading a callback: what each item of it tells becomes a receipt, or a fault that is kept in its place."""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import structlog

from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.identifier import LONGEST_IDENTIFIER, LONGEST_TEXT
from messagestatus_server.domain.message import Provider as Said
from messagestatus_server.domain.raw_callback import Quarantined
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.logs import described
from messagestatus_server.providers.callback import Callback, Malformed, Told
from messagestatus_server.service.routes import LiveRoute

log = structlog.get_logger()


class ReadItem(NamedTuple):
    """A receipt with its place in the callback, from 1 on."""

    item: int
    receipt: Receipt


class Read(NamedTuple):
    """What a callback tells."""

    items: int
    receipts: Sequence[ReadItem]
    faults: Sequence[Quarantined]


def read(live: LiveRoute, callback: Callback) -> Read:
    """Return what a callback tells; an item that cannot be read does not touch its neighbours.

    Raises:
        Malformed: The body as a whole cannot be read.
    """
    try:
        items = live.provider.split(callback, live.config)
    except Malformed:
        raise
    except Exception as fault:  # noqa: BLE001 - the callback is kept, and can be read again by a better program
        return Read(1, [], [_fault(live, callback, 0, _failed(live, fault))])
    receipts: list[ReadItem] = []
    faults: list[Quarantined] = []
    for place, item in enumerate(items, 1):
        try:
            receipt = _receipt(live, callback, item)
        except Malformed as malformed:
            faults.append(_fault(live, callback, place, malformed.text))
        except Refusal as refusal:
            faults.append(_fault(live, callback, place, refusal.text))
        except Exception as fault:  # noqa: BLE001 - as above
            faults.append(_fault(live, callback, place, _failed(live, fault)))
        else:
            if receipt is not None:
                receipts.append(ReadItem(place, receipt))
    return Read(len(items), receipts, faults)


def _receipt(live: LiveRoute, callback: Callback, item: Any) -> Receipt | None:
    told = live.provider.read(item, callback, live.config)
    if told is None:
        return None
    spec = live.route.spec
    message_id = told.reference if spec.reference_is_message_id else ""
    receipt = Receipt(
        message_id=message_id,
        instance=spec.instance,
        provider=Said(
            spec.provider_name,
            told.provider_message_id,
            told.word,
            told.code[:LONGEST_IDENTIFIER],
            told.detail.replace("\0", "")[:LONGEST_TEXT],
        ),
        occur_time=told.occur_time,
        recipient=told.recipient,
        channel=told.channel,
        event_id=_event_id(told),
        vocabulary=live.provider.name,
        source=live.route.name,
    )
    return admitted_receipt(receipt, live.lexicon)


def _event_id(told: Told) -> str:
    """Return what tells an event of a provider from every other one, whatever its words mean.

    Never the message's identifier alone, which would swallow every later status; and the time as the carrier
    wrote it, so that reading times better does not make another event of it.
    """
    if told.event_id and len(told.event_id) <= LONGEST_IDENTIFIER:
        return told.event_id
    parts = (
        told.event_id,
        told.provider_message_id,
        told.recipient,
        told.word.lower(),
        told.code,
        told.time_text,
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _fault(live: LiveRoute, callback: Callback, place: int, text: str) -> Quarantined:
    return Quarantined(
        live.route.spec.provider_name, callback.receive_time, item=place, fault=text[:LONGEST_TEXT]
    )


def _failed(live: LiveRoute, fault: Exception) -> str:
    log.error("a callback cannot be read", route=live.route.name, **described(fault))
    return f"the reader of {live.provider.name} failed: {type(fault).__name__}"
