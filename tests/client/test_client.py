"""Asking, announcing and reporting in a few lines."""

import gc
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import grpc
import pytest

import messagestatus
from messagestatus import CallError, Channel, Client, DeliveryReceipt, DeliveryState, MessageRegistration
from messagestatus.v1.access_service_pb2 import ListKeysRequest
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus.v1.message_service_pb2 import RegistrationResult
from tests.builders import PHONE, message, moment, receipt, state
from tests.running import Operator, RunningServer

DELIVERED = DeliveryState.DELIVERY_STATE_DELIVERED


def test_a_message_is_announced_reported_on_and_asked_for(client: Client) -> None:
    (registered,) = client.register([MessageRegistration(message_id="order-7", phone=PHONE)])
    assert registered.result == RegistrationResult.REGISTRATION_RESULT_CREATED
    (reported,) = client.report([DeliveryReceipt(message_id="order-7", state=DELIVERED)])
    assert reported.state == DELIVERED
    assert client.get("order-7").state == DELIVERED


def test_full_adds_the_recipients(client: Client) -> None:
    client.register([message("m", recipient_user_ids=["ann", "bob"])])
    assert len(client.get("m").recipients) == 0
    assert len(client.get("m", full=True).recipients) == 2


def test_a_batch_answers_for_each_in_order_however_many_there_are(client: Client) -> None:
    ids = [f"m{number}" for number in range(2_001)]
    client.register(message(message_id) for message_id in ids[::2])
    found = list(client.batch([*ids, "m0"]))
    assert [each.message_id for each in found] == [*ids, "m0"]
    assert [each.status is not None for each in found[:4]] == [True, False, True, False]
    assert found[1].reason == "MESSAGE_NOT_FOUND"
    assert found[-1].status == found[0].status


def test_writes_of_more_than_a_thousand_are_several_calls_and_one_list_of_outcomes(client: Client) -> None:
    ids = [f"m{number}" for number in range(1_001)]
    assert len(client.register(message(message_id) for message_id in ids)) == 1_001
    outcomes = client.report(receipt(message_id, "SENT") for message_id in ids)
    assert {outcome.state for outcome in outcomes} == {state("SENT")}
    assert len(outcomes) == 1_001


def test_a_refused_item_does_not_harm_its_neighbours(client: Client) -> None:
    good, bad = client.register([message("m"), message("n", phone="12")])
    assert not good.HasField("error")
    assert bad.error.field == "phone"


def test_lists_go_on_from_page_to_page_the_newest_first(client: Client) -> None:
    ids = [f"m{number:03}" for number in range(250)]
    client.register(
        message(message_id, phone=PHONE, accept_time=moment(number)) for number, message_id in enumerate(ids)
    )
    assert [status.message_id for status in client.list_by_phone(PHONE)] == ids[::-1]
    bound = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=2)
    assert [status.message_id for status in client.list_by_phone(PHONE, before=bound)] == ["m001", "m000"]


def test_lists_by_reference_narrow(client: Client) -> None:
    sms, chat = Channel.CHANNEL_SMS, Channel.CHANNEL_CHAT
    client.register(
        [
            message("a", reference={"service": "SIGN", "key": "k"}, channel=sms),
            message("b", reference={"service": "SIGN", "key": "k"}, channel=chat),
            message("c", reference={"service": "OTHER", "key": "k"}, channel=sms),
        ]
    )
    found = client.list_by_reference("k", service="SIGN", channels=[sms], states=[state("QUEUED")])
    assert [status.message_id for status in found] == ["a"]


def test_a_history_is_what_was_known_at_a_time(client: Client) -> None:
    client.register([message("m", accept_time=moment(0))])
    client.report([receipt("m", "DELIVERED", 5)])
    assert client.history("m").state == DELIVERED
    then = datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert not client.history("m", as_of=then).records


def test_a_time_without_its_zone_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        client.list_by_phone(PHONE, before=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused


def test_one_text_is_not_taken_for_many_identifiers(client: Client) -> None:
    with pytest.raises(TypeError, match="not one text"):
        next(client.batch("order-7"))
    with pytest.raises(TypeError, match="not one text"):
        client.watch("order-7")


def test_any_service_of_the_contract_can_be_asked(server: RunningServer) -> None:
    with Client(server.address, server.admin_key) as operator:
        keys = operator.ask(AccessServiceStub(operator.channel).ListKeys, ListKeysRequest()).keys
    assert keys


def test_a_refusal_says_which_and_carries_the_name_of_the_call(client: Client) -> None:
    with pytest.raises(CallError) as raised:
        client.get("nothing", request_id="mine-7")
    error = raised.value
    assert error.code is grpc.StatusCode.NOT_FOUND
    assert (error.reason, error.field, error.request_id) == ("MESSAGE_NOT_FOUND", "", "mine-7")
    assert error.metadata == {"message_id": "nothing"}
    assert str(error) == "no such message (MESSAGE_NOT_FOUND, message_id=nothing)"


def test_a_field_at_fault_is_named(client: Client) -> None:
    with pytest.raises(CallError, match=r"^phone: .*FIELD_INVALID") as raised:
        list(client.list_by_phone("12"))
    assert raised.value.field == "phone"


def test_a_wrong_key_is_refused(server: RunningServer) -> None:
    with Client(server.address, "not-a-key") as stranger, pytest.raises(CallError) as raised:
        stranger.get("any")
    assert raised.value.reason == "CREDENTIAL_INVALID"


def test_a_server_that_is_not_there_is_named(operator: Operator) -> None:
    nowhere = Client("127.0.0.1:1", operator.server.admin_key, timeout=5)
    with nowhere, pytest.raises(CallError, match=r"^127\.0\.0\.1:1: UNAVAILABLE: ") as raised:
        nowhere.get("any")
    assert (raised.value.reason, raised.value.retry_after) == ("", None)


def test_the_package_offers_what_it_names() -> None:
    assert all(getattr(messagestatus, name) for name in messagestatus.__all__)
    with pytest.raises(AttributeError, match="Nobody"):
        _ = messagestatus.Nobody


def test_the_contract_alone_does_not_load_the_client() -> None:
    script = "import sys; import messagestatus.v1.message_status_pb2; sys.exit('grpc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_closed_client_says_so_and_leaves_nothing_behind(server: RunningServer) -> None:
    client = Client(server.address, server.admin_key)
    client.close()
    client.close()
    with pytest.raises(CallError, match="the client is closed"):
        next(client.watch())
    gc.collect()
