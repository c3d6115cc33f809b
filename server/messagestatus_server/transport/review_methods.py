"""ReceiptReviewService, the part about receipts that wait for people."""

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import receipt_review_service_pb2 as pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.page import Place
from messagestatus_server.domain.raw_callback import Verdict
from messagestatus_server.domain.refusals import FieldInvalid
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.service.gauges import Gauging, ProviderGauge, RouteGauge
from messagestatus_server.service.orphans import Orphans
from messagestatus_server.service.quarantine import Meant, Quarantine, ShownItem
from messagestatus_server.service.reporting import Reported
from messagestatus_server.transport.instants import timestamp
from messagestatus_server.transport.method import Answer, Method
from messagestatus_server.transport.parsing import asked_size, check_batch, enumerated, parsed
from messagestatus_server.transport.place_token import place_of, place_token
from messagestatus_server.transport.receipt_methods import record_proto

SERVICE = "messagestatus.v1.ReceiptReviewService"

_KEY_BYTES = 16


def methods(orphans: Orphans, quarantine: Quarantine, gauging: Gauging) -> list[Method]:
    """Return the methods of the service that are about receipts."""
    answers = _ReviewAnswers(orphans, quarantine, gauging)
    named: dict[str, Answer] = {
        "ListOrphans": answers.list_orphans,
        "AdoptOrphan": answers.adopt_orphan,
        "DropOrphans": answers.drop_orphans,
        "ListQuarantine": answers.list_quarantine,
        "AdoptQuarantined": answers.adopt_quarantined,
        "DropQuarantined": answers.drop_quarantined,
        "GetGauges": answers.get_gauges,
    }
    return [Method(SERVICE, name, Scope.ADMIN, answer) for name, answer in named.items()]


class _ReviewAnswers:
    def __init__(self, orphans: Orphans, quarantine: Quarantine, gauging: Gauging) -> None:
        self._orphans = orphans
        self._quarantine = quarantine
        self._gauging = gauging

    async def list_orphans(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ListOrphansRequest, body)
        tenant = request.tenant or caller.tenant_name
        asked = ("orphans", tenant, request.provider)
        place = place_of(asked, request.page_token, len(Place._fields))
        after = None if place is None else Place(*place)
        page = await self._orphans.page(
            caller, tenant, request.provider, after, asked_size(request.page_size)
        )
        return pb.ListOrphansResponse(
            records=map(record_proto, page.records), next_page_token=place_token(asked, page.following)
        ).SerializeToString()

    async def adopt_orphan(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.AdoptOrphanRequest, body)
        key = _receipt_key("receipt_key", identifier("receipt_key", request.receipt_key))
        name = Name(request.message_id, request.instance if request.HasField("instance") else None)
        reported = await self._orphans.adopt(caller, request.tenant, key, name)
        return pb.AdoptOrphanResponse(outcome=_outcome(reported)).SerializeToString()

    async def drop_orphans(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.DropOrphansRequest, body)
        check_batch("receipt_keys", request.receipt_keys)
        keys = [_receipt_key("receipt_keys", text) for text in request.receipt_keys]
        dropped = await self._orphans.drop(caller, request.tenant, keys)
        return pb.DropOrphansResponse(dropped=dropped).SerializeToString()

    async def list_quarantine(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ListQuarantineRequest, body)
        tenant = request.tenant or caller.tenant_name
        asked = ("quarantine", tenant)
        (after,) = place_of(asked, request.page_token, 1) or (0,)
        page = await self._quarantine.page(caller, tenant, after, asked_size(request.page_size))
        following = None if page.following is None else (page.following,)
        return pb.ListQuarantineResponse(
            items=map(_quarantined, page.items), next_page_token=place_token(asked, following)
        ).SerializeToString()

    async def adopt_quarantined(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.AdoptQuarantinedRequest, body)
        meant = Meant(
            enumerated("state", DeliveryState, request.state),
            enumerated("finality", Finality, request.finality),
            enumerated("reason", FailureReason, request.reason),
        )
        reported = await self._quarantine.adopt(caller, request.tenant, request.quarantine_id, meant)
        return pb.AdoptQuarantinedResponse(outcome=_outcome(reported)).SerializeToString()

    async def drop_quarantined(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.DropQuarantinedRequest, body)
        check_batch("quarantine_ids", request.quarantine_ids)
        dropped = await self._quarantine.drop(caller, request.tenant, request.quarantine_ids)
        return pb.DropQuarantinedResponse(dropped=dropped).SerializeToString()

    async def get_gauges(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.GetGaugesRequest, body)
        gauges = await self._gauging.gauges(caller, request.tenant)
        oldest = gauges.oldest_quarantined_time
        return pb.GetGaugesResponse(
            routes=map(_route_gauge, gauges.routes),
            providers=map(_provider_gauge, gauges.providers),
            quarantined=gauges.quarantined,
            oldest_quarantined_time=None if oldest is None else timestamp(oldest),
        ).SerializeToString()


def _receipt_key(field: str, text: str) -> bytes:
    """Return the key of a receipt.

    Raises:
        FieldInvalid: No receipt can have it.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise FieldInvalid(field, "must be the 32 hexadecimal digits of a receipt's key")
    return key


def _outcome(reported: Reported) -> reporting_pb.ReceiptOutcome:
    return reporting_pb.ReceiptOutcome(
        disposition=receipt_pb.ReceiptDisposition.ValueType(reported.disposition),
        receipt_key=reported.key.hex(),
        state=state_pb.DeliveryState.ValueType(reported.state),
        guard=receipt_pb.ReceiptGuard.ValueType(reported.guard),
    )


def _quarantined(shown: ShownItem) -> pb.QuarantinedItem:
    item = shown.item
    return pb.QuarantinedItem(
        quarantine_id=item.quarantine_id,
        route=shown.route,
        callback_id=item.callback or 0,
        item=item.item or 0,
        provider=item.provider,
        word=item.word,
        code=item.code,
        fault=item.fault,
        receipt_key="" if item.receipt_key is None else item.receipt_key.hex(),
        receive_time=timestamp(item.receive_time),
    )


def _route_gauge(gauge: RouteGauge) -> pb.RouteGauge:
    callbacks = gauge.callbacks
    return pb.RouteGauge(
        route=gauge.route,
        taken=callbacks.get(Verdict.TAKEN, 0),
        quarantined=callbacks.get(Verdict.QUARANTINED, 0),
        malformed=callbacks.get(Verdict.MALFORMED, 0),
        unverified=callbacks.get(Verdict.UNVERIFIED, 0),
        last_time=None if gauge.last_time is None else timestamp(gauge.last_time),
    )


def _provider_gauge(gauge: ProviderGauge) -> pb.WaitingGauge:
    oldest = gauge.oldest_orphan_time
    return pb.WaitingGauge(
        provider=gauge.provider,
        orphans=gauge.orphans,
        oldest_orphan_time=None if oldest is None else timestamp(oldest),
        awaited=gauge.awaited,
        stuck=gauge.stuck,
    )
