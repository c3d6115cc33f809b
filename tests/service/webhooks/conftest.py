"""One office for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .office import Office, opened


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path / "messagestatus.db") as office:
        yield office
