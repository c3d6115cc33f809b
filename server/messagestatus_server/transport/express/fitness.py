"""Whether the installed grpcio can bear the express engine, which rests on a private API of it."""

from importlib import import_module
from importlib.metadata import version

KNOWN_VERSIONS = ("1.85",)
"""The minor versions of grpcio on which the whole suite has passed with this engine."""

_NEEDED = (
    "CompletionQueue",
    "CompletionType",
    "ReceiveCloseOnServerOperation",
    "ReceiveMessageOperation",
    "SendInitialMetadataOperation",
    "SendMessageOperation",
    "SendStatusFromServerOperation",
    "Server",
    "StatusCode",
)


def unfit() -> str:
    """Tell why the engine cannot run on the grpcio that is installed; nothing where it can."""
    installed = version("grpcio")
    if installed.rpartition(".")[0] not in KNOWN_VERSIONS:
        return f"it is not known to run on grpcio {installed}"
    try:
        core = import_module("grpc._cython.cygrpc")
    except ImportError:
        return f"grpcio {installed} does not show its core"
    missing = [name for name in _NEEDED if not hasattr(core, name)]
    return f"the core of grpcio {installed} has no {', '.join(missing)}" if missing else ""
