"""A connection to the server: where it is, the credential of every call, and how a refusal comes back."""

from types import TracebackType
from typing import Self, TypeVar

import grpc

from messagestatus_server.cli.call_failed import CallFailed
from messagestatus_server.cli.settings import Settings

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class Connection:
    """A channel that carries the caller's key and deadline on every call. Close it by `with`."""

    def __init__(self, settings: Settings) -> None:
        self.metadata = (("x-api-key", settings.credential()),)
        self._server = settings.server
        self._timeout = settings.timeout
        self.channel = open_channel(settings)

    def ask(self, call: "grpc.UnaryUnaryMultiCallable[_Request, _Response]", request: _Request) -> _Response:
        """Make one call and return its answer. Raises CallFailed."""
        try:
            return call(request, timeout=self._timeout, metadata=self.metadata)
        except grpc.RpcError as error:
            raise CallFailed(error, self._server) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.channel.close()


def open_channel(settings: Settings) -> grpc.Channel:
    """Open a channel to the server, over TLS where a file for it is named."""
    secrets = tls_credentials(settings)
    return (
        grpc.secure_channel(settings.server, secrets) if secrets else grpc.insecure_channel(settings.server)
    )


def tls_credentials(settings: Settings) -> grpc.ChannelCredentials | None:
    """Read the files that TLS needs. None when none is named: then calls go unencrypted."""
    if not (settings.tls_ca or settings.tls_cert or settings.tls_key):
        return None
    return grpc.ssl_channel_credentials(
        settings.tls_ca.read_bytes() if settings.tls_ca else None,
        settings.tls_key.read_bytes() if settings.tls_key else None,
        settings.tls_cert.read_bytes() if settings.tls_cert else None,
    )
