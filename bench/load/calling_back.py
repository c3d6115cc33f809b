"""Makes callbacks as a carrier sends them: statuses of WhatsApp, signed, many a call."""

from collections.abc import Iterator

import grpc

from bench.load.exchange import Exchange
from bench.rows import KEY, PROVIDER, SECOND, Rows
from messagestatus.v1.route_pb2 import RouteSpec
from messagestatus.v1.route_service_pb2 import CreateRouteRequest
from messagestatus.v1.route_service_pb2_grpc import RouteServiceStub
from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event
from messagestatus_server.cli.simulate.carriers.meta_whatsapp import SimulatedMetaWhatsApp

ROUTE = "bench"
"""The route that callbacks come in by."""

WORDS = ("read", "played")
"""What carriers can still tell of a delivered video message: each moves it."""


def open_route(address: str) -> None:
    """Create the route on a server."""
    carrier = _carrier()
    request = CreateRouteRequest(
        route=ROUTE,
        provider=carrier.provider,
        spec=RouteSpec(provider_name=PROVIDER),
        secrets=carrier.config,
    )
    with grpc.insecure_channel(address) as channel:
        RouteServiceStub(channel).CreateRoute(request, metadata=(("x-api-key", KEY),), timeout=10)


def callbacks(rows: Rows, first: int, last: int, size: int, places: Iterator[int]) -> Iterator[Exchange]:
    """Return the callbacks that bring receipts by their numbers, so many each.

    Args:
        rows: The messages.
        first: The number of the first receipt.
        last: The number after the last one.
        size: How many receipts a callback brings.
        places: The row of each receipt, by its number.
    """
    carrier = _carrier()
    for start in range(first, last - size + 1, size):
        events = [_event(rows, start + n, next(places)) for n in range(size)]
        posting = carrier.post(f"http://bench/receipts/{ROUTE}", events)
        fields = "".join(f"{name}: {value}\r\n" for name, value in posting.headers.items())
        head = (
            f"POST /receipts/{ROUTE} HTTP/1.1\r\nHost: bench\r\n{fields}Content-Length: {len(posting.body)}"
        )
        yield Exchange(f"{head}\r\n\r\n".encode() + posting.body, ())


def _event(rows: Rows, number: int, place: int) -> Event:
    step = number // rows.count
    row = rows[place]
    occur_time = row.deliver_time + 60 * (step + 1) * SECOND
    return Event(row.provider_message_id, row.phone, WORDS[step], occur_time=occur_time, step=step + 1)


def _carrier() -> Carrier:
    carrier = SimulatedMetaWhatsApp()
    carrier.believe({"app_secret": KEY})
    return carrier
