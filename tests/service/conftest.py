"""One workbench for many tests, empty at the start of each."""

from collections.abc import Iterator

import pytest

from tests.domain.samples import NOON
from tests.service.review import Review
from tests.service.route import Line, settle
from tests.service.workbench import Workbench


@pytest.fixture(scope="session")
def _workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench(tmp_path_factory.mktemp("workbench") / "messagestatus.db") as bench:
        yield bench


@pytest.fixture
def bench(_workbench: Workbench) -> Workbench:
    _workbench.clear()
    _workbench.now = NOON
    return _workbench


@pytest.fixture
def inbox(bench: Workbench) -> Iterator[Workbench]:
    """A workbench that acts as a tenant with routes."""
    caller = bench.caller
    settle(bench)
    yield bench
    bench.caller = caller


@pytest.fixture
def line(inbox: Workbench) -> Line:
    """A route of Twilio's, whose every callback is signed."""
    return Line(inbox)


@pytest.fixture
def review(inbox: Workbench) -> Review:
    """What administrators see and settle."""
    return Review(inbox)
