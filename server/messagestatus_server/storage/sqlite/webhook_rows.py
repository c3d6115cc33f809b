"""Rows of webhooks to values, and back."""

from functools import lru_cache
from typing import Any

import orjson

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.outgoing import LoggedAttempt, Outgoing, Result
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.domain.webhook import (
    Attempt,
    DisabledReason,
    Endpoint,
    EndpointSpec,
    EventFilter,
    Fault,
    Format,
    Signing,
)
from messagestatus_server.storage.sqlite.packing import packed, unpacked
from messagestatus_server.storage.sqlite.session import Row, Value


def endpoint_of(row: Row) -> Endpoint:
    """Return the endpoint of a row."""
    (
        tenant,
        endpoint_id,
        spec,
        sealed_secrets,
        public_key,
        disabled_reason,
        failing_since,
        expire_time,
        create_time,
    ) = row
    return Endpoint(
        endpoint_id,
        tenant,
        spec_of(spec),
        sealed_secrets,
        create_time,
        DisabledReason(disabled_reason),
        failing_since,
        expire_time,
        public_key,
    )


def endpoint_columns(endpoint: Endpoint) -> tuple[Value, ...]:
    """Return the columns of an endpoint, from its identifier on."""
    return (
        endpoint.endpoint_id,
        _spec_column(endpoint.spec),
        endpoint.sealed_secrets,
        endpoint.public_key,
        endpoint.disabled_reason,
        endpoint.failing_since,
        endpoint.previous_secret_expire_time,
        endpoint.create_time,
    )


# Read with every transaction that changes anything of a tenant with endpoints.
@lru_cache(maxsize=1024)
def spec_of(column: str) -> EndpointSpec:
    """Return what is decided about an endpoint."""
    content: dict[str, Any] = orjson.loads(column)
    wanted = content.pop("event_filter")
    return EndpointSpec(**content)._replace(
        format=Format(content["format"]),
        signing=Signing(content["signing"]),
        event_filter=EventFilter(
            frozenset(map(ChangeKind, wanted["kinds"])),
            frozenset(map(DeliveryState, wanted["states"])),
            frozenset(map(Channel, wanted["channels"])),
            frozenset(wanted["instances"]),
        ),
    )


def outgoing_of(row: Row) -> Outgoing:
    """Return the event of a row."""
    sequence, message, kind, previous_state, state, reason, change_time, commit_time, *others = row
    message_id, instance, attempts, skipped, lease = others
    change = Change(
        ChangeKind(kind),
        DeliveryState(previous_state),
        DeliveryState(state),
        FailureReason(reason),
        change_time,
    )
    name = "" if message_id is None else unpacked(message_id)
    return Outgoing(
        sequence, message, change, commit_time, name, instance or "", attempts, skipped, lease or 0
    )


def outgoing_columns(event: Outgoing, now: int, due_time: int) -> tuple[Value, ...]:
    """Return the columns of an event that begins to wait now, from its sequence on."""
    return (
        event.sequence,
        event.message,
        *event.change,
        event.commit_time,
        now,
        due_time,
        packed(event.message_id) if event.message_id else None,
        event.instance if event.message_id else None,
    )


def attempt_of(row: Row) -> LoggedAttempt:
    """Return the attempt of a row."""
    sequence, message_id, instance, number, start_time, duration, status, fault, answer, *others = row
    result, next_time, event_id, attempt_id = others
    return LoggedAttempt(
        sequence,
        unpacked(message_id),
        instance,
        number,
        Attempt(start_time, duration, status, Fault(fault), None, answer),
        Result(result),
        next_time,
        event_id,
        attempt_id,
    )


def attempt_columns(logged: LoggedAttempt) -> tuple[Value, ...]:
    """Return the columns of a new attempt, from its sequence on."""
    attempt = logged.attempt
    return (
        logged.sequence,
        packed(logged.message_id),
        logged.instance,
        logged.number,
        attempt.start_time,
        attempt.duration,
        attempt.status,
        attempt.fault,
        attempt.answer,
        logged.result,
        logged.next_time,
        logged.event_id,
    )


def _spec_column(spec: EndpointSpec) -> str:
    wanted = {name: sorted(items) for name, items in spec.event_filter._asdict().items()}
    return orjson.dumps(spec._asdict() | {"event_filter": wanted}).decode()
