"""The lifecycle a second time, straight from the contract's text: slow, plain, and without an order."""

from collections.abc import Iterable
from typing import NamedTuple

from messagestatus_server.domain.message import Channel, ContentKind, Direction, Message, Reply, RollUp
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.state import DeliveryState as S

FAILED = {S.FAILED, S.UNDELIVERED, S.EXPIRED, S.REJECTED, S.DELETED}


class Place(NamedTuple):
    """Where somebody stands: what is compared, in the order of strength."""

    precedence: int
    change_time: int
    key: bytes
    state: S


class Expected(NamedTuple):
    """What the contract says of a message, given its receipts."""

    place: Place
    recipients: dict[str, Place]
    replies: set[Reply]
    refused: set[bytes]


def expected(message: Message, entries: Iterable[Entry]) -> Expected:
    """Return where a message must stand; of the message only what was registered counts."""
    journal = list(entries)
    refused = {entry.key for entry in journal if entry.receipt.state and impossible(message, entry)}
    counting = [entry for entry in journal if entry.receipt.state and entry.key not in refused]
    origin = Place(message.origin.state, message.accept_time, b"", message.origin.state)
    replies = {entry.receipt.reply for entry in counting if entry.receipt.reply}
    if message.roll_up is RollUp.SINGLE:
        return Expected(_strongest([origin, *map(_place, counting)]), {}, replies, refused)
    general = [origin, *(_place(entry) for entry in counting if not entry.receipt.recipient)]
    people = {*message.named, *(entry.receipt.recipient for entry in counting)} - {""}
    places = {
        person: _strongest(
            [*general, *(_place(entry) for entry in counting if entry.receipt.recipient == person)]
        )
        for person in people
    }
    return Expected(_rolled_up(message.roll_up, general, list(places.values())), places, replies, refused)


def impossible(message: Message, entry: Entry) -> bool:
    """Tell whether the contract's guards refuse a receipt."""
    receipt = entry.receipt
    state, channel = receipt.state, receipt.channel or message.channel
    return any(
        (
            channel is Channel.SMS and state in {S.READ, S.PLAYED, S.REPLIED},
            channel in {Channel.VOICE, Channel.PUSH} and state is S.REPLIED,
            state is S.PLAYED and message.content_kind in SILENT,
            message.direction is Direction.OUTBOUND and (state is S.RECEIVED or receipt.own_side),
            message.suppress_time is not None and entry.occur_time >= message.suppress_time,
        )
    )


SILENT = {ContentKind.TEXT, ContentKind.IMAGE, ContentKind.DOCUMENT, ContentKind.OTHER}


def _place(entry: Entry) -> Place:
    return Place(entry.receipt.precedence, entry.occur_time, entry.key, entry.receipt.state)


def _strongest(places: list[Place]) -> Place:
    highest = [place for place in places if place.precedence == max(each.precedence for each in places)]
    earliest = [place for place in highest if place.change_time == min(each.change_time for each in highest)]
    return min(earliest, key=lambda place: place.key)


def _weakest(places: list[Place]) -> Place:
    lowest = [place for place in places if place.precedence == min(each.precedence for each in places)]
    latest = [place for place in lowest if place.change_time == max(each.change_time for each in lowest)]
    return max(latest, key=lambda place: place.key)


def _rolled_up(rule: RollUp, general: list[Place], people: list[Place]) -> Place:
    if not people:
        return _strongest(general)
    if rule is RollUp.ALL:
        return _weakest(people)
    return _strongest([place for place in people if place.state not in FAILED] or people)
