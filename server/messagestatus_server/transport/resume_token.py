"""Resume tokens: a place in the feed of a tenant, opaque to callers.

A token gives no authority: it only says where to go on, in what the caller may see anyway.
"""

import base64
import binascii
import struct

from messagestatus_server.domain.refusals import FieldInvalid, ResumeTokenExpired

_PLACE = struct.Struct(">8sqq")


def resume_token(identity: bytes, tenant: int, sequence: int) -> str:
    """Return the token of a place in the feed of a tenant, in the database of that identity."""
    return base64.urlsafe_b64encode(_PLACE.pack(identity, tenant, sequence)).decode().rstrip("=")


def place(identity: bytes, tenant: int, token: str) -> int:
    """Return the place of a token.

    Raises:
        FieldInvalid: It is no token of ours, or another tenant's.
        ResumeTokenExpired: It is of another database.
    """
    try:
        content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        known, owner, sequence = _PLACE.unpack(content)
    except (binascii.Error, struct.error, ValueError):
        raise FieldInvalid("resume_token", "is not a token of a watch") from None
    if known != identity:
        raise ResumeTokenExpired
    if owner != tenant:
        raise FieldInvalid("resume_token", "is not a token of this tenant")
    return int(sequence)
