"""Real processes for tests: a status server on a free port with its own data directory, and its clients."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from messagestatus.v1 import access_pb2, access_service_pb2
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus.v1.callback_service_pb2_grpc import CallbackServiceStub
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.directory_service_pb2_grpc import DirectoryServiceStub
from messagestatus.v1.error_dictionary_service_pb2_grpc import ErrorDictionaryServiceStub
from messagestatus.v1.message_service_pb2_grpc import MessageServiceStub
from messagestatus.v1.message_status_service_pb2_grpc import MessageStatusServiceStub
from messagestatus.v1.receipt_review_service_pb2_grpc import ReceiptReviewServiceStub
from messagestatus.v1.route_service_pb2_grpc import RouteServiceStub
from messagestatus.v1.status_watch_service_pb2_grpc import StatusWatchServiceStub
from messagestatus.v1.webhook_endpoint_service_pb2_grpc import WebhookEndpointServiceStub

PATIENCE = 30
"""How long a process may take to start or to end, in seconds."""


class Process:
    """A process that logs JSON lines on standard error, and is ready when it logs a certain event."""

    def __init__(self, command: Sequence[str], ready: str, *, cwd: Path | None = None) -> None:
        self.lines: list[dict[str, Any]] = []
        self.text: list[str] = []
        self._ready = ready
        self._is_ready = threading.Event()
        self._process = subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=cwd
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._is_ready.wait(PATIENCE) or not any(line.get("event") == ready for line in self.lines):
            self.kill()
            raise AssertionError(f"{command} did not start:\n{''.join(self.text)}")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.poll()

    def logged(self, event: str) -> dict[str, Any]:
        """Return the last log line of an event."""
        return next(line for line in reversed(self.lines) if line.get("event") == event)

    def terminate(self) -> int:
        """Ask the process to end, and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._ended()

    def kill(self) -> int:
        """End the process at once, and return its exit code."""
        self._process.kill()
        return self._ended()

    def _ended(self) -> int:
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self._process.stderr is not None:
            self._process.stderr.close()
        return code

    def _read(self) -> None:
        assert self._process.stderr is not None
        for text in self._process.stderr:
            self.text.append(text)
            if text.startswith("{"):
                line = json.loads(text)
                self.lines.append(line)
                if line.get("event") == self._ready:
                    self._is_ready.set()
        self._is_ready.set()


class RunningServer(Process):
    """A status server. Starting another on the same data directory is a restart."""

    def __init__(self, data: Path, *options: str, listen: str = "127.0.0.1:0") -> None:
        module = [sys.executable, "-m", "messagestatus_server"]
        place = ["--data", str(data), "--listen", listen, "--log-format", "json"]
        super().__init__([*module, *place, *options], "serving")
        self.data = data
        self.address: str = self.logged("serving")["address"]
        self.database = data / "messagestatus.db"
        self.admin_key = (data / "admin.key").read_text().strip()


class RunningGateway(Process):
    """A gateway in front of a status server."""

    def __init__(self, upstream: str, *options: str) -> None:
        module = [sys.executable, "-m", "messagestatus_gateway"]
        place = ["--upstream", upstream, "--listen", "127.0.0.1:0", "--log-format", "json"]
        super().__init__([*module, *place, *options], "listening")
        self.url = f"http://{self.logged('listening')['address']}"


class Client:
    """The typed stubs of one caller: every call carries its key."""

    def __init__(
        self, address: str, key: str, *, options: Sequence[tuple[str, Any]] = (), deadline: float = 20
    ) -> None:
        self.channel = grpc.insecure_channel(address, options=list(options))
        channel = grpc.intercept_channel(self.channel, _Carrying(key, deadline))
        self.status = MessageStatusServiceStub(channel)
        self.messages = MessageServiceStub(channel)
        self.receipts = DeliveryReceiptServiceStub(channel)
        self.directory = DirectoryServiceStub(channel)
        self.errors = ErrorDictionaryServiceStub(channel)
        self.access = AccessServiceStub(channel)
        self.routes = RouteServiceStub(channel)
        self.callbacks = CallbackServiceStub(channel)
        self.review = ReceiptReviewServiceStub(channel)
        self.watching = StatusWatchServiceStub(channel)
        self.webhooks = WebhookEndpointServiceStub(channel)

    def close(self) -> None:
        self.channel.close()


class _Carrying(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Adds the key, and a deadline where a call has none."""

    def __init__(self, key: str, deadline: float) -> None:
        self._key = key
        self._deadline = deadline

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        return continuation(self._carrying(details), request)

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        return continuation(self._carrying(details), request)

    def _carrying(self, details: grpc.ClientCallDetails) -> "_Details":
        metadata = [*(details.metadata or ()), ("x-api-key", self._key)]
        return _Details(details.method, details.timeout or self._deadline, metadata)


class _Details(NamedTuple):
    method: str
    timeout: float | None
    metadata: list[tuple[str, str | bytes]]
    credentials: None = None
    wait_for_ready: bool | None = None
    compression: None = None


class Tenant(NamedTuple):
    """A tenant of its own for one test, with the key of a service that may read and ingest."""

    name: str
    key: str
    client: Client


class Operator:
    """The operator of a running server."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.client = Client(server.address, server.admin_key)
        self._tenants = 0
        self._clients: list[Client] = [self.client]

    def tenant(self, name: str = "") -> Tenant:
        """Create a tenant with one key."""
        self._tenants += 1
        name = name or f"tenant-{self._tenants}"
        self.client.access.CreateTenant(access_service_pb2.CreateTenantRequest(tenant=name))
        key = self.key(name)
        return Tenant(name, key, self.connect(key))

    def key(
        self,
        tenant: str,
        scopes: Sequence[str] = (),
        *,
        client: str = "tests",
        instance: str | None = None,
        user_id: str = "",
    ) -> str:
        """Create a key, and return its secret: for a person to read, for a service to ingest, too."""
        scopes = scopes or (("READ",) if user_id else ("READ", "INGEST"))
        grant = access_service_pb2.KeyGrant(
            tenant=tenant,
            client=client,
            scopes=[access_pb2.Scope.Value(f"SCOPE_{scope}") for scope in scopes],
            instance=instance,
            user_id=user_id,
        )
        made: str = self.client.access.CreateKey(access_service_pb2.CreateKeyRequest(grant=grant)).secret
        return made

    def instance(self, tenant: str, name: str) -> None:
        """Create an instance."""
        self.client.access.CreateInstance(
            access_service_pb2.CreateInstanceRequest(tenant=tenant, instance=name)
        )

    def connect(self, key: str, **settings: Any) -> Client:
        """Return a client with a key, closed with the operator."""
        client = Client(self.server.address, key, **settings)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
