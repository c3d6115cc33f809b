"""The demo's keys: made once, kept in the data directory, made anew only where they are not valid."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from messagestatus.v1.access_pb2 import ApiKey, Scope
from messagestatus.v1.access_service_pb2 import CreateKeyRequest, KeyGrant, ListKeysRequest, RevokeKeyRequest
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus_server.cli.connection import Connection

TENANT = "demo"
INSTANCE = "ryze-demo"
USER = "7078106103901"

_SERVICE = KeyGrant(tenant=TENANT, client="demo-service", scopes=[Scope.SCOPE_READ, Scope.SCOPE_INGEST])
_USER = KeyGrant(tenant=TENANT, client="demo-user", scopes=[Scope.SCOPE_READ], user_id=USER)
_INSTANCE = KeyGrant(tenant=TENANT, client="demo-instance", scopes=[Scope.SCOPE_READ], instance=INSTANCE)


@dataclass(frozen=True)
class Held:
    """A key with its secret."""

    key_id: str
    secret: str


@dataclass(frozen=True)
class DemoKeys:
    """The keys of a service, of a person who uses Symphony, and of one Ryze instance."""

    service: Held
    user: Held
    instance: Held


def demo_keys(connection: Connection, data: Path) -> DemoKeys:
    """Return the keys that `data` holds, each made anew where it is not valid; keep them there."""
    kept = _kept(data / "demo.json")
    live = _live(connection)
    keys = DemoKeys(
        **{
            name: _held(connection, grant, kept.get(name), live)
            for name, grant in (("service", _SERVICE), ("user", _USER), ("instance", _INSTANCE))
        }
    )
    _write_secret(data / "demo.json", json.dumps(asdict(keys), indent=2) + "\n")
    _write_secret(data / "demo.key", keys.service.secret + "\n")
    return keys


def _kept(path: Path) -> dict[str, Held]:
    """Read the keys of an earlier run; none where there was none, or where the file is none of ours."""
    try:
        return {name: Held(**held) for name, held in json.loads(path.read_bytes()).items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def _live(connection: Connection) -> list[ApiKey]:
    """List the keys of the demo's tenant that are not revoked."""
    stub = AccessServiceStub(connection.channel)
    keys = connection.ask(stub.ListKeys, ListKeysRequest(tenant=TENANT)).keys
    return [key for key in keys if not key.HasField("revoke_time")]


def _held(connection: Connection, grant: KeyGrant, kept: Held | None, live: list[ApiKey]) -> Held:
    """Return the kept key if it is live; else make another, and revoke those that nobody holds any more."""
    mine = [key.key_id for key in live if key.client == grant.client]
    if kept and kept.key_id in mine:
        return kept
    stub = AccessServiceStub(connection.channel)
    for key_id in mine:
        connection.ask(stub.RevokeKey, RevokeKeyRequest(tenant=TENANT, key_id=key_id))
    created = connection.ask(stub.CreateKey, CreateKeyRequest(grant=grant))
    return Held(created.key.key_id, created.secret)


def _write_secret(path: Path, text: str) -> None:
    """Write a file that nobody but its owner can read, at no moment."""
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
    ) as file:
        os.fchmod(file.fileno(), 0o600)  # one that was there before keeps its mode
        file.write(text)
