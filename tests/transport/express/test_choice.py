"""Which engine serves: express where the installed grpcio is known to bear it, else stock."""

from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from messagestatus_server import grpc_switches
from messagestatus_server.command import main
from messagestatus_server.transport import engines
from messagestatus_server.transport.engine import Offer
from messagestatus_server.transport.engines import EngineChoice, EngineUnfitError
from messagestatus_server.transport.express import fitness
from messagestatus_server.transport.express.engine import ExpressEngine
from messagestatus_server.transport.stock import StockEngine
from tests.running import RunningServer
from tests.transport.scripted import calls


@pytest.fixture
def offer() -> Offer:
    return Offer(calls(), [])


@pytest.fixture
def of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the installed grpcio say that it is one that nobody has tried."""
    monkeypatch.setattr(fitness, "version", lambda _: "9.99.0")


def test_the_pinned_grpcio_bears_the_express_engine() -> None:
    """Else everybody would be served by the stock one, and nobody would notice."""
    assert not fitness.unfit()


def test_express_is_what_serves_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MESSAGESTATUS_SERVER_ENGINE")
    server = RunningServer(tmp_path)
    assert server.terminate() == 0
    assert server.logged("serving")["engine"] == "express"


@pytest.mark.usefixtures("of_another_version")
async def test_on_an_untried_grpcio_stock_serves_and_one_line_says_why(offer: Offer) -> None:
    with structlog.testing.capture_logs() as lines:
        assert isinstance(engines.engine(EngineChoice.AUTO, offer), StockEngine)
    assert lines == [
        {"event": "stock engine", "reason": "it is not known to run on grpcio 9.99.0", "log_level": "warning"}
    ]


async def test_a_core_that_has_lost_a_part_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitness, "_NEEDED", ("CompletionQueue", "Magic"))
    assert "has no Magic" in fitness.unfit()


@pytest.mark.usefixtures("of_another_version")
def test_express_asked_for_where_it_cannot_run_is_refused(offer: Offer) -> None:
    with pytest.raises(EngineUnfitError, match=r"9\.99\.0"):
        engines.engine(EngineChoice.EXPRESS, offer)


@pytest.mark.usefixtures("of_another_version")
def test_the_command_says_so_and_ends(tmp_path: Path) -> None:
    asked = ["--data", str(tmp_path), "--listen", "127.0.0.1:0", "--engine", "express"]
    ended = CliRunner().invoke(main, asked)
    assert ended.exit_code == 1
    assert "Error: no express engine: it is not known to run on grpcio 9.99.0" in ended.output


async def test_each_engine_can_be_asked_for(offer: Offer) -> None:
    assert isinstance(engines.engine(EngineChoice.STOCK, offer), StockEngine)
    assert isinstance(engines.engine(EngineChoice.EXPRESS, offer), ExpressEngine)


@pytest.mark.parametrize("choice", EngineChoice)
async def test_an_address_that_is_taken_is_told_by_its_name(choice: EngineChoice, offer: Offer) -> None:
    serving = engines.engine(choice, offer)
    address = await serving.start("127.0.0.1:0", None)
    with pytest.raises(OSError, match=address):
        await engines.engine(choice, offer).start(address, None)
    await serving.stop(0)


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        (None, "-event_engine_listener"),
        ("", "-event_engine_listener"),
        ("tcp_frame_size_tuning", "tcp_frame_size_tuning,-event_engine_listener"),
        ("event_engine_listener", "event_engine_listener"),
    ],
)
def test_the_switch_is_set_and_the_operators_word_counts(said: str | None, becomes: str) -> None:
    environment = {} if said is None else {"GRPC_EXPERIMENTS": said}
    grpc_switches.choose(environment)
    assert environment == {"GRPC_EXPERIMENTS": becomes}


def test_an_untried_grpcio_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    environment: dict[str, str] = {}
    monkeypatch.setattr(grpc_switches, "version", lambda _: "9.99.0")
    grpc_switches.choose(environment)
    assert environment == {}


def test_without_the_switch_everything_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRPC_EXPERIMENTS", "event_engine_listener")
    server = RunningServer(tmp_path, "--engine", "express")
    assert server.terminate() == 0
