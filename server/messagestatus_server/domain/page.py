"""A page of a list: the query it belongs to, and the place where the next one starts."""

from typing import NamedTuple, Protocol

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 100


class Cursor(NamedTuple):
    """The place of a message in a list; its time is in microseconds, UTC."""

    accept_time: int
    message_id: str
    instance: str


class Place(NamedTuple):
    """A place in a list in order of time (microseconds, UTC); of one time, what was kept first is less."""

    time: int
    number: int


class Filters(NamedTuple):
    """Which messages of a list are wanted; an empty filter wants all, and None any instance."""

    states: frozenset[DeliveryState] = frozenset()
    channels: frozenset[Channel] = frozenset()
    instance: str | None = None
    service: str = ""
    action: str = ""


class PhoneQuery(NamedTuple):
    """Messages to one phone number, accepted before a time (exclusive, microseconds, UTC)."""

    phone: str
    before_time: int | None = None
    filters: Filters = Filters()


class ReferenceQuery(NamedTuple):
    """Messages with one reference key, accepted before a time (exclusive, microseconds, UTC)."""

    key: str
    before_time: int | None = None
    filters: Filters = Filters()


Query = PhoneQuery | ReferenceQuery


class Listed(Protocol):
    """A message in a list."""

    @property
    def resource(self) -> bytes:
        """Its stored bytes."""

    @property
    def cursor(self) -> Cursor:
        """Its place. Of most messages nobody asks."""


def page_size(asked: int) -> int:
    """Return how many messages a page may hold: the default for 0, and never more than the largest.

    Larger sizes are capped silently (AIP-158, "Pagination").
    """
    return min(asked, LARGEST_PAGE_SIZE) or DEFAULT_PAGE_SIZE
