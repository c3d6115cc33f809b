"""Whatever a carrier sends that signs well: it is answered, kept, and never a fault of ours."""

from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import strategies as st
from structlog.testing import capture_logs

from messagestatus_server.providers.registry import NAMES, provider
from messagestatus_server.service.clock import now
from messagestatus_server.service.routes import SecretPath
from tests.domain.effort import effort, hold
from tests.providers.mutations import Mutation, mutations
from tests.service.route import Line, event, settle
from tests.service.workbench import Workbench

EXAMPLES = 40

OUR_FAULT = {"a callback cannot be read", "fault", "secrets cannot be opened"}
"""Events of the log that tell of a program that fails."""


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with Workbench(tmp_path_factory.mktemp("mutations") / "messagestatus.db") as bench:
        bench.now = now()
        settle(bench)
        yield bench


@effort
@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_verified_is_answered_with_a_server_error(
    inbox: Workbench, name: str, effort: int
) -> None:
    """A carrier that hears one sends the same again, for days: what cannot be read is kept, and answered."""
    line = Line(inbox, name, f"{name.replace('_', '-')}-{effort}", path=SecretPath.NEW)
    words = line.carrier.script
    originals = [
        line.carrier.post(line.url, [event(line.carrier.new_message_id(number), word, occur_time=inbox.now)])
        for number, word in enumerate(words)
    ]

    def check(place: int, mutation: Mutation) -> None:
        posting = mutation.of(originals[place])
        before = sum(line.counted().values())
        with capture_logs() as lines:
            answer = line.send(posting)
        assert answer.status in {200, 400}
        assert not OUR_FAULT & {each["event"] for each in lines}
        assert sum(line.counted().values()) == before + 1

    passing = mock.AsyncMock(return_value=None)
    kind = type(provider(name))
    with mock.patch.object(kind, "verify", passing), mock.patch.object(kind, "greet", passing):
        hold(
            check,
            EXAMPLES * effort,
            place=st.integers(0, len(originals) - 1),
            mutation=mutations(),
        )
    check_journal(inbox, line)


def check_journal(inbox: Workbench, line: Line) -> None:
    """Hold that each callback is kept as it came, and that what was not understood in it waits."""
    for identifier, verdict, waiting in inbox.select(
        "SELECT id, verdict, quarantined FROM callback WHERE route = ?", (line.handle,)
    ):
        faults = inbox.select(
            "SELECT count(*) FROM quarantine WHERE callback = ? AND fault <> ''", (identifier,)
        )
        assert faults[0][0] <= max(waiting, 1), (identifier, verdict)
    assert inbox.select("PRAGMA integrity_check") == [("ok",)]
