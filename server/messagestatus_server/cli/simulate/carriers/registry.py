"""Every simulated carrier, by the provider that it simulates."""

from importlib import import_module

from messagestatus_server.cli.simulate.carriers.carrier import Carrier
from messagestatus_server.providers.registry import NAMES


def carrier(provider: str) -> Carrier:
    """Return a new carrier with an account of its own.

    Raises:
        KeyError: There is no such provider.
    """
    if provider not in NAMES:
        raise KeyError(provider)
    module = import_module(f"messagestatus_server.cli.simulate.carriers.{provider}")
    (kind,) = (
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Carrier) and found.__module__ == module.__name__
    )
    made = kind()
    assert isinstance(made, Carrier)
    return made
