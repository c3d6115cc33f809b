"""The secrets of an endpoint: what signs, what signed before, and what its receiver asks for."""

from typing import NamedTuple

from messagestatus_server.domain.webhook import Endpoint
from messagestatus_server.service.sealing import Seal
from messagestatus_server.webhooks.signing import SigningSecret, signed_headers


class Secrets(NamedTuple):
    """What is sealed of an endpoint.

    `previous` is the signing secret before the last rotation, empty where there is none; `authorization` is
    the value of the header of that name, empty where none is sent.
    """

    signing: str
    previous: str = ""
    authorization: str = ""

    def headers(self, endpoint: Endpoint, request_id: str, now: int, body: bytes) -> dict[str, str]:
        """Return the headers of an attempt that only the endpoint's own sender can make."""
        signing = [SigningSecret(self.signing)]
        if self.previous:
            signing.append(SigningSecret(self.previous, endpoint.previous_secret_expire_time or 0))
        headers = signed_headers(request_id, now, body, signing)
        return headers | ({"authorization": self.authorization} if self.authorization else {})


class Vault:
    """Seals the secrets of endpoints, each for its own endpoint alone."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def close(self, endpoint_id: str, secrets: Secrets) -> bytes:
        """Return secrets as they are kept."""
        return self._seal.close(secrets._asdict(), _purpose(endpoint_id))

    def open(self, endpoint: Endpoint) -> Secrets:
        """Return the secrets of an endpoint.

        Raises:
            SealBroken: They cannot be opened.
        """
        return Secrets(**self._seal.open(endpoint.sealed_secrets, _purpose(endpoint.endpoint_id)))


def _purpose(endpoint_id: str) -> str:
    return f"webhook/{endpoint_id}"
