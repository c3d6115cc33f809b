"""One workbench for many tests, empty at the start of each."""

from collections.abc import Iterator

import pytest

from messagestatus_server.storage.sqlite import connection
from tests.service.workbench import Workbench


@pytest.fixture(scope="session")
def _workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with pytest.MonkeyPatch.context() as patched:
        # What these tests hold does not hang on fsync, and most of their time would.
        settings = [
            (name, 0 if name == "synchronous" else wanted) for name, wanted in connection._WRITER_SETTINGS
        ]
        patched.setattr(connection, "_WRITER_SETTINGS", tuple(settings))
        with Workbench(tmp_path_factory.mktemp("workbench") / "messagestatus.db") as bench:
            yield bench


@pytest.fixture
def bench(_workbench: Workbench) -> Workbench:
    _workbench.clear()
    _workbench.now = 1_700_000_000_000_000
    return _workbench
