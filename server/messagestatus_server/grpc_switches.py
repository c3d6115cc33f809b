"""Switches of grpcio that must be set before it loads. Importing this module sets them, and loads nothing.

Without its newer listener, grpcio's core serves a call for a third less. Later versions may not know the
switch any more, and would say so in a log line: so it is set for the versions that are known to have it.
"""

import os
from importlib.metadata import version

_VARIABLE = "GRPC_EXPERIMENTS"
_EXPERIMENT = "event_engine_listener"
_KNOWN_TO = ("1.85",)


def choose() -> None:
    """Switch the listener off, unless the operator has said something of it."""
    said = os.environ.get(_VARIABLE, "")
    if _EXPERIMENT not in said and version("grpcio").rpartition(".")[0] in _KNOWN_TO:
        os.environ[_VARIABLE] = ",".join(filter(None, (said, f"-{_EXPERIMENT}")))


choose()
