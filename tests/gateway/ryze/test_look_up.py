"""One look-up in every way it can be asked: "Message delivery status", row by row, and the rulings on it."""

from typing import NamedTuple

import orjson
import pytest

from tests.gateway.raw_http import RawAnswer, get

from .conftest import OF_THE_STRANGER, ON_BOTH_LINES, ON_NO_LINE, ON_THE_OTHER, Account
from .documented import (
    BAD_REQUEST,
    ELSEWHERE,
    EXAMPLE_ANSWER,
    EXAMPLE_CLIENTS,
    EXAMPLE_ERROR,
    EXAMPLE_PATH,
    FORBIDDEN,
    INSTANCE,
    INSTANCE_DENIED,
    INSTANCE_NOT_FOUND,
    INSTANCE_REQUIRED,
    INVALID_TOKEN,
    MESSAGE_ID,
    MESSAGE_ID_REQUIRED,
    MESSAGE_NOT_FOUND,
    NOT_ALLOWED,
    NOT_FOUND,
)

BASE = "/api/chat/status"


def ask(account: Account, who: str, target: str, *, method: bytes = b"GET") -> RawAnswer:
    """Sends a request with the token that goes by a name; `none` sends none."""
    token = account.tokens.get(who, who)
    headers = [] if who == "none" else [b"token: " + token.encode()]
    return get(account.port, target.encode(), *headers, method=method)


@pytest.mark.parametrize("source", EXAMPLE_CLIENTS)
@pytest.mark.parametrize("who", ["account", "line"])
def test_the_documented_request_has_the_documented_answer(source: str, who: str, account: Account) -> None:
    token = b"token: " + account.tokens[who].encode()
    answer = get(account.port, EXAMPLE_PATH.encode(), token, *EXAMPLE_CLIENTS[source])
    assert (answer.status, answer.body) == (200, EXAMPLE_ANSWER), source
    assert answer.headers["content-type"] == "application/json"


def test_the_documented_error_has_the_documented_body(account: Account) -> None:
    """Message delivery status, "Error 404"."""
    assert ask(account, "account", f"{BASE}/{INSTANCE}?messageId=unknown").body == EXAMPLE_ERROR


class Refused(NamedTuple):
    """One way to ask that is refused."""

    rule: str
    who: str
    path: str
    expected: tuple[int, str]


FOUND = f"/{INSTANCE}?messageId={MESSAGE_ID}"
REFUSED = [
    # Message delivery status, "Error responses"; and the order in which faults are told.
    Refused("no token", "none", FOUND, INVALID_TOKEN),
    Refused("a wrong token", "wrong", FOUND, INVALID_TOKEN),
    Refused("an empty token", "", FOUND, INVALID_TOKEN),
    Refused("a blank token", "  ", FOUND, INVALID_TOKEN),
    Refused("a token with a blank inside", "a b", FOUND, INVALID_TOKEN),
    Refused("a token no key could be", "k" * 513, FOUND, INVALID_TOKEN),
    Refused("401 comes before a missing instance", "wrong", "", INVALID_TOKEN),
    Refused("401 comes before an unknown instance", "wrong", "/nowhere?messageId=x", INVALID_TOKEN),
    Refused("401 comes before a missing messageId", "wrong", f"/{INSTANCE}", INVALID_TOKEN),
    Refused("401 comes before an unknown message", "wrong", f"/{INSTANCE}?messageId=x", INVALID_TOKEN),
    Refused("a token in the query is for WebSockets", "none", f"{FOUND}&token=TOKEN", INVALID_TOKEN),
    Refused("a token that may not read", "ingesting", FOUND, FORBIDDEN),
    Refused("no instance", "account", "", INSTANCE_REQUIRED),
    Refused("no instance, with a slash", "account", "/", INSTANCE_REQUIRED),
    Refused("no instance, with a messageId", "account", f"?messageId={MESSAGE_ID}", INSTANCE_REQUIRED),
    Refused("no instance, asked with an instance token", "line", "/", INSTANCE_REQUIRED),
    Refused("an unknown instance", "account", f"/nowhere?messageId={MESSAGE_ID}", INSTANCE_NOT_FOUND),
    Refused("an instance of another account", "account", "/strangers-line?messageId=x", INSTANCE_NOT_FOUND),
    Refused("an instance in other case", "account", f"/{INSTANCE.upper()}?messageId=x", INSTANCE_NOT_FOUND),
    Refused("an instance with a blank", "account", f"/%20{INSTANCE}?messageId=x", INSTANCE_NOT_FOUND),
    Refused("a blank instance", "account", "/%20?messageId=x", INSTANCE_NOT_FOUND),
    Refused("an instance with NUL", "account", "/%00?messageId=x", INSTANCE_NOT_FOUND),
    Refused("a plus in a path is no blank", "account", "/a+b?messageId=x", INSTANCE_NOT_FOUND),
    Refused("an escaped slash stays in its segment", "account", "/a%2Fb?messageId=x", INSTANCE_NOT_FOUND),
    Refused("an overlong instance", "account", f"/{'x' * 300}?messageId=x", INSTANCE_NOT_FOUND),
    Refused("an instance with NUL, no messageId", "account", "/%00", INSTANCE_NOT_FOUND),
    Refused("an instance token, an instance with NUL", "line", "/%00?messageId=x", INSTANCE_DENIED),
    Refused("an instance token, an overlong instance", "line", f"/{'x' * 300}", INSTANCE_DENIED),
    Refused("404 instance comes before a missing messageId", "account", "/nowhere", INSTANCE_NOT_FOUND),
    Refused("another instance's token", "line", "/other-line?messageId=x", INSTANCE_DENIED),
    Refused("another instance's token, no messageId", "line", "/other-line", INSTANCE_DENIED),
    Refused("an instance token, an unknown instance", "line", "/nowhere?messageId=x", INSTANCE_DENIED),
    Refused("an instance token, another account's", "line", "/strangers-line?messageId=x", INSTANCE_DENIED),
    Refused("403 comes before the message", "other line", FOUND, INSTANCE_DENIED),
    Refused("no messageId", "account", f"/{INSTANCE}", MESSAGE_ID_REQUIRED),
    Refused("no messageId, asked with an instance token", "line", f"/{INSTANCE}", MESSAGE_ID_REQUIRED),
    Refused("an empty messageId", "account", f"/{INSTANCE}?messageId=", MESSAGE_ID_REQUIRED),
    Refused("a messageId without a value", "account", f"/{INSTANCE}?messageId", MESSAGE_ID_REQUIRED),
    Refused("a blank messageId", "account", f"/{INSTANCE}?messageId=+%20", MESSAGE_ID_REQUIRED),
    Refused("another name's messageId", "account", f"/{INSTANCE}?messageid=x", MESSAGE_ID_REQUIRED),
    Refused("an unknown message", "account", f"/{INSTANCE}?messageId=unknown", MESSAGE_NOT_FOUND),
    Refused(
        "an id in other case", "account", f"/{INSTANCE}?messageId={MESSAGE_ID.lower()}", MESSAGE_NOT_FOUND
    ),
    Refused("an overlong id", "account", f"/{INSTANCE}?messageId={'x' * 257}", MESSAGE_NOT_FOUND),
    Refused("an id with NUL", "account", f"/{INSTANCE}?messageId=%00", MESSAGE_NOT_FOUND),
    Refused("an id that is not UTF-8", "account", f"/{INSTANCE}?messageId=%FF", MESSAGE_NOT_FOUND),
    Refused("another line's message", "account", f"/{INSTANCE}?messageId={ON_THE_OTHER}", ELSEWHERE),
    Refused("a message of no line", "account", f"/{INSTANCE}?messageId={ON_NO_LINE}", ELSEWHERE),
    Refused("of two other lines", "account", f"/{INSTANCE}?messageId={OF_THE_STRANGER}b", ELSEWHERE),
    Refused("another line's, by token", "line", f"/{INSTANCE}?messageId={ON_THE_OTHER}", MESSAGE_NOT_FOUND),
    Refused("no line's, by token", "line", f"/{INSTANCE}?messageId={ON_NO_LINE}", MESSAGE_NOT_FOUND),
    Refused("another account's", "account", f"/{INSTANCE}?messageId={OF_THE_STRANGER}", MESSAGE_NOT_FOUND),
    Refused(
        "another account's, by token", "line", f"/{INSTANCE}?messageId={OF_THE_STRANGER}", MESSAGE_NOT_FOUND
    ),
    Refused("a trailing slash is another path", "account", f"/{INSTANCE}/?messageId=x", NOT_FOUND),
    Refused("a path below", "account", f"/{INSTANCE}/more", NOT_FOUND),
    Refused("a path that is not UTF-8", "account", "/%FF?messageId=x", BAD_REQUEST),
]


@pytest.mark.parametrize("case", REFUSED, ids=[case.rule for case in REFUSED])
def test_refused(case: Refused, account: Account) -> None:
    target = f"{BASE}{case.path}".replace("TOKEN", account.tokens["account"])
    answer = ask(account, case.who, target)
    status, text = case.expected
    assert (answer.status, answer.body) == (
        status,
        orjson.dumps({"success": False, "error": {"message": text}}),
    )
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("rule", "headers", "status"),
    [
        ("`token` carries an account token", [b"token: ACCOUNT"], 200),
        ("`token` carries an instance token", [b"token: LINE"], 200),
        ("a header's name has no case", [b"TOKEN: ACCOUNT"], 200),
        ("`Authorization` carries one too", [b"authorization: Bearer ACCOUNT"], 200),
        ("the scheme has no case", [b"authorization: bEARER LINE"], 200),
        ("blanks around the token are none of it", [b"authorization: Bearer   ACCOUNT  "], 200),
        ("`token` decides where both stand", [b"authorization: Bearer wrong", b"token: ACCOUNT"], 200),
        ("even where it is wrong", [b"token: wrong", b"authorization: Bearer ACCOUNT"], 401),
        ("an empty `token` decides nothing", [b"token: ", b"authorization: Bearer ACCOUNT"], 200),
        ("another scheme is none", [b"authorization: Basic ACCOUNT"], 401),
        ("a token without a scheme is none", [b"authorization: ACCOUNT"], 401),
        ("a scheme without a token is none", [b"authorization: Bearer"], 401),
        ("another dialect's header is none", [b"x-api-key: ACCOUNT"], 401),
        ("a token of other bytes is none", [b"token: \xc3\xa9"], 401),
    ],
)
def test_where_the_token_stands(rule: str, headers: list[bytes], status: int, account: Account) -> None:
    """Guide "Authentication"."""
    tokens = {b"ACCOUNT": "account", b"LINE": "line"}
    for name, who in tokens.items():
        headers = [header.replace(name, account.tokens[who].encode()) for header in headers]
    assert get(account.port, EXAMPLE_PATH.encode(), *headers).status == status, rule


@pytest.mark.parametrize(
    ("who", "instance", "word"),
    [
        ("account", INSTANCE, "pending"),
        ("account", "other-line", "error"),
        ("line", INSTANCE, "pending"),
        ("other line", "other-line", "error"),
    ],
)
def test_lines_that_share_an_id_have_a_message_each(
    who: str, instance: str, word: str, account: Account
) -> None:
    answer = ask(account, who, f"{BASE}/{instance}?messageId={ON_BOTH_LINES}")
    assert (answer.status, answer.json["status"]) == (200, word)


def test_the_same_names_of_another_account_are_another_message(account: Account) -> None:
    assert ask(account, "stranger", EXAMPLE_PATH).json["status"] == "error"


def test_a_message_of_another_account_looks_exactly_like_none(account: Account) -> None:
    for who in ("account", "line"):
        none, theirs = (
            ask(account, who, f"{BASE}/{INSTANCE}?messageId={one}") for one in ("none", OF_THE_STRANGER)
        )
        own = {"x-request-id", "date"}
        assert {name: value for name, value in none.headers.items() if name not in own} == {
            name: value for name, value in theirs.headers.items() if name not in own
        }
        assert (none.status, none.body) == (theirs.status, theirs.body)


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS"])
@pytest.mark.parametrize("path", [FOUND, "", "/"])
def test_other_methods_are_told_which_is_right(method: bytes, path: str, account: Account) -> None:
    answer = ask(account, "account", f"{BASE}{path}", method=method)
    assert (answer.status, answer.json["error"]["message"]) == NOT_ALLOWED
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"messageId={MESSAGE_ID}&messageId=x", 200),
        (f"messageId=x&messageId={MESSAGE_ID}", 404),
        (f"x=1&messageId={MESSAGE_ID}&y", 200),
        (f"message%49d=%33{MESSAGE_ID[1:]}", 200),
        (f"messageId={MESSAGE_ID};x", 404),
        (f"messageId={MESSAGE_ID}%", 404),
    ],
)
def test_the_first_message_id_counts_and_no_other_parameter(
    query: str, status: int, account: Account
) -> None:
    assert ask(account, "account", f"{BASE}/{INSTANCE}?{query}").status == status


def test_head_is_get_without_a_body(account: Account) -> None:
    told = ask(account, "account", EXAMPLE_PATH, method=b"HEAD")
    assert (told.status, told.body, told.headers["content-length"]) == (200, b"", str(len(EXAMPLE_ANSWER)))
