"""Watch: callers hear of the changes they want and may see: from now on, all that are kept, or a snapshot."""

import threading
from itertools import count
from typing import Any

import pytest

from messagestatus.v1 import directory_pb2 as directory_pb
from messagestatus.v1 import directory_service_pb2 as putting_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from tests.builders import PHONE, get, message, moment, receipt, register, report, state
from tests.running import Client, Operator, Tenant
from tests.transport.watching import OLDEST, SNAPSHOT, Stream, Told, registered

SMS, CHAT = status_pb.CHANNEL_SMS, status_pb.CHANNEL_CHAT


def _delete(client: Client, message_id: str) -> None:
    named = message_pb.MessageName(message_id=message_id)
    client.messages.DeleteMessages(message_pb.DeleteMessagesRequest(messages=[named]))


def test_a_change_tells_what_happened_and_the_message_as_it_stands(tenant: Tenant) -> None:
    watch = Stream(tenant.client).begin()
    register(tenant.client, message("m", phone=PHONE))
    report(tenant.client, receipt("m", "FAILED", 1, reason=3))
    first, second = watch.change(), watch.change()
    assert second.message_status == get(tenant.client, "m")
    assert (second.previous_state, second.state, second.reason) == (state("QUEUED"), state("FAILED"), 3)
    assert (second.message_id, second.instance, second.change_time) == ("m", "", moment(1))
    assert abs(second.commit_time.seconds - first.commit_time.seconds) < 20
    assert second.sequence > first.sequence > 0


def test_what_happens_to_a_message_is_told_step_by_step(tenant: Tenant) -> None:
    watch = Stream(tenant.client).begin()
    register(tenant.client, message("m"))
    report(tenant.client, receipt("m", "SENT", 1))
    report(tenant.client, receipt("m", "SENT", 1))
    report(tenant.client, receipt("m", "QUEUED", 0))
    register(tenant.client, message("m", phone=PHONE))
    _delete(tenant.client, "m")
    register(tenant.client, message("end"))
    assert watch.until("end") == [
        *registered("m"),
        Told("ADVANCED", "m", "SENT"),
        Told("COMPLETED", "m", "SENT"),
        Told("DELETED", "m", "UNSPECIFIED"),
        *registered("end"),
    ]


def test_a_deletion_shows_no_message(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    watch = Stream(tenant.client).begin()
    _delete(tenant.client, "m")
    change = watch.change()
    assert (change.message_id, change.previous_state) == ("m", state("QUEUED"))
    assert not change.HasField("message_status")


FILTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, ["plain", "full", "red", "end"]),
    "identifiers": ({"message_ids": ["full", "nobodys"]}, ["full"]),
    "a phone": ({"phone": PHONE}, ["full"]),
    "a reference": ({"reference_key": "order"}, ["full"]),
    "an instance": ({"instance": "red"}, ["red"]),
    "the empty instance": ({"instance": ""}, ["plain", "full", "end"]),
    "states": ({"states": [state("SENT"), state("READ")]}, ["full"]),
    "channels": ({"channels": [SMS]}, ["full"]),
    "several": ({"phone": PHONE, "channels": [SMS], "states": [state("SENT")]}, ["full"]),
    "several, one of which does not hold": ({"phone": PHONE, "channels": [CHAT]}, []),
}


@pytest.fixture
def story(tenant: Tenant, operator: Operator) -> Tenant:
    """Give the tenant an instance."""
    operator.instance(tenant.name, "red")
    return tenant


def _tell(client: Client) -> None:
    register(client, message("plain"))
    register(client, message("full", phone=PHONE, channel=SMS, reference={"key": "order"}))
    register(client, message("red", instance="red"))
    report(client, receipt("full", "SENT", 1))
    register(client, message("end"))


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_chooses_changes_as_they_come_and_from_the_past(story: Tenant, name: str) -> None:
    wanted, names = FILTERS[name]
    live, every = (
        Stream(story.client, wanted, heartbeat_interval={"seconds": 1}).begin(),
        Stream(story.client),
    )
    every.begin()
    _tell(story.client)
    every.until("end")
    for watch in (
        live,
        Stream(story.client, wanted, start=OLDEST, heartbeat_interval={"seconds": 1}).begin(),
    ):
        heard = []
        while True:
            response = watch.next()
            if not response.HasField("change"):
                break
            heard.append(response.change.message_id)
        assert list(dict.fromkeys(heard)) == names
        watch.cancel()


def test_a_watch_from_the_oldest_change_tells_all_that_is_kept(tenant: Tenant) -> None:
    register(tenant.client, *[message(f"m{number}") for number in range(1_000)])
    report(tenant.client, *[receipt(f"m{number}", "SENT", 1) for number in range(1_000)])
    watch = Stream(tenant.client, start=OLDEST).begin()
    changes = watch.changes(2_000)
    assert changes[:1_000] == registered(*[f"m{number}" for number in range(1_000)])
    assert {change.kind for change in changes[1_000:]} == {"ADVANCED"}
    watch.cancel()


def test_a_snapshot_comes_first_and_the_changes_after_it(tenant: Tenant) -> None:
    register(tenant.client, *[message(f"m{number:03}", phone=PHONE) for number in range(250)])
    watch = Stream(tenant.client, {"phone": PHONE}, start=SNAPSHOT)
    assert watch.snapshot() == [f"m{number:03}" for number in reversed(range(250))]
    report(tenant.client, receipt("m007", "DELIVERED", 1))
    assert watch.changes(1) == [Told("ADVANCED", "m007", "DELIVERED")]
    watch.cancel()


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"message_ids": ["a", "b", "nobodys"]}, ["a", "b"]),
        ({"message_ids": ["a", "b"], "phone": PHONE}, ["a"]),
        ({"message_ids": ["a", "b"], "channels": [CHAT]}, []),
        ({"message_ids": ["a", "b"], "reference_key": "order", "states": [state("SENT")]}, ["b"]),
        ({"phone": PHONE}, ["a"]),
        ({"reference_key": "order"}, ["b"]),
        ({"reference_key": "order", "states": [state("QUEUED")]}, []),
        ({"phone": "+9999999999"}, []),
    ],
)
def test_a_snapshot_has_what_the_filter_wants(
    tenant: Tenant, wanted: dict[str, Any], shown: list[str]
) -> None:
    register(tenant.client, message("a", phone=PHONE, channel=SMS), message("b", reference={"key": "order"}))
    report(tenant.client, receipt("b", "SENT", 1))
    watch = Stream(tenant.client, wanted, start=SNAPSHOT)
    assert watch.snapshot() == shown
    watch.cancel()


def test_a_snapshot_shows_messages_as_a_lookup_does(tenant: Tenant) -> None:
    register(tenant.client, message("m", phone=PHONE, channel=SMS))
    report(tenant.client, receipt("m", "SENT", 1))
    watch = Stream(tenant.client, {"message_ids": ["m"]}, start=SNAPSHOT)
    assert watch.next().snapshot == get(tenant.client, "m")
    watch.cancel()


def test_an_identifier_of_several_instances_is_no_riddle_to_a_watch(story: Tenant) -> None:
    register(story.client, message("m"), message("m", instance="red"))
    watch = Stream(story.client, {"message_ids": ["m"]}, start=SNAPSHOT)
    assert watch.snapshot() == ["m", "m"]
    watch.cancel()


def test_a_key_that_is_bound_to_an_instance_hears_of_no_other(story: Tenant, operator: Operator) -> None:
    bound = operator.connect(operator.key(story.name, instance="red"))
    watch = Stream(bound).begin()
    _tell(story.client)
    register(story.client, message("last", instance="red"))
    assert watch.changes(2) == registered("red", "last")
    watch.cancel()


def test_another_tenant_hears_of_nothing(tenant: Tenant, operator: Operator) -> None:
    other = operator.tenant()
    wanted = {"message_ids": ["m"]}
    watches = [
        Stream(other.client, each, start=start, heartbeat_interval={"seconds": 1})
        for each in ({}, wanted, {"phone": PHONE})
        for start in (OLDEST, SNAPSHOT)[: 1 if not each else 2]
    ]
    register(tenant.client, message("m", phone=PHONE))
    report(tenant.client, receipt("m", "SENT", 1))
    for watch in watches:
        for _ in range(3):
            response = watch.next()
            assert response.WhichOneof("event") in {None, "snapshot_end"}
            assert response.snapshot_end.messages == 0
        watch.cancel()


def _of(user_id: str) -> directory_pb.Membership:
    return directory_pb.Membership(user_id=user_id)


def test_a_person_hears_of_messages_that_it_may_see(tenant: Tenant, operator: Operator) -> None:
    """And of the others it has heartbeats, which lead past them."""
    anna = operator.connect(operator.key(tenant.name, user_id="anna"))
    rooms = [
        directory_pb.Conversation(conversation_id="hers", memberships=[_of("anna")]),
        directory_pb.Conversation(conversation_id="theirs", memberships=[_of("boris")]),
    ]
    tenant.client.directory.PutConversations(putting_pb.PutConversationsRequest(conversations=rooms))
    watch = Stream(anna).begin()
    begun = watch.token
    for name in ("theirs", "hers", "theirs", "hers"):
        register(tenant.client, message(f"{name}-{len(name)}", conversation_id=name, phone=PHONE))
    register(tenant.client, message("alone"), message("own", author_user_id="anna"))
    assert watch.changes(2) == registered("hers-4", "own")
    assert watch.token != begun
    watch.cancel()
    snapshot = Stream(anna, {"phone": PHONE}, start=SNAPSHOT)
    assert snapshot.snapshot() == ["hers-4"]
    snapshot.cancel()


def test_changes_that_a_person_may_not_see_do_not_keep_heartbeats_from_it(
    tenant: Tenant, operator: Operator
) -> None:
    anna = operator.connect(operator.key(tenant.name, user_id="anna"))
    watch = Stream(anna, heartbeat_interval={"seconds": 1}, timeout=20).begin()
    enough = threading.Event()

    def register_many() -> None:
        for number in count():
            register(tenant.client, message(f"m{number}"))
            if enough.wait(0.01):
                return

    registering = threading.Thread(target=register_many)
    registering.start()
    tokens = {watch.token}
    for _ in range(3):
        assert watch.next().WhichOneof("event") is None
        tokens.add(watch.token)
    enough.set()
    registering.join()
    assert len(tokens) == 4
    watch.cancel()
