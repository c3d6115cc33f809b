"""`docs/dialects.md` and `docs/gateway.md` say what the code does."""

import re
from pathlib import Path

import click
import pytest

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import MessageStatus, Recipient
from messagestatus_gateway.cli import main
from messagestatus_gateway.dialects import alphasms, namirial, ryze, symphony

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| ([A-Z_]+) \| (.+?) \|$", re.MULTILINE)
ROWS = {name: cells.split(" | ") for name, cells in ROW.findall((DOCS / "dialects.md").read_text())}


def test_every_state_has_a_row() -> None:
    assert {f"DELIVERY_STATE_{name}" for name in ROWS} == set(DeliveryState.keys())


@pytest.mark.parametrize("name", ROWS)
def test_a_row_says_how_its_state_reads(name: str) -> None:
    state = DeliveryState.Value(f"DELIVERY_STATE_{name}")
    status = MessageStatus(state=state, recipients=[Recipient(state=state)])
    arrays = symphony.shown(status)
    answer = ryze.shown(status)
    assert [
        next(f"`{array}`" for array in ("sent", "delivered", "read") if arrays[array]),
        f"`{answer['status']}` {answer['status_code']}",
        f"`{namirial.entry(status)['message']['status']}`",
        f"`{alphasms.rendered(status)['status']}`",
    ] == [re.split(r",? or ", cell)[0] for cell in ROWS[name]]


def test_every_option_is_described() -> None:
    text = (DOCS / "gateway.md").read_text()
    options = [name for option in main.params if isinstance(option, click.Option) for name in option.opts]
    assert [name for name in options if f"`{name}" not in text] == []
