"""What a simulation asks of the server: a tenant to speak for, messages, and where they stand."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import click
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.access_pb2 import Scope
from messagestatus.v1.access_service_pb2 import CreateKeyRequest, KeyGrant, RevokeKeyRequest
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_service_pb2 import MessageRegistration, RegisterMessagesRequest
from messagestatus.v1.message_service_pb2_grpc import MessageServiceStub
from messagestatus.v1.message_status_pb2 import Channel as ChannelValue
from messagestatus.v1.message_status_pb2 import Provider, Reference
from messagestatus.v1.message_status_service_pb2 import BatchStatusRequest, StatusOutcome
from messagestatus.v1.message_status_service_pb2_grpc import MessageStatusServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.outcomes import refusal
from messagestatus_server.cli.settings import Settings
from messagestatus_server.cli.simulate.schedule import Sent
from messagestatus_server.cli.words import word
from messagestatus_server.domain.message import Channel

MISSING = "MISSING"
"""The state of a message that the server does not know."""

_AT_ONCE = 1000
_KEY_LASTS = 86_400


@contextmanager
def speaking_for(settings: Settings, tenant: str, name: str) -> Iterator[Connection]:
    """Connect as a service of a tenant, with a key that is made for it and revoked after; or with the own.

    Raises:
        CallFailed: The server makes no such key.
    """
    with Connection(settings) as connection:
        if not tenant:
            yield connection
            return
        stub = AccessServiceStub(connection.channel)
        grant = KeyGrant(
            tenant=tenant,
            client=name,
            scopes=[Scope.SCOPE_READ, Scope.SCOPE_INGEST],
            expire_time=Timestamp(seconds=int(time.time()) + _KEY_LASTS),
        )
        made = connection.ask(stub.CreateKey, CreateKeyRequest(grant=grant))
        try:
            with Connection(replace(settings, key=made.secret)) as of_tenant:
                yield of_tenant
        finally:
            connection.ask(stub.RevokeKey, RevokeKeyRequest(tenant=tenant, key_id=made.key.key_id))


class Service:
    """Registers messages of one provider name, and asks where they stand."""

    def __init__(self, connection: Connection, provider_name: str, instance: str | None) -> None:
        self._connection = connection
        self._provider_name = provider_name
        self._instance = instance

    def register(self, sent: Sequence[Sent], *, channel: Channel, name: str, accept_time: int) -> None:
        """Register messages, accepted at a time in microseconds, UTC; `name` becomes their reference.

        Raises:
            CallFailed: The server refuses the call.
            click.ClickException: It refuses a message.
        """
        accepted = Timestamp()
        accepted.FromMicroseconds(accept_time)
        stub = MessageServiceStub(self._connection.channel)
        for start in range(0, len(sent), _AT_ONCE):
            request = RegisterMessagesRequest(
                messages=[
                    MessageRegistration(
                        message_id=message.message_id,
                        instance=self._instance or "",
                        channel=ChannelValue.ValueType(channel),
                        phone=message.phone,
                        reference=Reference(service="simulate", key=name),
                        provider=Provider(name=self._provider_name, message_id=message.provider_message_id),
                        accept_time=accepted,
                    )
                    for message in sent[start : start + _AT_ONCE]
                ]
            )
            for outcome in self._connection.ask(stub.RegisterMessages, request).outcomes:
                if outcome.HasField("error"):
                    raise click.ClickException(f"a simulated message is refused: {refusal(outcome.error)}")

    def states(self, sent: Sequence[Sent]) -> list[str]:
        """Return the words for the states of messages, in their order.

        Raises:
            CallFailed: The server refuses the call.
        """
        stub = MessageStatusServiceStub(self._connection.channel)
        states: list[str] = []
        for start in range(0, len(sent), _AT_ONCE):
            request = BatchStatusRequest(
                message_ids=[message.message_id for message in sent[start : start + _AT_ONCE]],
                instance=self._instance,
            )
            states += map(_state, self._connection.ask(stub.BatchStatus, request).outcomes)
        return states


def _state(outcome: StatusOutcome) -> str:
    if not outcome.HasField("message_status"):
        return MISSING
    return word(DeliveryState.DESCRIPTOR, outcome.message_status.state)
