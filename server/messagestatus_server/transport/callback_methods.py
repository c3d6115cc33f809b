"""CallbackService: callbacks as the gateway brings them, and the journal of what came."""

from functools import partial

from messagestatus.v1 import callback_pb2 as callback_pb
from messagestatus.v1 import callback_service_pb2 as pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.raw_callback import Verdict
from messagestatus_server.domain.refusals import FieldRequired
from messagestatus_server.service.callback_journal import CallbackJournal, CallbackQuery, ShownCallback
from messagestatus_server.service.callbacks import Callbacks, Incoming
from messagestatus_server.service.replaying import Progress, Replay, Replaying
from messagestatus_server.transport.instants import micros, timestamp
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import asked_size, enumerated, parsed
from messagestatus_server.transport.place_token import place_of, place_token

SERVICE = "messagestatus.v1.CallbackService"


def methods(callbacks: Callbacks, journal: CallbackJournal, replaying: Replaying) -> list[Method]:
    """Return the methods of the service."""
    return [
        # Whoever signs for the route may call; the service finds out.
        Method(SERVICE, "ReceiveCallback", None, partial(_receive, callbacks)),
        Method(SERVICE, "ListCallbacks", Scope.ADMIN, partial(_list, journal)),
        Method(SERVICE, "ReplayCallbacks", Scope.ADMIN, partial(_replay, replaying)),
    ]


async def _receive(callbacks: Callbacks, _caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ReceiveCallbackRequest, body)
    headers: dict[str, str] = {}
    for header in request.headers:
        headers.setdefault(header.name.lower(), header.value)
    answer = await callbacks.receive(
        Incoming(
            request.route,
            request.path_secret,
            request.method.upper(),
            request.url,
            headers,
            request.body,
            request.client_address,
        )
    )
    return pb.ReceiveCallbackResponse(
        status=answer.status, body=answer.body, content_type=answer.content_type
    ).SerializeToString()


async def _list(journal: CallbackJournal, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ListCallbacksRequest, body)
    verdicts = frozenset(enumerated("verdicts", Verdict, number) for number in request.verdicts)
    query = CallbackQuery(request.tenant or caller.tenant_name, request.route, verdicts)
    asked = ("callbacks", *query[:2], sorted(verdicts))
    place = place_of(asked, request.page_token, 1)
    page = await journal.page(
        caller, query, None if place is None else place[0], asked_size(request.page_size)
    )
    following = None if page.following is None else (page.following,)
    return pb.ListCallbacksResponse(
        callbacks=map(_record, page.callbacks), next_page_token=place_token(asked, following)
    ).SerializeToString()


async def _replay(replaying: Replaying, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ReplayCallbacksRequest, body)
    if not request.HasField("since_time"):
        raise FieldRequired("since_time")
    tenant = request.tenant or caller.tenant_name
    replay = Replay(request.route, micros("since_time", request.since_time))
    asked = ("replay", tenant, *replay)
    place = place_of(asked, request.page_token, len(Progress._fields))
    begin = None if place is None else Progress(bool(place[0]), *place[1:])
    replayed = await replaying.replay(caller, tenant, replay, begin)
    return pb.ReplayCallbacksResponse(
        callbacks=replayed.callbacks,
        receipts=replayed.receipts,
        added=replayed.added,
        mended=replayed.mended,
        moved=replayed.moved,
        quarantined=replayed.quarantined,
        next_page_token=place_token(asked, replayed.following),
    ).SerializeToString()


def _record(shown: ShownCallback) -> callback_pb.CallbackRecord:
    raw = shown.raw
    return callback_pb.CallbackRecord(
        callback_id=raw.callback_id,
        route=shown.route,
        receive_time=timestamp(raw.receive_time),
        verdict=callback_pb.CallbackVerdict.ValueType(raw.verdict),
        explanation=raw.explanation,
        items=raw.items,
        quarantined_items=raw.quarantined,
        method=raw.method,
        query=raw.query,
        headers=[callback_pb.Header(name=name, value=value) for name, value in raw.headers],
        body=raw.body,
    )
