"""Orphans and quarantine: shown, settled by people, and counted; each change is a row of the feed."""

import pytest

from messagestatus_server.domain.access import Instance
from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.raw_callback import Verdict
from messagestatus_server.domain.receipt import Disposition, Receipt
from messagestatus_server.domain.refusals import (
    FieldInvalid,
    FieldRequired,
    InstanceAmbiguous,
    InstanceNotFound,
    MessageNotFound,
    QuarantinedNotFound,
    ReceiptNotFound,
    TenantDenied,
)
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.service import orphans
from messagestatus_server.service.gauges import Gauges, ProviderGauge, RouteGauge
from messagestatus_server.service.quarantine import Meant
from tests.domain.samples import NOON
from tests.service.agreement import check_agreement, check_feed
from tests.service.review import Review
from tests.service.route import Line, event, settle
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
SENT = Receipt(provider=Provider("acme", "p1"), state=S.SENT, occur_time=NOON + 1)
DELIVERED = SENT._replace(state=S.DELIVERED, occur_time=NOON + 2)
NAMED = Receipt(message_id="typo", state=S.READ, occur_time=NOON + 3)


def test_orphans_are_listed_the_oldest_first_in_pages(inbox: Workbench, review: Review) -> None:
    for number in range(5):
        inbox.now = NOON - number // 2
        inbox.report(SENT._replace(provider=Provider("acme", f"p{number}")))
    inbox.register(Registration("m", provider=Provider("acme", "p9")))
    inbox.report(SENT._replace(provider=Provider("acme", "p9")))
    whole = review.parked()
    names = dict(inbox.select("SELECT receipt_key, parked_provider_id FROM receipt WHERE message IS NULL"))
    assert [names[key] for key in whole] == ["p4", "p2", "p3", "p0", "p1"]
    read, after = [], None
    while True:
        page = inbox.run(review.orphans.page(inbox.caller, "", "", after, 2))
        read.append([record.entry.key for record in page.records])
        after = page.following
        if after is None:
            break
    assert read == [whole[:2], whole[2:4], whole[4:]]


def test_orphans_of_one_provider_are_found_among_many_of_others(
    inbox: Workbench, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No call looks at more than so many: then a page is short, and yet there is a next one."""
    monkeypatch.setattr(orphans, "_AT_ONCE", 2)
    monkeypatch.setattr(orphans, "_LOOKED_AT", 4)
    for number in range(10):
        inbox.now = NOON + number
        name = "rare" if number in {0, 5, 9} else "acme"
        inbox.report(SENT._replace(provider=Provider(name, f"p{number}")))
    sizes, after = [], None
    while True:
        page = inbox.run(review.orphans.page(inbox.caller, "", "rare", after, 2))
        sizes.append([record.entry.receive_time - NOON for record in page.records])
        after = page.following
        if after is None:
            break
    assert sizes == [[0], [5], [9]]


def test_an_orphan_is_shown_with_its_repetitions_and_advice(inbox: Workbench, review: Review) -> None:
    failed = Receipt(message_id="typo", state=S.FAILED, reason=FailureReason.BLOCKED, occur_time=NOON)
    inbox.report(failed, failed)
    (record,) = inbox.run(review.orphans.page(inbox.caller, "", "", None, 9)).records
    assert record.disposition is Disposition.PARKED
    assert record.repetition == (1, NOON)
    assert record.advice


def test_an_adopted_orphan_brings_all_that_its_provider_calls_by_the_same_name(
    inbox: Workbench, review: Review
) -> None:
    inbox.register(Registration("m"))
    inbox.report(SENT, DELIVERED, SENT._replace(provider=Provider("acme", "p2")))
    reported = review.adopt(review.parked()[0], "m")
    assert (reported.disposition, reported.state) == (Disposition.FILLED, S.DELIVERED)
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 3)
    assert len(review.parked()) == 1
    inbox.report(SENT._replace(state=S.READ, occur_time=NOON + 9))
    assert inbox.message(M).standing.state is S.READ, "the name is learnt"
    check_agreement(inbox)
    check_feed(inbox)


def test_an_orphan_that_names_another_message_is_adopted_alone(inbox: Workbench, review: Review) -> None:
    inbox.register(Registration("m"))
    inbox.report(NAMED, NAMED._replace(state=S.PLAYED))
    read, _ = review.parked()
    assert review.adopt(read, "m").disposition is Disposition.APPLIED
    assert inbox.message(M).standing.state in {S.READ, S.PLAYED}
    assert len(review.parked()) == 1
    check_agreement(inbox)
    check_feed(inbox)


def test_a_receipt_is_adopted_once_and_only_while_it_is_parked(inbox: Workbench, review: Review) -> None:
    inbox.register(Registration("m"), Registration("n"))
    inbox.report(SENT)
    (key,) = review.parked()
    review.adopt(key, "m")
    before = inbox.rows()
    for again in (key, b"k" * 16):
        with pytest.raises(ReceiptNotFound):
            review.adopt(again, "n")
    assert inbox.rows() == before


def test_a_message_that_cannot_be_told_takes_no_orphan(inbox: Workbench, review: Review) -> None:
    tenant = inbox.caller.tenant

    async def instance() -> None:
        if not await inbox.store.has_instance(tenant, "red"):
            await inbox.store.write(lambda tx: tx.add_instance(tenant, Instance("red", NOON)))

    inbox.run(instance())
    inbox.register(Registration("m"), Registration("m", instance="red"))
    inbox.report(SENT)
    (key,) = review.parked()
    for message_id, name, refusal in (
        ("none", None, MessageNotFound),
        ("m", "blue", InstanceNotFound),
        ("m", None, InstanceAmbiguous),
        ("", None, FieldRequired),
    ):
        with pytest.raises(refusal):
            review.adopt(key, message_id, name)
    assert review.parked() == [key]
    review.adopt(key, "m", "red")
    assert inbox.message(Name("m", "red")).standing.state is S.SENT
    assert inbox.message(Name("m", "")).standing.state is S.QUEUED


def test_dropped_orphans_leave_nothing_behind(inbox: Workbench, review: Review) -> None:
    """Neither in quarantine, nor among the repetitions; and what belongs to a message is no orphan."""
    odd = Receipt(provider=Provider("acme", "p1", "ODD"), occur_time=NOON)
    inbox.report(odd, odd, SENT)
    inbox.register(Registration("m"))
    inbox.report(NAMED._replace(message_id="m"))
    (own,) = inbox.history(M).records
    keys = [*review.parked(), own.entry.key, b"k" * 16]
    assert inbox.run(review.orphans.drop(inbox.caller, "", [*keys, *keys])) == 2
    assert (review.parked(), review.waiting()) == ([], [])
    assert inbox.select("SELECT count(*) FROM repetition") == [(0,)]
    assert len(inbox.history(M).records) == 1


def test_a_receipt_in_quarantine_is_told_what_it_means(inbox: Workbench, review: Review) -> None:
    odd = Receipt(message_id="m", provider=Provider("acme", "", "ODD"), occur_time=NOON + 5)
    inbox.register(Registration("m"))
    inbox.report(odd)
    (waiting,) = review.waiting()
    meant = Meant(S.REJECTED, Finality.FINAL, FailureReason.NO_ROUTE)
    reported = inbox.run(review.quarantine.adopt(inbox.caller, "", waiting.item.quarantine_id, meant))
    assert (reported.disposition, reported.state) == (Disposition.APPLIED, S.REJECTED)
    standing = inbox.message(M).standing
    assert (standing.state, standing.reason, standing.change_time) == (
        S.REJECTED,
        FailureReason.NO_ROUTE,
        NOON + 5,
    )
    assert (inbox.message(M).revision, review.waiting()) == (2, [])
    with pytest.raises(QuarantinedNotFound):
        inbox.run(review.quarantine.adopt(inbox.caller, "", waiting.item.quarantine_id, meant))
    check_agreement(inbox)
    check_feed(inbox)


def test_a_parked_receipt_in_quarantine_waits_for_its_message_with_its_meaning(
    inbox: Workbench, review: Review
) -> None:
    inbox.report(Receipt(message_id="m", provider=Provider("acme", "", "ODD"), occur_time=NOON))
    (waiting,) = review.waiting()
    adopting = review.quarantine.adopt(inbox.caller, "", waiting.item.quarantine_id, Meant(S.SENT))
    assert inbox.run(adopting).disposition is Disposition.PARKED
    inbox.register(Registration("m"))
    assert inbox.message(M).standing.state is S.SENT


def test_an_item_without_a_receipt_can_only_be_released(inbox: Workbench, review: Review) -> None:
    Line(inbox).post(event(word=""))
    (waiting,) = review.waiting()
    number = waiting.item.quarantine_id
    with pytest.raises(FieldInvalid, match="quarantine_id"):
        inbox.run(review.quarantine.adopt(inbox.caller, "", number, Meant(S.SENT)))
    with pytest.raises(FieldRequired, match="state"):
        inbox.run(review.quarantine.adopt(inbox.caller, "", number, Meant(S.UNSPECIFIED)))
    assert inbox.run(review.quarantine.drop(inbox.caller, "", [number, number, 99_999])) == 1
    assert review.waiting() == []


def test_a_released_receipt_stays_in_the_history_without_a_meaning(inbox: Workbench, review: Review) -> None:
    inbox.register(Registration("m"))
    inbox.report(Receipt(message_id="m", provider=Provider("acme", "", "ODD"), occur_time=NOON))
    inbox.run(review.quarantine.drop(inbox.caller, "", [review.waiting()[0].item.quarantine_id]))
    (record,) = inbox.history(M).records
    assert (record.disposition, inbox.message(M).standing.state) == (Disposition.QUARANTINED, S.QUEUED)


def test_gauges_count_what_came_in_and_what_waits(inbox: Workbench, review: Review) -> None:
    line = Line(inbox)
    Line(inbox, "infobip", "idle")
    inbox.now = NOON + 1
    line.post(event())
    inbox.now = NOON + 2
    line.post(event("p2", "odd"))
    line.send(line.carrier.post(line.url, [event()]), headers={})
    line.kept()
    inbox.report(NAMED, SENT)
    inbox.register(Registration("m", provider=Provider("twilio", "p1")))
    callbacks = {Verdict.TAKEN: 1, Verdict.QUARANTINED: 1, Verdict.UNVERIFIED: 1}
    assert review.gauges() == Gauges(
        [RouteGauge("acme", callbacks, NOON + 2), RouteGauge("idle", {}, None)],
        [
            ProviderGauge("", 1, NOON + 2),
            ProviderGauge("acme", 1, NOON + 2),
            ProviderGauge("twilio", 1, NOON + 2),
        ],
        1,
        NOON + 2,
    )


def test_nothing_of_one_tenant_is_seen_or_settled_by_another(inbox: Workbench, review: Review) -> None:
    Line(inbox).post(event(word="odd"))
    (key,), (waiting,) = review.parked(), review.waiting()
    before = inbox.rows()
    strangers = settle(inbox, "strangers")
    inbox.register(Registration("m"))
    assert (review.parked(), review.waiting()) == ([], [])
    assert review.gauges() == Gauges([], [], 0, None)
    with pytest.raises(ReceiptNotFound):
        review.adopt(key, "m")
    number = waiting.item.quarantine_id
    with pytest.raises(QuarantinedNotFound):
        inbox.run(review.quarantine.adopt(strangers, "", number, Meant(S.SENT)))
    assert inbox.run(review.quarantine.drop(strangers, "", [number])) == 0
    assert inbox.run(review.orphans.drop(strangers, "", [key])) == 0
    with pytest.raises(TenantDenied):
        inbox.run(review.gauging.gauges(strangers, "inbox"))
    settle(inbox)
    assert inbox.rows().receipts == before.receipts
    assert review.waiting() == [waiting]
