"""Makes the exchanges of a plan: random messages from a long list, never one hot key."""

from collections.abc import Callable, Iterator
from itertools import chain, cycle, islice
from random import Random

from bench.load.calling_back import callbacks
from bench.load.exchange import Exchange
from bench.load.plan import Ask, Plan
from bench.rows import KEY, PAGE, PROVIDER, SECOND, SERVICE, Rows
from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.delivery_receipt_service_pb2 import ReportReceiptsRequest
from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_service_pb2 import (
    BatchStatusRequest,
    GetStatusRequest,
    ListByPhoneRequest,
)

LONGEST_LIST = 50_000
"""How many different exchanges are asked in turn at most."""

STEPS = (
    (DeliveryState.DELIVERY_STATE_READ, "READ"),
    (DeliveryState.DELIVERY_STATE_PLAYED, "PLAYED"),
)
"""The receipts that a delivered video message can still take: each moves it."""

_APPLIED = b"\n&\x08\x01\x12 "
"""How the outcome of a receipt begins that moved its message and was given a key of 32 digits."""

_HTTP = "GET /api/messagestatus/{} HTTP/1.1\r\nHost: bench\r\nX-Api-Key: {}\r\n\r\n"


def exchanges(plan: Plan) -> Iterator[Exchange]:
    """Return the exchanges of a plan, without an end unless they are receipts: those are used up."""
    rows = Rows(plan.rows)
    if plan.ask is Ask.REPORT:
        return _prepared(_reports(rows, plan), plan)
    if plan.ask is Ask.CALLBACK:
        last = receipts_in(rows.count)
        places = (_place(rows, number) for number in range(plan.first, last))
        return _prepared(callbacks(rows, plan.first, last, plan.size, places), plan)
    make = _MAKERS[plan.ask]
    chance = Random(plan.seed)
    wanted = max(200, min(LONGEST_LIST, plan.rows) // plan.size)
    return cycle([make(rows, chance, plan.size) for _ in range(wanted)])


def receipts_in(rows: int) -> int:
    """Return how many receipts can be reported, each of which moves a message."""
    return rows * len(STEPS)


def _get(rows: Rows, chance: Random, _: int) -> Exchange:
    message_id = rows.message_id(chance.randrange(rows.count))
    return Exchange(GetStatusRequest(message_id=message_id).SerializeToString(), (message_id.encode(),))


def _echo(rows: Rows, chance: Random, size: int) -> Exchange:
    # Its answer is a stored status, too, but always the same one.
    return _get(rows, chance, size)._replace(needles=(), mark=SERVICE.encode(), times=1)


def _batch(rows: Rows, chance: Random, size: int) -> Exchange:
    ids = [rows.message_id(chance.randrange(rows.count)) for _ in range(size)]
    needles = tuple(ids[place].encode() for place in (0, size // 2, -1))
    request = BatchStatusRequest(message_ids=ids).SerializeToString()
    return Exchange(request, needles, SERVICE.encode(), size)


def _list(rows: Rows, chance: Random, _: int) -> Exchange:
    phone = rows.busy_phone(chance.randrange(rows.busy_phones))
    request = ListByPhoneRequest(phone=phone, page_size=PAGE).SerializeToString()
    return Exchange(request, (phone.encode(),), SERVICE.encode(), PAGE)


def _http_get(rows: Rows, chance: Random, _: int) -> Exchange:
    message_id = rows.message_id(chance.randrange(rows.count))
    return Exchange(_HTTP.format(message_id, KEY).encode(), (message_id.encode(),))


_MAKERS: dict[Ask, Callable[[Rows, Random, int], Exchange]] = {
    Ask.ECHO: _echo,
    Ask.GET: _get,
    Ask.BATCH: _batch,
    Ask.LIST: _list,
    Ask.HTTP_GET: _http_get,
}


def _reports(rows: Rows, plan: Plan) -> Iterator[Exchange]:
    for first in range(plan.first, receipts_in(rows.count) - plan.size + 1, plan.size):
        request = ReportReceiptsRequest(receipts=(_receipt(rows, first + n) for n in range(plan.size)))
        yield Exchange(request.SerializeToString(), (), _APPLIED, plan.size)


def _receipt(rows: Rows, number: int) -> DeliveryReceipt:
    state, status = STEPS[number // rows.count]
    row = rows[_place(rows, number)]
    receipt = DeliveryReceipt(message_id=row.message_id, state=state)
    receipt.provider.name = PROVIDER
    receipt.provider.status = status
    receipt.occur_time.seconds = row.deliver_time // SECOND + 60 * (number // rows.count + 1)
    return receipt


def _place(rows: Rows, number: int) -> int:
    """Return the row of a receipt: in turn they would share pages, as messages never do in life."""
    return number * _stride(rows.count) % rows.count


def _stride(rows: int) -> int:
    """Return a step that visits every row once: a prime that does not divide their number."""
    return next(prime for prime in (7_919, 7_907) if rows % prime)


def _prepared(made: Iterator[Exchange], plan: Plan) -> Iterator[Exchange]:
    """Make most of what will be needed before the clock runs."""
    expected = plan.rate or 20_000 / plan.size
    ready = islice(made, int(expected * (plan.warm + plan.seconds)))
    return chain(list(ready), made)
