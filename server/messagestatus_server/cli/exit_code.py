"""What the exit codes of the command line mean: the one table."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. Each value's meaning stands in `MEANINGS`."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    DENIED = 4
    UNAVAILABLE = 5
    DEADLINE = 6
    CONFLICT = 7
    EXHAUSTED = 8
    FAULT = 9
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS = {
    ExitCode.OK: "Everything asked for was done.",
    ExitCode.REFUSED: "Some items were refused or not found, a check failed, or a file could not be used.",
    ExitCode.USAGE: "The command line, or a field of the request, is wrong.",
    ExitCode.NOT_FOUND: "There is no such message, tenant, instance, key or route.",
    ExitCode.DENIED: "The key is missing or invalid, or may not do this.",
    ExitCode.UNAVAILABLE: "The server does not answer, or cannot serve now.",
    ExitCode.DEADLINE: "The time given by `--timeout` passed.",
    ExitCode.CONFLICT: "It exists already, with other content.",
    ExitCode.EXHAUSTED: "A limit is reached: too many calls or keys, or a full disk.",
    ExitCode.FAULT: "A fault of the server or of this program.",
    ExitCode.INTERRUPTED: "Interrupted by Ctrl-C.",
    ExitCode.BROKEN_PIPE: "The reader of the output went away.",
}
