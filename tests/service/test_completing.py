"""What a later registration adds, and what it may not say otherwise."""

import pytest

from messagestatus_server.domain.message import Channel, Direction, Message, Name, Provider, Reference, RollUp
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.refusals import FieldInvalid, MessageAlreadyExists
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.registering import Registered, RegistrationResult
from tests.domain.samples import NOON
from tests.service.agreement import check_agreement
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
ANNS = Registration("m", recipients=("ann",))


def result(outcome: object) -> RegistrationResult:
    assert isinstance(outcome, Registered), outcome
    return outcome.result


def completed(bench: Workbench, first: Registration, then: Registration) -> Message:
    bench.register(first)
    assert result(bench.register(then)[0]) is RegistrationResult.COMPLETED
    check_agreement(bench)
    return bench.message(M)


def test_the_same_registration_again_changes_nothing(bench: Workbench) -> None:
    full = Registration("m", phone="+4366012345678", recipients=("ann",), state=S.SENT, author="bob")
    assert result(bench.register(full)[0]) is RegistrationResult.CREATED
    before = bench.rows(), bench.changes()
    bench.now += 5
    assert result(bench.register(full)[0]) is RegistrationResult.UNCHANGED
    assert (bench.rows(), bench.changes()) == before


def test_a_message_completed_in_two_steps_is_the_message_registered_in_one(bench: Workbench) -> None:
    receipts = [
        Receipt(message_id="m", state=S.READ, occur_time=NOON + 2, recipient="ann"),
        Receipt(message_id="m", state=S.SENT, occur_time=NOON + 1),
    ]
    whole = Registration("m", channel=Channel.SMS, recipients=("ann", "bob"), roll_up=RollUp.ANY)
    bench.register(Registration("m"))
    bench.report(*receipts)
    bench.register(whole)
    in_steps = bench.message(M)
    bench.clear()
    bench.report(*receipts)
    bench.register(whole)
    assert in_steps == bench.message(M)._replace(revision=in_steps.revision)


def test_recipients_may_follow_a_group_that_said_how_it_rolls_up(bench: Workbench) -> None:
    """They say nothing of the roll-up, so that they say nothing against it."""
    message = completed(
        bench, Registration("m", roll_up=RollUp.ANY), Registration("m", recipients=("ann", "bob"))
    )
    assert (message.roll_up, message.named) == (RollUp.ANY, ("ann", "bob"))


def test_recipients_make_a_group_that_rolls_up_all(bench: Workbench) -> None:
    assert completed(bench, Registration("m"), Registration("m", recipients=("ann",))).roll_up is RollUp.ALL


def test_a_completion_need_not_repeat_what_makes_its_state_possible(bench: Workbench) -> None:
    """RECEIVED is for inbound messages, and this one is known to be inbound."""
    inbound = Registration("m", direction=Direction.INBOUND, channel=Channel.WHATSAPP)
    assert completed(bench, inbound, Registration("m", state=S.RECEIVED)).standing.state is S.RECEIVED


def test_a_completion_that_makes_the_state_impossible_is_refused(bench: Workbench) -> None:
    bench.register(Registration("m", state=S.READ))
    (outcome,) = bench.register(Registration("m", channel=Channel.SMS))
    assert isinstance(outcome, FieldInvalid)
    assert outcome.field == "state"
    assert bench.message(M).channel is Channel.UNSPECIFIED


def test_a_completion_that_makes_a_receipt_impossible_takes_it_back(bench: Workbench) -> None:
    bench.register(Registration("m"))
    bench.report(Receipt(message_id="m", state=S.READ, occur_time=NOON + 1))
    bench.register(Registration("m", channel=Channel.SMS))
    message = bench.message(M)
    assert (message.standing.state, message.revision) == (S.QUEUED, 3)


@pytest.mark.parametrize(
    ("field", "known", "said"),
    [
        ("phone", Registration("m", phone="+4366012345678"), Registration("m", phone="+4366012345679")),
        ("channel", Registration("m", channel=Channel.SMS), Registration("m", channel=Channel.RCS)),
        ("state", Registration("m", state=S.SENT), Registration("m", state=S.REJECTED)),
        ("direction", Registration("m"), Registration("m", direction=Direction.INBOUND)),
        ("accept_time", Registration("m", accept_time=NOON), Registration("m", accept_time=NOON + 1)),
        ("message_time", Registration("m", message_time=NOON + 5), Registration("m", message_time=0)),
        ("message_time", Registration("m", message_time=NOON + 5), Registration("m", message_time=NOON + 6)),
        ("segments", Registration("m", segments=1), Registration("m", segments=2)),
        ("author_user_id", Registration("m", author="ann"), Registration("m", author="bob")),
        (
            "recipient_user_ids",
            Registration("m", recipients=("ann",)),
            Registration("m", recipients=("bob",)),
        ),
        ("roll_up", ANNS, ANNS._replace(roll_up=RollUp.ANY)),
        (
            "provider.message_id",
            Registration("m", provider=Provider("acme", "p1")),
            Registration("m", provider=Provider("acme", "p2")),
        ),
        (
            "reference.key",
            Registration("m", reference=Reference(key="one")),
            Registration("m", reference=Reference(key="two")),
        ),
        ("conversation_id", Registration("m", conversation_id="c"), Registration("m", conversation_id="d")),
    ],
)
def test_what_is_known_is_not_said_otherwise(
    bench: Workbench, field: str, known: Registration, said: Registration
) -> None:
    bench.register(known)
    before = bench.rows()
    (outcome,) = bench.register(said)
    assert isinstance(outcome, MessageAlreadyExists), outcome
    assert outcome.field == field
    assert bench.rows() == before
