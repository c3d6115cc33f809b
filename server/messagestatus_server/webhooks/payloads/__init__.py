"""Payloads: the bodies that endpoints are sent, one module a format."""

from collections.abc import Sequence
from typing import Any

import orjson

from messagestatus_server.domain.webhook import Endpoint, Event, Format
from messagestatus_server.webhooks.payloads import namirial, ryze, standard


def payload(endpoint: Endpoint, events: Sequence[Event]) -> bytes | None:
    """Return the body that tells an endpoint of events; None where its format has no word for them.

    An endpoint that takes batches gets one always, be it of a single event: what it reads has one shape.

    Args:
        endpoint: Whom to tell.
        events: At least one event, in the order of the feed, and only one where there are no batches.
    """
    if endpoint.spec.format is Format.STANDARD and endpoint.spec.batch_size > 1:
        return orjson.dumps(standard.rendered_batch(events))
    (event,) = events
    body = _rendered(endpoint, event)
    return None if body is None else orjson.dumps(body)


def _rendered(endpoint: Endpoint, event: Event) -> dict[str, Any] | None:
    match endpoint.spec.format:
        case Format.STANDARD:
            return standard.rendered(event)
        case Format.NAMIRIAL:
            return namirial.rendered(event, endpoint.endpoint_id)
        case Format.RYZE:
            return ryze.rendered(event)
