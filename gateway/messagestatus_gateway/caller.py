"""Who calls: the credential as it came, for the upstream to judge."""

import re
from typing import NamedTuple, Self

from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus_gateway.refusal import RefusedError, UpstreamRefusal

# What the contract admits as a key. Anything else could not even travel as gRPC metadata.
_CREDENTIAL = re.compile(r"[!-~]{1,512}")


class Caller(NamedTuple):
    """One caller of one request.

    Attributes:
        credential: The key or token, unjudged.
        request_id: What the request is called in the logs of gateway and upstream.
    """

    credential: str
    request_id: str

    @classmethod
    def presenting(cls, credential: str, request_id: str) -> Self:
        """Makes the caller that presents a credential.

        Raises:
            RefusedError: It is empty or no key could look like it; the answer is the one that the
                upstream gives to every wrong key.
        """
        if not _CREDENTIAL.fullmatch(credential):
            raise RefusedError(UpstreamRefusal.of_reason(ErrorReason.ERROR_REASON_CREDENTIAL_INVALID))
        return cls(credential, request_id)
