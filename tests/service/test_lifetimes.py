"""Many messages over time, against a model that is a dictionary: whatever happens, in whatever order."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.message import Channel, Message, Name, Provider, RollUp
from messagestatus_server.domain.page import PhoneQuery
from messagestatus_server.domain.receipt import Disposition, Entry, Receipt, receipt_key
from messagestatus_server.domain.refusals import MessageNotFound, Refusal
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.registering import Registered, RegistrationResult
from messagestatus_server.service.reporting import Reported
from tests.domain.effort import effort, trying
from tests.domain.samples import NOON
from tests.domain.strategies import ACME, TENANT, TIMES
from tests.service.agreement import check_agreement, check_feed
from tests.service.workbench import CODEC, Workbench

PHONE = "+4366012345678"
IDS = st.sampled_from(["a", "b", "c", "d"])
STATES = st.sampled_from([state for state in DeliveryState if state])

_place: list[Path] = []


class Lifetimes(RuleBasedStateMachine):
    """The service beside its model: what was said of each message, folded afresh for every answer."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Workbench(_place[0] / f"{len(list(_place[0].iterdir()))}.db")
        self.known: dict[str, Message] = {}
        self.told: dict[str, int] = {}
        self.entries: dict[bytes, Entry] = {}
        self.owner: dict[bytes, str] = {}

    def teardown(self) -> None:
        check_agreement(self.bench)
        check_feed(self.bench)
        self.bench.__exit__()

    @rule(name=IDS, group=st.booleans(), rule=st.sampled_from([RollUp.ALL, RollUp.ANY]))
    def register(self, name: str, group: bool, rule: RollUp) -> None:
        registration = Registration(
            name,
            channel=Channel.WHATSAPP,
            phone=PHONE,
            provider=Provider(ACME, f"p-{name}"),
            recipients=("ann", "bob") if group else (),
            roll_up=rule if group else RollUp.SINGLE,
        )
        (outcome,) = self.bench.register(registration)
        if name not in self.known:
            assert isinstance(outcome, Registered)
            assert outcome.result is RegistrationResult.CREATED
            self.known[name] = announce(registration, self.bench.now)
            self.told[name] = 1
            self._adopt(name)
        elif isinstance(outcome, Registered):
            said = self.known[name]
            grew = group and said.roll_up is RollUp.SINGLE
            assert outcome.result is (RegistrationResult.COMPLETED if grew else RegistrationResult.UNCHANGED)
            if grew:
                self.known[name] = said._replace(roll_up=rule, named=("ann", "bob"))
                self.told[name] += 1
        else:
            assert group
            assert self.known[name].roll_up is not rule

    @rule(name=IDS, segments=st.integers(1, 3))
    def complete(self, name: str, segments: int) -> None:
        if name not in self.known:
            return
        (outcome,) = self.bench.register(Registration(name, segments=segments))
        said = self.known[name].segments
        assert isinstance(outcome, Refusal) == (said not in {0, segments})
        if not said:
            self.known[name] = self.known[name]._replace(segments=segments)
            self.told[name] += 1

    @rule(
        name=IDS,
        state=STATES,
        time=st.sampled_from(TIMES),
        recipient=st.sampled_from(["", "ann", "eve"]),
        by_provider=st.booleans(),
    )
    def report(self, name: str, state: DeliveryState, time: int, recipient: str, by_provider: bool) -> None:
        receipt = Receipt(
            message_id="" if by_provider else name,
            provider=Provider(ACME, f"p-{name}") if by_provider else Provider(),
            state=state,
            occur_time=time,
            recipient=recipient,
        )
        self._report(name, receipt)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def report_again(self, data: st.DataObject) -> None:
        """Also what a deleted message has had: it is new then."""
        entry = data.draw(st.sampled_from(sorted(self.entries.values(), key=lambda entry: entry.key)))
        self._report(self.owner[entry.key].lstrip("?"), entry.receipt)

    @rule(name=IDS, time=st.sampled_from(TIMES))
    def suppress(self, name: str, time: int) -> None:
        changed = self.bench.suppress(Name(name), time)
        if name not in self.known:
            assert isinstance(changed, MessageNotFound)
            return
        before = self.known[name].suppress_time
        assert changed is (before is None or time < before)
        if changed:
            self.known[name] = self.known[name]._replace(suppress_time=time)
            self.told[name] += 1

    @rule(name=IDS)
    def delete(self, name: str) -> None:
        assert self.bench.delete(Name(name)) is (name in self.known)
        if self.known.pop(name, None):
            for key in [key for key, owner in self.owner.items() if owner == name]:
                del self.owner[key], self.entries[key]

    @rule()
    def restart(self) -> None:
        self.bench.restart()

    @rule(seconds=st.integers(1, 2))
    def wait(self, seconds: int) -> None:
        self.bench.now += seconds * 1_000_000

    @rule(name=IDS)
    def get(self, name: str) -> None:
        if name in self.known:
            assert self.bench.get(Name(name)) == self._resource(name)
            return
        with pytest.raises(MessageNotFound):
            self.bench.get(Name(name))

    @rule(size=st.integers(1, 3))
    def list_by_phone(self, size: int) -> None:
        found: list[bytes] = []
        query, after, more = PhoneQuery(PHONE), None, True
        while more:
            page, after = self.bench.run(self.bench.lookup.page(self.bench.caller, query, after, size))
            assert len(page) == size or after is None
            found += page
            more = after is not None
        newest_first = sorted(self.known, key=lambda name: (self.known[name].accept_time, name), reverse=True)
        assert found == [self._resource(name) for name in newest_first]

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        ((messages, receipts, parked),) = self.bench.select(
            "SELECT (SELECT count(*) FROM message), count(*), sum(message IS NULL) FROM receipt"
        )
        assert (messages, receipts) == (len(self.known), len(self.entries))
        assert (parked or 0) == sum(owner.startswith("?") for owner in self.owner.values())

    def _report(self, name: str, receipt: Receipt) -> None:
        (outcome,) = self.bench.report(receipt)
        assert isinstance(outcome, Reported)
        admitted = admitted_receipt(receipt)
        key = receipt_key(TENANT, admitted)
        assert outcome.key == key
        assert (outcome.disposition is Disposition.DUPLICATE) == (key in self.entries)
        if key in self.entries:
            return
        assert (outcome.disposition is Disposition.PARKED) == (name not in self.known)
        self.entries[key] = Entry(key, admitted, receipt.occur_time or NOON, self.bench.now)
        self.owner[key] = name if name in self.known else f"?{name}"

    def _adopt(self, name: str) -> None:
        for key, owner in self.owner.items():
            if owner == f"?{name}":
                self.owner[key] = name

    def _resource(self, name: str) -> bytes:
        own = [self.entries[key] for key, owner in self.owner.items() if owner == name]
        return CODEC.encode_message(refold(self.known[name], own, revision=self.told[name]))


@pytest.fixture
def _stores() -> Iterator[None]:
    """Give each run a store of its own."""
    with TemporaryDirectory() as directory:
        _place.append(Path(directory))
        yield
        _place.clear()


@pytest.mark.usefixtures("_stores")
@effort
def test_the_service_and_its_model_agree_at_every_step(effort: int) -> None:
    run_state_machine_as_test(Lifetimes, settings=trying(50 * effort, steps=40))
