"""Switches of grpcio that must be set before it loads; this module loads nothing of it.

Without its newer listener, grpcio's core serves a call for a third less. Later versions may not know the
switch any more, and would say so in a log line: so it is set for the versions that are known to have it.
"""

import os
from collections.abc import MutableMapping
from importlib.metadata import version

_VARIABLE = "GRPC_EXPERIMENTS"
_EXPERIMENT = "event_engine_listener"
_KNOWN_TO = ("1.85",)


def choose(environment: MutableMapping[str, str] = os.environ) -> None:
    """Switch the listener off, unless the operator has said something of it."""
    said = environment.get(_VARIABLE, "")
    if _EXPERIMENT not in said and version("grpcio").rpartition(".")[0] in _KNOWN_TO:
        environment[_VARIABLE] = ",".join(filter(None, (said, f"-{_EXPERIMENT}")))
