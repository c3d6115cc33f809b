"""Single items of an AlphaSMS document: which id they mean, and how it is told again, byte for byte.

AlphaSMS, JSON API, "Message status", "Request parameters". Clients choose the ids: numbers up to
9223372036854775807, and strings.
"""

import pytest

from messagestatus.v1.message_status_service_pb2 import BatchStatusRequest
from tests.builders import message, register
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.scripted_upstream import KEY, ScriptedUpstream
from tests.running import Operator, RunningGateway, Tenant

from .asking import document_of, post, status_of

REGISTERED = (
    "100500",
    "0100500",
    "100000",
    "0",
    "-5",
    "9007199254740993",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1" * 256,
    "i_5f3e8a",
    "повідомлення",
    'quo"te',
    "a/b",
    "😀",
)


@pytest.fixture(scope="module")
def account(operator: Operator) -> Tenant:
    """An account that has sent messages with these ids."""
    tenant = operator.tenant()
    register(tenant.client, *(message(message_id, channel="CHANNEL_SMS") for message_id in REGISTERED))
    return tenant


def asked(gateway: RunningGateway, account: Tenant, *items: str) -> bytes:
    """Posts items as they are written, and gives the written entries."""
    answer = post(gateway.url, document_of(account.key, *(item.encode() for item in items)))
    beginning, end = b'{"success":true,"data":[', b"]}"
    assert answer.status == 200
    assert answer.body.startswith(beginning), answer.body
    return answer.body.removeprefix(beginning).removesuffix(end)


def found(message_id: str) -> bytes:
    return b'{"success":true,"data":{"id":%s,"type":"sms","status":"QUEUED"}}' % message_id.encode()


def failed(error: str, message_id: str = "") -> bytes:
    shown = f'"id":{message_id}' if message_id else ""
    return f'{{"success":false,"error":"{error}","data":{{{shown}}}}}'.encode()


@pytest.mark.parametrize(
    ("rule", "message_id"),
    [
        ("a number", "100500"),
        ("the same id as a string", '"100500"'),
        ("a string with a zero in front is another id, and known too", '"0100500"'),
        ("zero", "0"),
        ("a negative number", "-5"),
        ("beyond what a float holds", "9007199254740993"),
        ("the greatest of 64 bits", "9223372036854775807"),
        ("the same as a string", '"9223372036854775807"'),
        ("the greatest without a sign", "18446744073709551615"),
        ("beyond 64 bits", "18446744073709551616"),
        ("256 digits", "1" * 256),
        ("a string, as PHP's uniqid makes them", '"i_5f3e8a"'),
        ("a string beyond ASCII", '"повідомлення"'),
        ("a string with a quotation mark", '"quo\\"te"'),
        ("a string with a slash", '"a/b"'),
        ("a string beyond 16 bits", '"😀"'),
    ],
)
def test_an_id_is_found_and_told_as_it_came(
    rule: str, message_id: str, account: Tenant, live_gateway: RunningGateway
) -> None:
    item = f'{{"type":"status","id":{message_id}}}'
    assert asked(live_gateway, account, item) == found(message_id), rule


@pytest.mark.parametrize(
    ("rule", "written", "told"),
    [
        ("an escaped letter is the letter", '"\\u0069_5f3e8a"', '"i_5f3e8a"'),
        ("an escaped slash is a slash", '"a\\/b"', '"a/b"'),
        ("a pair of surrogates is one character", '"\\ud83d\\ude00"', '"😀"'),
        ("blanks around a number mean nothing", " 100500\n", "100500"),
        ("of two ids, the last counts", '1,"id":100500', "100500"),
        ("other members mean nothing", '100500,"text":"100501"', "100500"),
    ],
)
def test_an_id_written_another_way(
    rule: str, written: str, told: str, account: Tenant, live_gateway: RunningGateway
) -> None:
    item = f'{{"type":"status","id":{written}}}'
    assert asked(live_gateway, account, item) == found(told), rule


@pytest.mark.parametrize(
    ("rule", "message_id", "told"),
    [
        ("an unknown number", "100501", "100501"),
        ("an unknown string", '"i_0"', '"i_0"'),
        ("a blank makes another id", '" 100500"', '" 100500"'),
        ("a blank behind, too", '"100500 "', '"100500 "'),
        ("case counts", '"I_5F3E8A"', '"I_5F3E8A"'),
        ("a sign makes another id", '"+100500"', '"+100500"'),
        ("an empty string", '""', '""'),
        ("NUL", '"a\\u0000"', '"a\\u0000"'),
        ("257 characters", f'"{"1" * 257}"', f'"{"1" * 257}"'),
        ("257 digits", "1" * 257, "1" * 257),
        ("5000 digits", "1" * 5000, "1" * 5000),
        ("a fraction that is whole", "100500.0", ""),
        ("a fraction", "100500.5", ""),
        ("an exponent", "1e5", ""),
        ("a great exponent", "1E5", ""),
        ("an exponent beyond all floats", "1e400", ""),
        ("a boolean", "true", ""),
        ("null", "null", ""),
        ("a list", "[100500]", ""),
        ("an object", '{"id":100500}', ""),
        ("a lone surrogate", '"\\ud800"', ""),
        ("a lone surrogate at the end", '"100500\\udfff"', ""),
        ("two surrogates in the wrong order", '"\\ude00\\ud83d"', ""),
    ],
)
def test_a_wrong_id(
    rule: str, message_id: str, told: str, account: Tenant, live_gateway: RunningGateway
) -> None:
    """The other items of the document are answered all the same."""
    wrong, good = f'{{"type":"status","id":{message_id}}}', '{"type":"status","id":100500}'
    expected = failed("Wrong message ID", told)
    assert asked(live_gateway, account, good, wrong) == found("100500") + b"," + expected, rule


@pytest.mark.parametrize(
    ("rule", "item", "expected"),
    [
        ("no id", '{"type":"status"}', failed("Wrong message ID")),
        ("an id of another case", '{"type":"status","ID":1}', failed("Wrong message ID")),
        ("no type", '{"id":100500}', failed("Unknown command", "100500")),
        ("a type that is null", '{"type":null,"id":100500}', failed("Unknown command", "100500")),
        ("a type that is a number", '{"type":1,"id":100500}', failed("Unknown command", "100500")),
        ("an empty type", '{"type":"","id":100500}', failed("Unknown command", "100500")),
        ("a type of another case", '{"type":"Status","id":"x"}', failed("Unknown command", '"x"')),
        ("a type with a blank", '{"type":"status ","id":100500}', failed("Unknown command", "100500")),
        ("a command not spoken here", '{"type":"sms","id":100500}', failed("Unknown command", "100500")),
        ("a command without an id", '{"type":"balance"}', failed("Unknown command")),
        ("an unknown type with a wrong id", '{"type":"sms","id":1.0}', failed("Unknown command")),
        (
            "of two types, the last counts",
            '{"type":"status","type":"sms","id":1}',
            failed("Unknown command", "1"),
        ),
        ("nothing", "{}", failed("Unknown command")),
        ("a number", "100500", failed("Incorrect document format")),
        ("a string", '"status"', failed("Incorrect document format")),
        ("null", "null", failed("Incorrect document format")),
        ("a boolean", "true", failed("Incorrect document format")),
        ("a list", '[{"type":"status","id":100500}]', failed("Incorrect document format")),
    ],
)
def test_a_wrong_item(
    rule: str, item: str, expected: bytes, account: Tenant, live_gateway: RunningGateway
) -> None:
    good = '{"type":"status","id":100500}'
    assert asked(live_gateway, account, item, good) == expected + b"," + found("100500"), rule


def test_answers_stand_in_the_order_of_the_request_each_time_an_id_is_asked(
    account: Tenant, live_gateway: RunningGateway
) -> None:
    ids = ["100500", '"i_5f3e8a"', "7", '"100500"', "0", "100500", "7"]
    items = [f'{{"type":"status","id":{message_id}}}' for message_id in ids]
    unknown = failed("Wrong message ID", "7")
    expected = [unknown if message_id == "7" else found(message_id) for message_id in ids]
    assert asked(live_gateway, account, *items) == b",".join(expected)


def test_a_document_is_one_call_upstream_however_many_items_it_has(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    items = [status_of(1), status_of("a"), {"type": "sms", "id": 2}, status_of(1.5), status_of("1"), 7]
    assert len(post(gateway.url, document_of(KEY, *items)).json["data"]) == len(items)
    (call,) = upstream.calls
    assert call.request == BatchStatusRequest(message_ids=["1", "a"])


def test_with_nothing_to_ask_for_the_key_is_judged_all_the_same(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    assert post(gateway.url, document_of(KEY, 7)).json["success"] is True
    assert post(gateway.url, document_of("wrong", 7)).json["success"] is False
    assert [call.method for call in upstream.calls] == ["BatchStatus"] * 2
