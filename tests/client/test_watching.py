"""Watching: changes as they come, in a loop that anything may end."""

import gc
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import grpc
import pytest

from messagestatus import CallError, Channel, Client, StatusChange, Watch
from messagestatus.resuming import Notice, SnapshotComplete
from messagestatus.spreading import MOST_STREAMS
from messagestatus.v1 import access_service_pb2 as access_pb
from messagestatus.v1.status_change_pb2 import ChangeKind
from tests.builders import PHONE, message, receipt, state
from tests.client.wire import Wire
from tests.running import Operator, RunningServer, Tenant


def _take(watch: Iterator[StatusChange], count: int) -> list[tuple[str, str]]:
    """Take so many changes: what happened to which message."""
    taken = [next(watch) for _ in range(count)]
    return [
        (change.message_id, ChangeKind.Name(change.kind).removeprefix("CHANGE_KIND_")) for change in taken
    ]


def _readers() -> Sequence[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "messagestatus-watch"]


def _no_reader_is_left() -> bool:
    for _ in range(100):
        if not _readers():
            return True
        time.sleep(0.05)
    return False


def test_changes_come_with_what_they_were_and_what_they_are(client: Client) -> None:
    watch = client.watch(["m"]).begin()
    client.register([message("m", phone=PHONE), message("other")])
    client.report([receipt("m", "SENT")])
    registered, advanced = next(watch), next(watch)
    assert registered.kind == ChangeKind.CHANGE_KIND_REGISTERED
    assert registered.message_status.phone == PHONE
    assert (advanced.previous_state, advanced.state) == (state("QUEUED"), state("SENT"))


def test_a_watch_that_has_begun_misses_nothing(client: Client) -> None:
    with client.watch() as watch:
        assert watch.token == ""
        assert watch.begin().token
        client.register([message("m")])
        assert _take(watch, 1) == [("m", "REGISTERED")]


def test_every_filter_holds(client: Client) -> None:
    watch = client.watch(phone=PHONE, states=[state("SENT")], channels=[Channel.CHANNEL_SMS], start="oldest")
    other = client.watch(reference="k", instance="", start="oldest")
    sms = Channel.CHANNEL_SMS
    client.register(
        [
            message("a", phone=PHONE, channel=sms),
            message("b", phone=PHONE),
            message("c", reference={"key": "k"}),
        ]
    )
    client.report([receipt("b", "SENT"), receipt("a", "SENT")])
    assert _take(watch, 1) == [("a", "ADVANCED")]
    assert _take(other, 1) == [("c", "REGISTERED")]


def test_a_snapshot_comes_first_and_its_end_is_told(client: Client) -> None:
    client.register([message("a", phone=PHONE), message("b", phone=PHONE)])
    notices: list[Notice] = []
    watch = client.watch(phone=PHONE, start="snapshot", on_notice=notices.append).begin()
    client.report([receipt("a", "SENT")])
    assert {message_id for message_id, _ in _take(watch, 2)} == {"a", "b"}
    assert watch.token == ""
    assert next(watch).state == state("SENT")
    assert notices == [SnapshotComplete(2)]
    assert watch.token


def test_another_client_goes_on_from_the_token(client: Client, server: RunningServer, tenant: Tenant) -> None:
    watch = client.watch(start="oldest")
    client.register([message(f"m{number}") for number in range(5)])
    assert _take(watch, 2) == [("m0", "REGISTERED"), ("m1", "REGISTERED")]
    with Client(server.address, tenant.key) as later:
        assert [name for name, _ in _take(later.watch(token=watch.token), 3)] == ["m2", "m3", "m4"]


def test_the_token_never_leads_past_what_was_not_yielded(client: Client) -> None:
    client.register([message("a"), message("b")])
    watch = client.watch(start="oldest").begin()
    time.sleep(0.2)  # lets everything arrive
    token = watch.token
    assert _take(watch, 1) == [("a", "REGISTERED")]
    if token:
        assert _take(client.watch(token=token), 2) == [("a", "REGISTERED"), ("b", "REGISTERED")]


def test_heartbeats_are_not_seen_but_carry_the_token_on(client: Client) -> None:
    with client.watch(["m"], heartbeat=1).begin() as watch:
        began = watch.token
        client.register([message("other")])
        late = threading.Timer(2.5, client.register, [[message("m")]])
        late.start()
        assert _take(watch, 1) == [("m", "REGISTERED")]
        assert watch.token != began
        late.join()


def test_close_from_another_thread_ends_the_loop(client: Client) -> None:
    watch = client.watch()
    threading.Timer(0.3, watch.close).start()
    assert list(watch) == []
    assert _no_reader_is_left()


def test_leaving_the_loop_ends_the_watch(client: Client) -> None:
    client.register([message("m")])
    for change in client.watch(start="oldest"):
        assert change.message_id == "m"
        break
    gc.collect()
    assert _no_reader_is_left()


def test_a_watch_with_much_unread_ends_as_well(client: Client) -> None:
    client.register([message(f"m{number}") for number in range(1_000)])
    watch = client.watch(start="oldest").begin()
    time.sleep(0.3)  # lets more arrive than there is room for
    watch.close()
    assert _no_reader_is_left()


def test_closing_the_client_ends_its_watches(server: RunningServer, tenant: Tenant) -> None:
    client = Client(server.address, tenant.key)
    watches = [client.watch().begin() for _ in range(3)]
    threading.Timer(0.3, client.close).start()
    assert [list(watch) for watch in watches] == [[], [], []]
    assert _no_reader_is_left()


def test_threads_that_share_a_watch_share_the_changes(client: Client) -> None:
    watch = client.watch().begin()
    seen: list[str] = []

    def read() -> None:
        seen.extend(change.message_id for change in watch)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    names = [f"m{number}" for number in range(200)]
    client.register([message(name) for name in names])
    while len(seen) < len(names):
        time.sleep(0.01)
    watch.close()
    for thread in threads:
        thread.join(10)
    assert sorted(seen) == sorted(names)


def test_ctrl_c_reaches_who_waits_and_the_watch_can_go_on(client: Client) -> None:
    watch = client.watch().begin()
    main = threading.main_thread().ident
    assert main is not None
    # Who is started in the background by a shell is started with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT)).start()
        with pytest.raises(KeyboardInterrupt):
            next(watch)
    finally:
        signal.signal(signal.SIGINT, before)
    client.register([message("m")])
    assert _take(watch, 1) == [("m", "REGISTERED")]


def test_a_signal_may_close_the_watch(client: Client) -> None:
    watch = client.watch().begin()
    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGUSR1, lambda *_: watch.close())
    try:
        threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGUSR1)).start()
        assert list(watch) == []
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_token_of_nobody_is_an_error(client: Client) -> None:
    with pytest.raises(CallError) as raised:
        next(client.watch(token="no-token-at-all"))
    assert (raised.value.field, raised.value.reason) == ("resume_token", "FIELD_INVALID")


def test_a_key_that_is_revoked_ends_the_watch_with_an_error(operator: Operator, tenant: Tenant) -> None:
    key = operator.key(tenant.name, ("READ",), client="short-lived")
    with Client(operator.server.address, key) as client:
        watch: Watch = client.watch(heartbeat=1).begin()
        _revoke(operator, tenant.name, "short-lived")
        with pytest.raises(CallError) as raised:
            next(watch)
    assert raised.value.code is grpc.StatusCode.UNAUTHENTICATED


def _revoke(operator: Operator, tenant: str, client: str) -> None:
    access = operator.client.access
    (key,) = [
        key for key in access.ListKeys(access_pb.ListKeysRequest(tenant=tenant)).keys if key.client == client
    ]
    access.RevokeKey(access_pb.RevokeKeyRequest(tenant=tenant, key_id=key.key_id))


def test_many_watches_of_one_client_begin_at_once(client: Client) -> None:
    """A server lets streams wait that are more than a hundred on one connection."""
    watches = [client.watch([f"m{number}"]) for number in range(300)]
    began = time.monotonic()
    for watch in watches:
        watch.begin()
    assert time.monotonic() - began < 15
    client.register([message("m7"), message("m299")])
    assert _take(watches[7], 1) == [("m7", "REGISTERED")]
    assert _take(watches[299], 1) == [("m299", "REGISTERED")]


def test_watches_that_were_left_make_room_on_their_connection(wire: Wire, tenant: Tenant) -> None:
    with Client(wire.address, tenant.key) as client:
        for _ in range(2 * MOST_STREAMS):
            client.watch().begin().close()
    assert wire.connections == 1


@pytest.mark.parametrize("leaving", ["watch.close()", "pass"])
def test_a_program_ends_whatever_became_of_its_watch(
    server: RunningServer, tenant: Tenant, leaving: str
) -> None:
    """At the end of Python a thread of gRPC may stand still with a lock, and be waited for for ever."""
    script = (
        "from messagestatus import Client\n"
        f"watch = Client({server.address!r}, {tenant.key!r}).watch()\n"
        f"watch.begin()\n{leaving}\n"
    )
    for _ in range(8):
        subprocess.run([sys.executable, "-c", script], check=True, timeout=30)
