"""A sender that reaches receivers on this machine by any name."""

from collections.abc import AsyncIterator

import pytest

from messagestatus_server.webhooks.sender import Sender
from tests.webhooks.names import Names
from tests.webhooks.sending import HERE, NOW


@pytest.fixture
async def names() -> Names:
    return Names(["127.0.0.1"])


@pytest.fixture
async def sender(names: Names) -> AsyncIterator[Sender]:
    sender = Sender(HERE, resolve=names, now=lambda: NOW)
    yield sender
    await sender.aclose()
