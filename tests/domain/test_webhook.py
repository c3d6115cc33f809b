"""Webhooks: which events an endpoint wants, what stands for several, and what may be decided."""

from typing import Any

import pytest

from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.refusals import FieldInvalid, FieldRefusal, FieldRequired
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.webhook import (
    EndpointSpec,
    EventFilter,
    Format,
    check_authorization,
    check_endpoint,
    coalesced,
)
from tests.domain.samples import message
from tests.webhooks.telling import event

SMS = event(about=message(channel=Channel.SMS), instance="line 1")


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"kinds": {ChangeKind.ADVANCED}},
        {"states": {S.DELIVERED, S.READ}},
        {"channels": {Channel.SMS}},
        {"instances": {"line 1", "line 2"}},
        {"kinds": {ChangeKind.ADVANCED}, "states": {S.DELIVERED}, "channels": {Channel.SMS}},
    ],
)
def test_an_event_is_wanted_when_every_set_that_is_not_empty_has_it(wanted: dict[str, Any]) -> None:
    assert EventFilter(**{name: frozenset(items) for name, items in wanted.items()}).wants(SMS)


@pytest.mark.parametrize(
    "wanted",
    [
        {"kinds": {ChangeKind.REGISTERED}},
        {"states": {S.SENT}},
        {"channels": {Channel.RCS}},
        {"instances": {""}},
        {"states": {S.DELIVERED}, "channels": {Channel.RCS}},
    ],
)
def test_an_event_is_not_wanted_when_one_set_lacks_it(wanted: dict[str, Any]) -> None:
    assert not EventFilter(**{name: frozenset(items) for name, items in wanted.items()}).wants(SMS)


def test_a_deletion_is_wanted_by_what_is_still_known() -> None:
    deletion = event(S.DELIVERED, S.UNSPECIFIED, ChangeKind.DELETED)
    assert EventFilter().wants(deletion)
    assert EventFilter(kinds=frozenset({ChangeKind.DELETED})).wants(deletion)
    assert not EventFilter(channels=frozenset({Channel.SMS})).wants(deletion)
    assert not EventFilter(states=frozenset({S.DELIVERED})).wants(deletion)


def test_several_changes_are_told_as_the_last_seen_from_before_the_first() -> None:
    told = coalesced(
        [
            event(S.QUEUED, S.SENT, event_id="evt_1"),
            event(S.SENT, S.DELIVERED, event_id="evt_2", skipped=2),
            event(S.DELIVERED, S.READ, event_id="evt_3"),
        ]
    )
    assert (told.event_id, told.skipped) == ("evt_3", 4)
    assert (told.change.previous_state, told.change.state) == (S.QUEUED, S.READ)
    assert told.change.kind is ChangeKind.ADVANCED


def test_one_change_stands_for_itself() -> None:
    assert coalesced([SMS]) == SMS


def test_a_message_registered_meanwhile_is_told_as_registered_unless_it_is_deleted() -> None:
    registered = event(S.UNSPECIFIED, S.QUEUED, ChangeKind.REGISTERED)
    assert coalesced([registered, event(S.QUEUED, S.SENT)]).change.kind is ChangeKind.REGISTERED
    deletion = event(S.QUEUED, S.UNSPECIFIED, ChangeKind.DELETED)
    assert coalesced([registered, deletion]).change.kind is ChangeKind.DELETED


URL = "https://hooks.example.com/"


@pytest.mark.parametrize(
    "decided",
    [
        {},
        {"rate": 1, "concurrency": 1},
        {"rate": 10_000, "concurrency": 100, "coalesce_window": 3_600_000_000, "batch_size": 100},
        {"format": Format.NAMIRIAL, "coalesce_window": 1},
        {"event_filter": EventFilter(instances=frozenset({""}))},
    ],
)
def test_what_is_within_limits_may_be_decided(decided: dict[str, Any]) -> None:
    check_endpoint(EndpointSpec(URL, **decided))


@pytest.mark.parametrize(
    ("decided", "field"),
    [
        ({"url": "x" * 4_097}, "spec.url"),
        ({"rate": 0}, "spec.rate"),
        ({"rate": 10_001}, "spec.rate"),
        ({"concurrency": 0}, "spec.concurrency"),
        ({"concurrency": 101}, "spec.concurrency"),
        ({"coalesce_window": -1}, "spec.coalesce_window"),
        ({"coalesce_window": 3_600_000_001}, "spec.coalesce_window"),
        ({"batch_size": 0}, "spec.batch_size"),
        ({"batch_size": 101}, "spec.batch_size"),
        ({"batch_size": 2, "format": Format.NAMIRIAL}, "spec.batch_size"),
        ({"batch_size": 2, "format": Format.RYZE}, "spec.batch_size"),
        ({"description": "a\0"}, "spec.description"),
        ({"event_filter": EventFilter(instances=frozenset({"x" * 257}))}, "spec.filter.instances"),
        ({"event_filter": EventFilter(instances=frozenset(map(str, range(1_001))))}, "spec.filter.instances"),
    ],
)
def test_what_is_beyond_them_is_refused_by_its_field(decided: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        check_endpoint(EndpointSpec(**{"url": URL, **decided}))
    assert refused.value.field == field
    assert isinstance(refused.value, FieldRefusal)


def test_an_endpoint_has_a_url() -> None:
    with pytest.raises(FieldRequired):
        check_endpoint(EndpointSpec(""))


@pytest.mark.parametrize("text", ["", "Bearer abc", "Basic dTpw", "x" * 4_096])
def test_any_value_of_a_header_may_be_sent(text: str) -> None:
    check_authorization(text)


@pytest.mark.parametrize("text", ["a\r\nhost: x", "a\n", "a\0", "é", " a", "a ", "\x7f", "x" * 4_097])
def test_what_no_header_carries_is_refused(text: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        check_authorization(text)
    assert refused.value.field == "spec.authorization"
