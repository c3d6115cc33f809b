"""A receiver of webhooks in threads of its own, which verifies as receivers do, and endpoints in one line."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from standardwebhooks import Webhook

from messagestatus.v1 import webhook_endpoint_pb2 as endpoint_pb
from messagestatus.v1 import webhook_endpoint_service_pb2 as pb
from tests.running import Client

HERE = ("--webhook-allow-network", "127.0.0.0/8")
"""The options of a server whose endpoints may be on this machine."""


class Hook(NamedTuple):
    """A request that arrived; its time is in seconds of the clock on the wall."""

    path: str
    headers: dict[str, str]
    body: bytes
    time: float

    @property
    def content(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def told(self) -> tuple[str, str]:
        """Which message went where, in our own format."""
        changed = self.content["data"]
        return changed["message_id"], changed["state"]

    def verify(self, secret: str) -> Any:
        """Return the content, verified as the library of Standard Webhooks does.

        Raises:
            WebhookVerificationError: It is not ours.
        """
        return Webhook(secret).verify(self.body, self.headers)


class Hooks:
    """What came, and what is answered: a status and headers for each."""

    def __init__(self) -> None:
        self.came: list[Hook] = []
        self.answer: Callable[[Hook], tuple[int, dict[str, str]]] = lambda _: (204, {})
        self.url = ""
        self._lock = threading.Condition()

    def take(self, hook: Hook) -> tuple[int, dict[str, str]]:
        said = self.answer(hook)
        with self._lock:
            self.came.append(hook)
            self._lock.notify_all()
        return said

    def wait(self, number: int, seconds: float = 20) -> list[Hook]:
        """Wait until so many have come, and return them."""
        with self._lock:
            assert self._lock.wait_for(lambda: len(self.came) >= number, seconds), self.came
            return list(self.came)


@contextmanager
def receiving(port: int = 0) -> Iterator[Hooks]:
    """Run a receiver on this machine."""
    hooks = Hooks()

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more = hooks.take(Hook(self.path, headers, body, time.time()))
            self.send_response(status)
            for name, value in {"content-length": "0", **more}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            del format, args

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", port), Receiver)
    hooks.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield hooks
    server.shutdown()
    thread.join()
    server.server_close()


def create(admin: Client, tenant: str, url: str, **decided: Any) -> pb.CreateWebhookEndpointResponse:
    """Create an endpoint."""
    spec = endpoint_pb.WebhookSpec(url=url, **decided)
    return admin.webhooks.CreateWebhookEndpoint(pb.CreateWebhookEndpointRequest(tenant=tenant, spec=spec))


def attempts(admin: Client, tenant: str, endpoint_id: str, **asked: Any) -> list[endpoint_pb.WebhookAttempt]:
    """Return the attempts on an endpoint, the newest first, as one page has them."""
    request = pb.ListAttemptsRequest(tenant=tenant, endpoint_id=endpoint_id, **asked)
    return list(admin.webhooks.ListAttempts(request).attempts)
