"""Receipts and messages find each other, whichever comes first, in one call or in many."""

from collections.abc import Iterator

import pytest

from messagestatus_server.domain.access import Instance
from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.receipt import Disposition, Receipt
from messagestatus_server.domain.refusals import InstanceAmbiguous, InstanceNotFound, ReceiptAlreadyExists
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.reporting import Reported
from messagestatus_server.storage.store import Transaction
from tests.domain.samples import NOON
from tests.domain.strategies import ACME, TENANT
from tests.service.agreement import check_agreement, check_feed
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m", "")
P1 = Provider(ACME, "p1")
SENT = Receipt(message_id="m", state=S.SENT, occur_time=NOON + 1)
BY_PROVIDER = Receipt(provider=P1, state=S.DELIVERED, occur_time=NOON + 2)
TEACHES = Receipt(message_id="m", provider=P1, state=S.SENT, occur_time=NOON + 1)


@pytest.fixture
def lines(bench: Workbench) -> Iterator[Workbench]:
    """A tenant with two instances."""

    async def work(tx: Transaction) -> None:
        if await tx.find_tenant("lines") is None:
            tenant = await tx.add_tenant("lines", NOON, operator=False)
            for name in ("one", "two"):
                await tx.add_instance(tenant.tenant, Instance(name, NOON))

    bench.run(bench.store.write(work))
    tenant = bench.run(bench.store.find_tenant("lines"))
    assert tenant is not None
    caller = bench.caller
    bench.caller = caller._replace(tenant=tenant.tenant)
    yield bench
    bench.caller = caller


def disposition(outcome: object) -> Disposition:
    assert isinstance(outcome, Reported)
    return outcome.disposition


def test_a_receipt_waits_for_its_message(bench: Workbench) -> None:
    assert disposition(bench.report(SENT)[0]) is Disposition.PARKED
    assert [record.disposition for record in bench.history(M).records] == [Disposition.PARKED]
    bench.register(Registration("m"))
    message = bench.message(M)
    assert (message.standing.state, message.revision) == (S.SENT, 2)


def test_a_parked_receipt_that_comes_again_is_a_duplicate(bench: Workbench) -> None:
    bench.report(SENT)
    assert disposition(bench.report(SENT)[0]) is Disposition.DUPLICATE


@pytest.mark.parametrize(
    "registration", [Registration("m", provider=P1), Registration("m")], ids=["named", "taught"]
)
def test_a_receipt_by_the_provider_s_name_waits_until_that_is_known(
    bench: Workbench, registration: Registration
) -> None:
    bench.report(BY_PROVIDER)
    bench.register(registration)
    bench.report(TEACHES)
    message = bench.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 3)


@pytest.mark.parametrize("order", [(BY_PROVIDER, TEACHES), (TEACHES, BY_PROVIDER)])
@pytest.mark.parametrize("first", ["register", "report"])
def test_one_report_may_teach_the_name_that_its_neighbour_needs(
    bench: Workbench, order: tuple[Receipt, Receipt], first: str
) -> None:
    if first == "register":
        bench.register(Registration("m"))
    bench.report(*order)
    bench.register(Registration("m"))
    message = bench.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 3)


def test_a_completion_that_names_the_provider_claims_what_waits_under_its_name(bench: Workbench) -> None:
    bench.register(Registration("m"))
    bench.report(BY_PROVIDER)
    bench.register(Registration("m", provider=P1))
    message = bench.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 3)


@pytest.mark.parametrize("calls", ["one call", "two calls"])
def test_a_parked_receipt_is_folded_into_one_message_only(lines: Workbench, calls: str) -> None:
    """Two lines may know a message by one id; a receipt that names no line is the first one's."""
    lines.report(SENT)
    both = [Registration("m", instance="one"), Registration("m", instance="two")]
    for batch in [both] if calls == "one call" else [[each] for each in both]:
        lines.register(*batch)
    revisions = [lines.message(Name("m", instance)).revision for instance in ("one", "two")]
    assert revisions == [2, 1]
    check_agreement(lines)


@pytest.mark.parametrize("calls", ["one call", "two calls"])
def test_a_receipt_of_another_line_stays_parked(lines: Workbench, calls: str) -> None:
    """Also when the very report that brought it teaches the name it came under."""
    lines.register(Registration("m", instance="one"))
    reported = [BY_PROVIDER._replace(instance="two"), TEACHES._replace(instance="one")]
    for batch in [reported] if calls == "one call" else [[each] for each in reported]:
        lines.report(*batch)
    assert lines.message(Name("m", "one")).standing.state is S.SENT
    assert lines.select("SELECT count(*) FROM receipt WHERE message IS NULL") == [(1,)]


def test_a_receipt_that_fits_two_messages_is_refused(lines: Workbench) -> None:
    lines.register(Registration("m", instance="one"), Registration("m", instance="two"))
    (outcome,) = lines.report(SENT)
    assert isinstance(outcome, InstanceAmbiguous)
    assert lines.select("SELECT count(*) FROM receipt") == [(0,)]


def test_a_retry_is_a_duplicate_though_its_receipt_would_fit_two_messages_by_now(lines: Workbench) -> None:
    lines.register(Registration("m", instance="one"))
    lines.report(SENT)
    lines.register(Registration("m", instance="two"))
    assert disposition(lines.report(SENT)[0]) is Disposition.DUPLICATE
    assert lines.message(Name("m", "two")).revision == 1


def test_the_same_key_with_another_content_is_refused(bench: Workbench) -> None:
    bench.register(Registration("m"))
    event = SENT._replace(event_id="e1", provider=Provider(ACME))
    bench.report(event)
    before = bench.rows()
    (outcome,) = bench.report(event._replace(state=S.READ))
    assert isinstance(outcome, ReceiptAlreadyExists)
    assert bench.rows() == before


def test_one_receipt_twice_in_a_report_is_applied_once(bench: Workbench) -> None:
    bench.register(Registration("m"))
    outcomes = bench.report(SENT, SENT)
    assert [disposition(outcome) for outcome in outcomes] == [Disposition.APPLIED, Disposition.DUPLICATE]
    assert bench.message(M).revision == 2


def test_an_unknown_line_is_refused_and_its_neighbours_are_not(lines: Workbench) -> None:
    wrong, right = lines.register(Registration("m", instance="three"), Registration("m", instance="one"))
    assert isinstance(wrong, InstanceNotFound)
    assert not isinstance(right, InstanceNotFound)
    outcomes = lines.report(SENT._replace(instance="three"), SENT._replace(instance="one"))
    assert isinstance(outcomes[0], InstanceNotFound)
    assert disposition(outcomes[1]) is Disposition.APPLIED


def test_a_message_registered_twice_in_one_call_is_one_message(bench: Workbench) -> None:
    bench.report(SENT)
    bench.register(Registration("m"), Registration("m", segments=2), Registration("m"))
    message = bench.message(M)
    assert (message.segments, message.revision, message.standing.state) == (2, 3, S.SENT)
    check_feed(bench)


def test_a_deleted_message_leaves_nothing_that_its_successor_could_claim(bench: Workbench) -> None:
    bench.register(Registration("m", provider=P1))
    bench.report(TEACHES, BY_PROVIDER, Receipt(message_id="m", provider=Provider(ACME, "p2"), state=S.READ))
    assert bench.delete(M) is True
    assert [
        bench.select(f"SELECT count(*) FROM {table}")
        for table in ("message", "receipt", "provider_name", "recipient")
    ] == [[(0,)]] * 4
    bench.register(Registration("m"))
    assert bench.message(M).revision == 1
    assert disposition(bench.report(BY_PROVIDER)[0]) is Disposition.PARKED


def test_another_tenant_s_receipts_are_never_claimed(bench: Workbench) -> None:
    own = bench.caller
    bench.caller = own._replace(tenant=TENANT + 1)
    bench.report(SENT, BY_PROVIDER)
    bench.caller = own
    bench.register(Registration("m", provider=P1))
    assert bench.message(M).revision == 1
    assert disposition(bench.report(SENT)[0]) is Disposition.APPLIED
