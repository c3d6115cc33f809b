"""The page about callbacks names every provider, and every setting of its routes."""

from pathlib import Path

import pytest

from messagestatus_server.providers.registry import NAMES, provider

PAGE = Path(__file__).parents[2] / "docs" / "callbacks.md"


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_has_a_row_with_its_settings(name: str) -> None:
    (row,) = [line for line in PAGE.read_text().splitlines() if line.startswith("|") and f"`{name}`" in line]
    assert [setting.name for setting in provider(name).settings if f"`{setting.name}`" not in row] == []
