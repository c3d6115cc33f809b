"""Carriers' callbacks: handed on to the upstream as they came, and answered as it says.

Nothing is judged here. What the upstream cannot take now is 503, whatever the reason, because a carrier
does not come back after a 4xx (Sinch, "Delivery report callbacks").
"""

from http import HTTPStatus

from messagestatus.v1.callback_pb2 import Header
from messagestatus.v1.callback_service_pb2 import ReceiveCallbackRequest
from messagestatus_gateway.caller_address import Proxies
from messagestatus_gateway.dialect import Answer, Dialect, Route
from messagestatus_gateway.refusal import GatewayRefusal, Refusal
from messagestatus_gateway.request import Request
from messagestatus_gateway.upstream import Upstream

_TEXT = (b"content-type", b"text/plain; charset=utf-8")


class Callbacks(Dialect):
    """The paths that carriers call: `/receipts/`, the name of a route, and its secret if it has one."""

    prefixes = ("/receipts",)
    # Meta sends up to 3 MB; with its head it must fit what the upstream takes, 4 MiB.
    largest_body = 3_500_000
    # To a carrier anything but 2xx says that nothing was taken, 304 too.
    may_be_kept = False

    def __init__(self, upstream: Upstream, proxies: Proxies, *, tls: bool = False) -> None:
        """Takes the upstream, the proxies in front, and whether the gateway itself speaks HTTPS."""
        super().__init__(upstream)
        self._proxies = proxies
        self._scheme = "https" if tls else "http"

    @property
    def routes(self) -> tuple[Route, ...]:
        """A callback comes by POST, and from some carriers by GET."""
        return (
            Route("POST", "/receipts/{route}", self._receive, also=("GET",)),
            Route("POST", "/receipts/{route}/{secret}", self._receive, also=("GET",)),
        )

    def refuse(self, request: Request | None, refusal: Refusal) -> Answer:  # noqa: ARG002
        """Says no in plain text."""
        status = HTTPStatus.SERVICE_UNAVAILABLE
        if isinstance(refusal, GatewayRefusal) and refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            status = refusal.status
        return Answer(status, status.phrase.encode(), (_TEXT,))

    async def _receive(self, request: Request) -> Answer:
        name, secret = request.captured["route"], request.captured.get("secret", "")
        base = self._proxies.base_url(request.client, request.fields, self._scheme)
        path = f"/receipts/{name}/{secret}" if secret else f"/receipts/{name}"
        query = request.query.decode("latin-1")
        reply = await self._upstream.receive_callback(
            request.request_id,
            ReceiveCallbackRequest(
                route=name,
                path_secret=secret,
                method=request.method,
                url=f"{base}{path}?{query}" if query else f"{base}{path}",
                headers=[
                    Header(name=key.decode("latin-1"), value=value.decode("latin-1"))
                    for key, value in request.fields
                ],
                body=request.body,
                client_address=self._proxies.client(request.client, request.fields),
            ),
        )
        content_type = reply.content_type.encode("latin-1", "replace")
        return Answer(reply.status, reply.body, ((b"content-type", content_type),))
