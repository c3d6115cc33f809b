"""Message identifiers: any Base64 a client may send, made the URL-safe form that senders register.

Symphony, "Overview of MessageML", "Message Identifiers".
"""

import pytest

from messagestatus.v1.message_status_service_pb2 import GetStatusRequest, StatusView
from tests.builders import message, register
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.scripted_upstream import KEY, ScriptedUpstream
from tests.running import RunningGateway, Tenant

from .asking import ask, status_path

INVALID = {"code": 400, "message": "Invalid message ID"}


@pytest.mark.parametrize(
    ("rule", "sent", "asked"),
    [
        (
            "the URL-safe form stays",
            "vd7qwNb6hLoUV0BfXXPC43___oPIvkwJbQ",
            "vd7qwNb6hLoUV0BfXXPC43___oPIvkwJbQ",
        ),
        (
            "the standard form, escaped whole, as the Python client sends it",
            "XlU3OH9eVMzq%2Byss7M%2Fxyn%2F%2F%2FoxwgbtGbQ%3D%3D",
            "XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ",
        ),
        (
            "the standard form with small hexadecimal digits",
            "KpjYuzMLR%2bJK1co7QBfukX%2f%2f%2fpeOpZmdbQ%3d%3d",
            "KpjYuzMLR-JK1co7QBfukX___peOpZmdbQ",
        ),
        ("a plus in a path is a plus", "a+b", "a-b"),
        ("an escaped plus", "a%2Bb", "a-b"),
        ("an escaped slash does not split the path", "a%2Fb", "a_b"),
        ("slashes at both ends are data too", "%2Fa%2F", "_a_"),
        ("`status` is an identifier like any other", "status", "status"),
        ("one equals sign of padding", "abc=", "abc"),
        ("two, one of them escaped", "ab=%3D", "ab"),
        ("a mixture of both alphabets", "a-b%2Fc_d+e", "a-b_c_d-e"),
        ("an escaped letter is the letter", "%61bc", "abc"),
        ("no length is asked for", "x", "x"),
        ("case counts", "AbC", "AbC"),
        ("a word is good enough", "test-message-id", "test-message-id"),
        (
            "normalising twice changes nothing",
            "XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ",
            "XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ",
        ),
    ],
)
def test_an_identifier_is_asked_for_in_its_url_safe_form(
    rule: str, sent: str, asked: str, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    answer = ask(gateway.url, status_path(sent), KEY)
    assert answer.status == 404, rule
    (call,) = upstream.calls
    assert call.request == GetStatusRequest(message_id=asked, view=StatusView.STATUS_VIEW_FULL), rule


@pytest.mark.parametrize(
    ("rule", "sent"),
    [
        ("nothing", ""),
        ("padding alone", "%3D%3D"),
        ("an equals sign inside", "ab=cd"),
        ("an equals sign in front", "=ab"),
        ("a blank", "a%20b"),
        ("a dot", "a.b"),
        ("a tilde", "a~b"),
        ("a colon", "a:b"),
        ("a comma", "a,b"),
        ("a line feed at the end", "abc%0A"),
        ("NUL", "abc%00"),
        ("an escape that is escaped", "a%252Fb"),
        ("a per cent sign that escapes nothing", "a%zz"),
        ("a letter beyond ASCII", "%C3%A9"),
        ("a digit beyond ASCII", "%D9%A1"),
    ],
)
def test_what_is_no_base64_is_400(
    rule: str, sent: str, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    answer = ask(gateway.url, status_path(sent), KEY)
    assert (answer.status, answer.json) == (400, INVALID), rule
    assert [call.method for call in upstream.calls] == ["BatchStatus"], "only the session was judged"


def test_bytes_that_are_not_utf8_are_400(gateway: GatewayProcess) -> None:
    answer = ask(gateway.url, status_path("a%FF"), KEY)
    assert (answer.status, answer.json) == (400, {"code": 400, "message": "Bad Request"})


def test_an_identifier_that_no_message_can_have_is_400(tenant: Tenant, live_gateway: RunningGateway) -> None:
    answer = ask(live_gateway.url, status_path("a" * 257), tenant.key)
    assert (answer.status, answer.json) == (400, {"code": 400, "message": "Bad Request"})


def test_the_standard_form_finds_the_message(tenant: Tenant, live_gateway: RunningGateway) -> None:
    register(tenant.client, message("XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ"))
    sent = "XlU3OH9eVMzq%2Byss7M/xyn///oxwgbtGbQ==".replace("/", "%2F")
    assert ask(live_gateway.url, status_path(sent), tenant.key).status == 200
