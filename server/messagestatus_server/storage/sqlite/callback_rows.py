"""Rows of routes and callbacks to values, and back."""

import zlib
from typing import Any

import orjson

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.raw_callback import Quarantined, RawCallback, Verdict
from messagestatus_server.domain.route import Deadline, IdForm, Override, Route, RouteSpec
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.storage.sqlite.session import Row, Value

_WORTH_DEFLATING = 512
_FASTEST = 1


def route_of(row: Row) -> Route:
    """Return the route of a row."""
    handle, tenant, name, provider, provider_name, spec, sealed_secrets, path_digest, create_time = row
    return Route(
        handle,
        tenant,
        name,
        provider,
        _spec_of(provider_name, orjson.loads(spec)),
        sealed_secrets,
        path_digest,
        create_time,
    )


def spec_column(spec: RouteSpec) -> str:
    """Return what is decided about a route as JSON, without the name of its provider."""
    content = spec._asdict() | {
        "id_forms": sorted(spec.id_forms),
        "settings": dict(spec.settings),
        # A named tuple is none to orjson.
        "overrides": [(word, code, tuple(meaning)) for word, code, meaning in spec.overrides],
        "deadlines": [tuple(deadline) for deadline in spec.deadlines],
    }
    del content["provider_name"]
    return orjson.dumps(content).decode()


def callback_of(row: Row) -> RawCallback:
    """Return the callback of a row."""
    (
        callback_id,
        route,
        receive_time,
        verdict,
        explanation,
        items,
        quarantined,
        method,
        query,
        headers,
        deflated,
        content,
    ) = row
    return RawCallback(
        route,
        receive_time,
        Verdict(verdict),
        method,
        query,
        tuple((name, value) for name, value in orjson.loads(headers)),
        zlib.decompress(content) if deflated else content,
        explanation,
        items,
        quarantined,
        callback_id,
    )


def callback_columns(callback: RawCallback) -> tuple[Value, ...]:
    """Return the columns of a callback, from its route on."""
    body = callback.body
    deflated = len(body) > _WORTH_DEFLATING
    return (
        callback.route,
        callback.receive_time,
        callback.verdict,
        callback.explanation,
        callback.items,
        callback.quarantined,
        callback.method,
        callback.query,
        orjson.dumps(callback.headers).decode(),
        int(deflated),
        zlib.compress(body, _FASTEST) if deflated else body,
    )


def quarantined_columns(item: Quarantined) -> tuple[Value, ...]:
    """Return the columns of something in quarantine, from its route on."""
    return (
        item.route,
        item.callback,
        item.item,
        item.receipt_key,
        item.provider,
        item.word,
        item.code,
        item.fault,
        item.receive_time,
    )


def _spec_of(provider_name: str, content: dict[str, Any]) -> RouteSpec:
    return RouteSpec(
        provider_name,
        content["instance"],
        content["settings"],
        tuple(content["allowed_networks"]),
        content["public_url"],
        frozenset(map(IdForm, content["id_forms"])),
        content["reference_is_message_id"],
        tuple(Override(word, code, _meaning_of(meaning)) for word, code, meaning in content["overrides"]),
        tuple(
            Deadline(Channel(channel), after, DeliveryState(state))
            for channel, after, state in content["deadlines"]
        ),
        content["disabled"],
    )


def _meaning_of(content: list[Any]) -> Meaning:
    state, finality, reason, own_side, precedence = content
    return Meaning(DeliveryState(state), Finality(finality), FailureReason(reason), own_side, precedence)
