"""How hard properties are tried: briefly in every run, thoroughly in the slow one."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

THOROUGH = 25
"""How many times as many examples the slow run tries."""

effort = pytest.mark.parametrize(
    "effort",
    [
        pytest.param(1, id="brief"),
        pytest.param(THOROUGH, id="thorough", marks=[pytest.mark.slow, pytest.mark.timeout(3600)]),
    ],
)
"""Runs a test twice; only the slow run takes the second one."""


def trying(examples: int, steps: int = 50) -> settings:
    """Return settings for so many examples; a failure prints what reproduces it."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def hold(check: Callable[..., None], examples: int, **drawn: SearchStrategy[Any]) -> None:
    """Hold that a check passes for whatever is drawn."""
    trying(examples)(given(**drawn)(check))()
