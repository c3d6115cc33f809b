"""Callbacks find their message: by every way to write its name, by its recipient, before it and after it."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from messagestatus_server.domain.access import Instance
from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.refusals import InstanceNotFound
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import IdForm
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.clock import now
from messagestatus_server.service.routes import SecretPath
from messagestatus_server.storage.store import Transaction
from tests.service.agreement import check_agreement, check_feed
from tests.service.route import PHONE, Line, event, settle
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
MINUTE = 60_000_000

EVERY_FORM = frozenset(IdForm)
SPELLED = ["123", "7b", "7B", "0000007B", "0000007b", "0000000123", "00000123", "000000000000007B"]
"""One identifier, as different systems write it."""


def registration(
    provider_message_id: str, name: str = "jasmin", message_id: str = "m", **said: Any
) -> Registration:
    provider = Provider(name, provider_message_id)
    return Registration(message_id, provider=provider, **said)


def jasmin(bench: Workbench, **spec: Any) -> Line:
    """Return a route of a gateway that is known to write identifiers in its own way."""
    return Line(bench, "jasmin", path=SecretPath.NEW, **spec)


def report(line: Line, provider_message_id: str) -> Callable[[], object]:
    return lambda: line.post(event(provider_message_id, "DELIVRD"))


@pytest.mark.parametrize(("known", "told"), list(permutations(SPELLED, 2)))
@pytest.mark.parametrize("first", ["message", "receipt"])
def test_every_way_to_write_a_name_finds_the_message(
    inbox: Workbench, known: str, told: str, first: str
) -> None:
    line = jasmin(inbox, id_forms=EVERY_FORM)
    acts: list[Callable[[], object]] = [lambda: inbox.register(registration(known)), report(line, told)]
    for act in acts if first == "message" else acts[::-1]:
        act()
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 2)
    check_agreement(inbox)
    check_feed(inbox)


@pytest.mark.parametrize("told", SPELLED[1:])
def test_without_forms_a_name_is_what_is_written(inbox: Workbench, told: str) -> None:
    """Identifiers of most carriers are no numbers, and must not be taken for others."""
    line = jasmin(inbox)
    inbox.register(registration("123"))
    report(line, told)()
    assert inbox.message(M).revision == 1


def test_the_forms_of_one_provider_are_not_another_s(inbox: Workbench) -> None:
    jasmin(inbox, id_forms=EVERY_FORM)
    other = Line(inbox, "twilio", "other")
    inbox.register(registration("123", "twilio"))
    other.post(event("7b"))
    assert inbox.message(M).revision == 1


def test_a_name_as_it_is_written_goes_before_every_other_way_to_write_it(inbox: Workbench) -> None:
    """Of two messages, the one is called 10 and the other one a, which is 10 in hexadecimal."""
    line = jasmin(inbox, id_forms=EVERY_FORM)
    inbox.register(registration("10", message_id="decimal"), registration("a", message_id="hexadecimal"))
    report(line, "10")()
    assert inbox.message(Name("decimal")).revision == 2
    assert inbox.message(Name("hexadecimal")).revision == 1


def test_a_name_that_fits_two_messages_only_in_other_ways_is_kept_for_somebody_to_look_at(
    inbox: Workbench,
) -> None:
    line = jasmin(inbox, id_forms=EVERY_FORM)
    inbox.register(registration("10", message_id="decimal"), registration("a", message_id="hexadecimal"))
    assert line.post(event("0000000A", "DELIVRD")).status == 200
    assert inbox.select("SELECT count(*) FROM receipt WHERE message IS NOT NULL") == [(0,)]
    assert inbox.select("SELECT provider, item, fault <> '' FROM quarantine") == [("jasmin", 1, 1)]


def test_forms_that_are_decided_later_hold_for_what_comes_later(inbox: Workbench) -> None:
    line = jasmin(inbox)
    inbox.register(registration("123"))
    report(line, "7B")()
    assert inbox.message(M).revision == 1
    line.update(id_forms=EVERY_FORM)
    line.post(event("7B", "ACCEPTD"))
    assert inbox.message(M).revision == 2


def test_one_callback_may_name_a_message_in_several_ways(inbox: Workbench) -> None:
    """The first receipt is parked, the second teaches the name, and both are folded."""
    line = Line(inbox, "infobip", id_forms=EVERY_FORM, reference_is_message_id=True)
    inbox.register(Registration("m"))
    early = event("7B", "PENDING/PENDING_ENROUTE")
    taught = event("123", "DELIVERED/DELIVERED_TO_HANDSET", reference="m")
    assert line.post(early, taught).status == 200
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 3)


def test_a_reference_is_the_message_s_own_name_where_the_route_says_so(inbox: Workbench) -> None:
    """And it teaches the provider's, by which later ones come."""
    line = Line(inbox, "infobip", reference_is_message_id=True)
    inbox.register(Registration("m"))
    line.post(event("p7", "PENDING/PENDING_ENROUTE", reference="m"))
    assert inbox.message(M).standing.state is S.SENT
    line.post(event("p7", "DELIVERED/DELIVERED_TO_HANDSET"))
    assert inbox.message(M).standing.state is S.DELIVERED


def test_a_reference_is_only_noted_where_the_route_says_nothing_of_it(inbox: Workbench) -> None:
    line = Line(inbox, "infobip")
    inbox.register(Registration("m"))
    line.post(event("p7", "DELIVERED/DELIVERED_TO_HANDSET", reference="m"))
    assert inbox.message(M).revision == 1


def test_a_receipt_before_its_message_is_claimed_ten_minutes_later_after_a_restart(inbox: Workbench) -> None:
    """The sender learns the provider's name after the carrier has long told of the message."""
    line = Line(inbox)
    assert line.post(event("p1", "sent")).status == 200
    assert line.post(event("p1", "delivered", step=2)).status == 200
    inbox.now += 10 * MINUTE
    inbox.restart()
    inbox.register(registration("p1", "twilio"))
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 3)
    assert len(inbox.history(M).records) == 2
    assert inbox.select("SELECT count(*) FROM receipt WHERE message IS NULL") == [(0,)]
    check_agreement(inbox)
    check_feed(inbox)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("first", ["message", "receipts"])
def test_two_receipts_for_one_id_in_one_batch_are_both_folded(
    inbox: Workbench, order: tuple[int, int], first: str
) -> None:
    """Neither is lost, whichever stands first, and the stronger one decides."""
    line = Line(inbox, "infobip")
    both = [
        event("p1", "PENDING/PENDING_ENROUTE"),
        event("p1", "DELIVERED/DELIVERED_TO_HANDSET", occur_time=event().occur_time + 1_000_000, step=2),
    ]
    acts: list[Callable[[], object]] = [
        lambda: inbox.register(registration("p1", "infobip")),
        lambda: line.post(*[both[place] for place in order]),
    ]
    for act in acts if first == "message" else acts[::-1]:
        act()
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 3)
    assert len(inbox.history(M).records) == 2
    check_agreement(inbox)
    check_feed(inbox)


OTHER_PHONE = "+436607654321"


@pytest.mark.parametrize("first", ["messages", "receipts"])
def test_two_messages_of_one_provider_s_name_are_told_apart_by_their_recipients(
    inbox: Workbench, first: str
) -> None:
    """Sinch calls a whole batch by one identifier, and each report tells the number."""
    inbox.now = now()  # Sinch signs the time
    line = Line(inbox, "sinch_sms")
    one = registration("b1", "sinch_sms", "one", phone=PHONE)
    two = registration("b1", "sinch_sms", "two", phone=OTHER_PHONE)
    acts: list[Callable[[], object]] = [
        lambda: inbox.register(one, two),
        lambda: line.post(event("b1", "Delivered")),
        lambda: line.post(event("b1", "Failed", code="404", phone=OTHER_PHONE)),
    ]
    for act in acts if first == "messages" else acts[::-1]:
        act()
    standings = {name: inbox.message(Name(name)).standing.state for name in ("one", "two")}
    assert standings == {"one": S.DELIVERED, "two": S.UNDELIVERED}
    check_agreement(inbox)
    check_feed(inbox)


def test_a_receipt_of_a_recipient_that_no_message_has_waits_for_one(inbox: Workbench) -> None:
    inbox.now = now()  # Sinch signs the time
    line = Line(inbox, "sinch_sms")
    inbox.register(registration("b1", "sinch_sms", "one", phone=PHONE))
    line.post(event("b1", "Delivered", phone=OTHER_PHONE))
    assert inbox.message(Name("one")).revision == 1
    inbox.register(registration("b1", "sinch_sms", "two", phone=OTHER_PHONE))
    assert inbox.message(Name("two")).standing.state is S.DELIVERED


def test_routes_of_one_provider_tell_of_the_messages_of_their_own_line(inbox: Workbench) -> None:
    """Two accounts may use one identifier for different messages."""
    settle(inbox, "two-lines")

    async def work(tx: Transaction) -> None:
        for name in ("red", "blue"):
            if not await tx.has_instance(inbox.caller.tenant, name):
                await tx.add_instance(inbox.caller.tenant, Instance(name, inbox.now))

    with pytest.raises(InstanceNotFound):
        Line(inbox, name="none", instance="none")
    inbox.run(inbox.store.write(work))
    red, blue = Line(inbox, name="red", instance="red"), Line(inbox, name="blue", instance="blue")
    for instance in ("red", "blue"):
        inbox.register(registration("p1", "twilio", instance=instance))
    red.post(event("p1", "delivered", step=1))
    blue.post(event("p1", "undelivered", step=2))
    assert inbox.message(Name("m", "red")).standing.state is S.DELIVERED
    assert inbox.message(Name("m", "blue")).standing.state is S.UNDELIVERED


def test_messages_may_call_a_provider_otherwise(inbox: Workbench) -> None:
    line = Line(inbox, provider_name="twilio-vienna")
    inbox.register(registration("p1", "twilio-vienna"), registration("p1", "twilio", "other"))
    line.post(event("p1"))
    assert inbox.message(M).standing.state is S.DELIVERED
    assert inbox.message(Name("other")).revision == 1


def test_a_callback_moves_nothing_of_another_tenant(inbox: Workbench) -> None:
    line = Line(inbox, id_forms=EVERY_FORM)
    settle(inbox, "neighbour")
    inbox.register(registration("p1", "twilio"))
    line.post(event("p1"))
    assert inbox.message(M).revision == 1
