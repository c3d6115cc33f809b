"""A connection to the server: the client as the global options say, and how a refusal ends the command."""

from typing import TypeVar

import grpc

from messagestatus import CallError, Client
from messagestatus_server.cli.call_failed import CallFailed
from messagestatus_server.cli.settings import Settings

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class Connection(Client):
    """A client whose calls end the command with one line, and an exit code, when they fail."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings.server,
            settings.credential(),
            credentials=tls_credentials(settings),
            timeout=settings.timeout,
        )

    def ask(
        self,
        call: "grpc.UnaryUnaryMultiCallable[_Request, _Response]",
        request: _Request,
        *,
        request_id: str | None = None,
    ) -> _Response:
        """Make one call and return its answer. Raises CallFailed."""
        try:
            return super().ask(call, request, request_id=request_id)
        except CallError as error:
            raise CallFailed(error) from error


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
