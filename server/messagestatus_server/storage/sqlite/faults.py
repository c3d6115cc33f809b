"""What SQLite's faults mean to a caller, and which of them end a connection."""

import apsw

from messagestatus_server.domain.refusals import DiskFull, Refusal, StoreCorrupt, StoreUnavailable

BROKEN = (apsw.IOError, apsw.CorruptError, apsw.NotADBError, apsw.CantOpenError)
"""After one of these, nothing that the connection says can be relied on."""


_OURS = (apsw.SQLError, apsw.BindingsError, apsw.ConstraintError, apsw.MismatchError, apsw.MisuseError)
"""These are mistakes in a statement or its values: no other try would end better."""


def refusal(fault: apsw.Error) -> Refusal | None:
    """Return what a caller is told of a fault; None for a mistake of ours."""
    if isinstance(fault, _OURS):
        return None
    if isinstance(fault, apsw.FullError):
        return DiskFull()
    if isinstance(fault, apsw.CorruptError | apsw.NotADBError):
        return StoreCorrupt()
    return StoreUnavailable()
