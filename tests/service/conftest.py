"""One workbench for many tests, empty at the start of each."""

from collections.abc import Iterator

import pytest

from tests.domain.samples import NOON
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
