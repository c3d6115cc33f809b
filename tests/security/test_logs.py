"""Logs: at the lowest level, and whatever callers send, no line holds what only they may know."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest

from messagestatus.v1 import access_service_pb2 as access_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as receipt_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import message, receipt
from tests.running import Operator, RunningServer
from tests.security.methods import METHODS
from tests.transport.access import READ

CALLS = 2_000
SEED = 20_260_102


class Ran(NamedTuple):
    """A server that has ended: its log, what must not be in it, and the codes that its callers saw."""

    text: str
    secrets: list[str]
    codes: set[str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Send thousands of requests, good and bad, and end the server."""
    server = RunningServer(tmp_path_factory.mktemp("logs"), "--log-level", "debug")
    operator = Operator(server)
    tenant = operator.tenant("acme")
    chance = random.Random(SEED)
    said = _Sayings(chance, [server.admin_key, tenant.key])
    with grpc.insecure_channel(server.address) as channel:
        codes = {_ask(channel, said) for _ in range(CALLS)}
    operator.close()
    assert server.terminate() == 0
    return Ran("".join(server.text), said.secrets, codes)


class _Sayings:
    """What callers say: everything that they say of themselves or of others is remembered as a secret."""

    def __init__(self, chance: random.Random, keys: list[str]) -> None:
        self.chance = chance
        self.keys = keys
        self.secrets = list(keys)

    def phone(self) -> str:
        return self._secret(f"+{self.chance.randrange(10**9, 10**12)}", from_digit=1)

    def word(self) -> str:
        return self._secret(f"word-{self.chance.randrange(10**12):012}")

    def token(self) -> str:
        return self._secret(f"token-{self.chance.randrange(10**15):015}")

    def key(self) -> str:
        """Return a key that opens, mostly."""
        return self.chance.choice([*self.keys, *self.keys, self.token(), self.phone()])

    def _secret(self, text: str, from_digit: int = 0) -> str:
        self.secrets.append(text[from_digit:])
        return text


def _ask(channel: grpc.Channel, said: _Sayings) -> str:
    """Make one call with words in all places, and return its code."""
    path, body = said.chance.choice(_REQUESTS)(said)
    if said.chance.random() < 0.2:
        body = body[: said.chance.randrange(len(body) + 1)]
    header = said.chance.choice([("x-api-key", ""), ("authorization", "Bearer ")])
    metadata = [(header[0], header[1] + said.key()), ("user-agent-of", said.word())]
    call: Any = channel.unary_unary(path)
    return str(call.future(body, metadata=metadata, timeout=20).code().name)


def _path(name: str) -> str:
    return next(method.path for method in METHODS if method.path.endswith(f"/{name}"))


def _register(said: _Sayings) -> tuple[str, bytes]:
    reference = {"service": said.word(), "action": said.word(), "key": said.word()}
    whole = message(
        said.chance.choice([said.word(), said.phone()]),
        phone=said.chance.choice([said.phone(), said.word()]),
        conversation_id=said.word(),
        author_user_id=said.word(),
        reference=reference,
        provider={"name": said.word(), "message_id": said.phone(), "detail": said.word()},
        segments=said.chance.choice([1, -1]),
    )
    request = message_pb.RegisterMessagesRequest(messages=[whole])
    return _path("RegisterMessages"), request.SerializeToString()


def _report(said: _Sayings) -> tuple[str, bytes]:
    provider = {"name": said.word(), "message_id": said.word(), "status": said.word(), "code": said.word()}
    told = receipt(said.phone(), "REPLIED", provider=provider, reply={"text": said.word()})
    request = receipt_pb.ReportReceiptsRequest(receipts=[told])
    return _path("ReportReceipts"), request.SerializeToString()


def _import(said: _Sayings) -> tuple[str, bytes]:
    grant = access_pb.KeyGrant(tenant="acme", client=said.word(), scopes=[READ], user_id=said.word())
    request = access_pb.ImportKeyRequest(grant=grant, token=said.token())
    return _path("ImportKey"), request.SerializeToString()


_REQUESTS: list[Callable[[_Sayings], tuple[str, bytes]]] = [
    _register,
    _report,
    _import,
    lambda said: (
        _path("GetStatus"),
        lookup_pb.GetStatusRequest(message_id=said.phone(), instance=said.word()).SerializeToString(),
    ),
    lambda said: (
        _path("ListByPhone"),
        lookup_pb.ListByPhoneRequest(phone=said.phone(), page_token=said.word()).SerializeToString(),
    ),
    lambda said: (
        _path("ListByReference"),
        lookup_pb.ListByReferenceRequest(key=said.phone()).SerializeToString(),
    ),
    lambda said: (
        _path("CreateTenant"),
        access_pb.CreateTenantRequest(tenant=f"no-{said.word()}!").SerializeToString(),
    ),
    lambda said: (
        _path("ListKeys"),
        access_pb.ListKeysRequest(tenant=said.word()).SerializeToString(),
    ),
]


def test_every_kind_of_answer_was_given(ran: Ran) -> None:
    assert ran.codes >= {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "UNAUTHENTICATED"}
    assert "INTERNAL" not in ran.codes


def test_every_call_has_its_line(ran: Ran) -> None:
    lines = [json.loads(line) for line in ran.text.splitlines()]
    assert sum(line["event"] == "call" for line in lines) >= CALLS


def test_no_line_holds_a_phone_number_a_key_a_token_or_a_word_of_a_body(ran: Ran) -> None:
    assert len(ran.secrets) > 2 * CALLS
    assert [secret for secret in ran.secrets if secret in ran.text] == []


def test_the_first_start_logs_where_the_key_stands_and_not_the_key(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    server.terminate()
    assert str(tmp_path / "admin.key") in "".join(server.text)
    assert server.admin_key not in "".join(server.text)
