"""Policies: what routes decide about the messages of a tenant, as it is known to those who take receipts."""

import pytest

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.route import Deadline, IdForm, Route, RouteSpec
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.policies import NONE, TRUSTED_FOR, Policies, policy_of
from messagestatus_server.storage.store import ProviderName
from tests.domain.samples import NOON
from tests.service.workbench import Workbench

SMS, ANY = Channel.SMS, Channel.UNSPECIFIED


def route(name: str = "acme", **spec: object) -> Route:
    return Route(0, 7, name, "kannel", RouteSpec("acme", **spec), b"", None, NOON)  # type: ignore[arg-type]


def test_routes_that_decide_nothing_leave_no_policy() -> None:
    assert policy_of([route(), route("other")]) is NONE
    assert NONE.spellings(ProviderName("acme", "7B")) == [("acme", "7B")]
    assert NONE.deadline("acme", SMS) is None


def test_two_routes_of_one_provider_decide_together() -> None:
    hours, days = Deadline(SMS, 3_600_000_000), Deadline(ANY, 86_400_000_000, DeliveryState.EXPIRED)
    policy = policy_of(
        [
            route(id_forms=frozenset({IdForm.HEX}), deadlines=(days,)),
            route("other", id_forms=frozenset({IdForm.CASE}), deadlines=(hours,)),
        ]
    )
    assert policy.forms == {"acme": {IdForm.HEX, IdForm.CASE}}
    assert policy.deadline("acme", SMS) == hours
    assert policy.deadline("acme", Channel.WHATSAPP) == days
    assert policy.deadline("other", SMS) is None
    assert ProviderName("acme", "123") in policy.spellings(ProviderName("acme", "7B"))
    assert policy.spellings(ProviderName("other", "7B")) == [("other", "7B")]


@pytest.fixture
def policies(bench: Workbench) -> Policies:
    decided = route(id_forms=frozenset({IdForm.HEX}))
    bench.run(bench.store.write(lambda tx: tx.add_route(decided)))
    return Policies(bench.store, lambda: bench.now)


def test_what_another_server_decides_is_known_after_a_second(bench: Workbench, policies: Policies) -> None:
    assert bench.run(policies.refresh(7)).forms
    bench.clear()
    bench.now += TRUSTED_FOR - 1
    assert bench.run(policies.refresh(7)).forms
    bench.now += 1
    assert bench.run(policies.refresh(7)) is NONE


def test_what_this_server_decides_is_looked_up_at_once(bench: Workbench, policies: Policies) -> None:
    bench.run(policies.refresh(7))
    bench.clear()
    policies.forget(7)
    assert bench.run(policies.refresh(7)) is NONE


def test_a_receipt_that_is_under_way_while_a_route_changes_is_not_without_a_policy(
    bench: Workbench, policies: Policies
) -> None:
    """It would be parked under a name that no message is ever looked up by."""
    bench.run(policies.refresh(7))
    policies.forget(7)
    assert policies.known(7).forms
    assert policies.known(8) is NONE
