"""What every engine behind the `Store` interface must do; each engine's own test makes a class of it.

A class of an engine offers the fixture `store`: an open, empty store, closed after the test.
"""

from .access import AccessConformance
from .callbacks import CallbackConformance, RouteConformance
from .feed import FeedConformance
from .lists import ListConformance
from .messages import MessageConformance
from .people import DirectoryConformance
from .receipts import ReceiptConformance
from .review import OrphanConformance, QuarantineConformance, RereadConformance
from .stuck import StuckConformance
from .webhooks import WebhookConformance
from .writes import WriteConformance


class StoreConformance(
    MessageConformance,
    ListConformance,
    ReceiptConformance,
    StuckConformance,
    DirectoryConformance,
    AccessConformance,
    FeedConformance,
    WebhookConformance,
    WriteConformance,
    RouteConformance,
    CallbackConformance,
    OrphanConformance,
    RereadConformance,
    QuarantineConformance,
):
    """The whole suite."""
