"""CallbackService: callbacks as the gateway brings them, and the journal of what came."""

from functools import partial

from messagestatus.v1 import callback_service_pb2 as pb
from messagestatus_server.domain.caller import Caller
from messagestatus_server.service.callbacks import Callbacks, Incoming
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import parsed

SERVICE = "messagestatus.v1.CallbackService"


def methods(callbacks: Callbacks) -> list[Method]:
    """Return the methods of the service."""
    return [
        # Whoever signs for the route may call; the service finds out.
        Method(SERVICE, "ReceiveCallback", None, partial(_receive, callbacks)),
    ]


async def _receive(callbacks: Callbacks, _caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ReceiveCallbackRequest, body)
    headers: dict[str, str] = {}
    for header in request.headers:
        headers.setdefault(header.name.lower(), header.value)
    answer = await callbacks.receive(
        Incoming(
            request.route,
            request.path_secret,
            request.method.upper(),
            request.url,
            headers,
            request.body,
            request.client_address,
        )
    )
    return pb.ReceiveCallbackResponse(
        status=answer.status, body=answer.body, content_type=answer.content_type
    ).SerializeToString()
