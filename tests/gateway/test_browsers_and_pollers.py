"""What browsers and pollers expect of every dialect: CORS, revalidation, compression."""

import gzip
from collections.abc import Iterator
from itertools import chain

import pytest

from messagestatus_gateway.dialects import DIALECTS

from .gateway_process import GatewayProcess
from .raw_http import RawAnswer, get
from .samples import MESSAGE_ID, PHONE, numbered, sample
from .scripted_upstream import KEY, ScriptedUpstream

ONE = b"/api/messagestatus/" + MESSAGE_ID.encode()
MANY = b"/api/messagestatus/phonenumber/" + PHONE.encode()
NAMED = b"x-api-key: " + KEY.encode()
ORIGIN = b"origin: https://console.example"
GZIP = b"accept-encoding: gzip"
PATHS = [
    path.encode()
    for path in chain.from_iterable(dialect.prefixes for dialect in DIALECTS)
    for path in (path, f"{path}/a", f"{path}/a/b/c")
]


def preflight(port: int, target: bytes, *headers: bytes) -> RawAnswer:
    asked = (b"access-control-request-method: GET", b"access-control-request-headers: token,x-request-id")
    return get(port, target, *asked, *headers, method=b"OPTIONS")


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_is_granted_on_every_path_of_every_dialect(path: bytes, gateway: GatewayProcess) -> None:
    answer = preflight(gateway.port, path, ORIGIN)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "token,x-request-id"
    assert {"GET", "POST"} & set(answer.headers["access-control-allow-methods"].split(", "))
    assert "access-control-allow-credentials" not in answer.headers
    assert "content-length" not in answer.headers


def test_a_preflight_tells_the_methods_of_its_path(gateway: GatewayProcess) -> None:
    assert preflight(gateway.port, ONE, ORIGIN).headers["access-control-allow-methods"] == "GET, HEAD"


@pytest.mark.parametrize("asked", [b"", b"x" * 2000, b"a\x01b"])
def test_no_header_is_granted_that_was_not_named(asked: bytes, gateway: GatewayProcess) -> None:
    method = b"access-control-request-method: GET"
    answer = get(
        gateway.port, ONE, ORIGIN, method, b"access-control-request-headers: " + asked, method=b"OPTIONS"
    )
    assert "access-control-allow-headers" not in answer.headers


@pytest.mark.parametrize("headers", [(), (ORIGIN,), (b"access-control-request-method: GET",)])
def test_any_other_options_is_405(headers: tuple[bytes, ...], gateway: GatewayProcess) -> None:
    assert get(gateway.port, ONE, *headers, method=b"OPTIONS").status == 405


@pytest.mark.parametrize("target", [ONE, b"/api/messagestatus/nobody", b"/api/chat/status", b"/healthz"])
def test_pages_of_any_origin_may_read_answers_and_errors(target: bytes, gateway: GatewayProcess) -> None:
    answer = get(gateway.port, target, ORIGIN, NAMED)
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = answer.headers["access-control-expose-headers"].lower()
    assert {"x-ratelimit-remaining", "x-request-id", "etag", "retry-after"} <= set(exposed.split(", "))


def test_without_an_origin_nothing_is_said_of_origins(gateway: GatewayProcess) -> None:
    assert not [name for name in get(gateway.port, ONE).headers if name.startswith("access-control")]


@pytest.fixture(scope="module")
def choosy(_scripted_upstream: ScriptedUpstream) -> Iterator[GatewayProcess]:
    """A gateway that admits two origins."""
    origins = ("--cors-origin", "https://console.example", "--cors-origin", "https://other.example")
    upstream = ("--upstream", f"127.0.0.1:{_scripted_upstream.port}", "--rate-limit", "ryze=none")
    with GatewayProcess("--listen", "127.0.0.1:0", *origins, *upstream) as running:
        yield running


def test_an_origin_on_the_list_is_admitted_by_name(choosy: GatewayProcess) -> None:
    for answer in (get(choosy.port, ONE, ORIGIN), preflight(choosy.port, ONE, ORIGIN)):
        assert answer.headers["access-control-allow-origin"] == "https://console.example"
        assert "vary" in answer.headers


def test_no_other_origin_is(choosy: GatewayProcess) -> None:
    stranger = b"origin: https://console.example.evil.example"
    assert "access-control-allow-origin" not in get(choosy.port, ONE, stranger).headers
    assert preflight(choosy.port, ONE, stranger).status == 405


def test_a_poller_is_told_when_nothing_changed(gateway: GatewayProcess, upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    first = get(gateway.port, ONE, NAMED)
    assert (first.status, first.headers["cache-control"]) == (200, "private, no-cache")
    tag = first.headers["etag"].encode()
    again = get(gateway.port, ONE, NAMED, b"if-none-match: " + tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag.decode())
    assert not {"content-type", "content-length"} & again.headers.keys()
    upstream.add(sample(segments=2))
    changed = get(gateway.port, ONE, NAMED, b"if-none-match: " + tag)
    assert (changed.status, changed.headers["etag"] != tag.decode()) == (200, True)


@pytest.mark.parametrize(
    ("rule", "wanted", "status"),
    [
        ("any state", b"*", 304),
        ("one of several", b'"x", TAG , "y"', 304),
        ("a strong tag with the same value", b"STRONG", 304),
        ("another tag", b'"x"', 200),
        ("no tag", b"", 200),
    ],
)
def test_tags_are_compared_weakly(
    rule: str, wanted: bytes, status: int, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    tag = get(gateway.port, ONE, NAMED).headers["etag"].encode()
    wanted = wanted.replace(b"TAG", tag).replace(b"STRONG", tag.removeprefix(b"W/"))
    assert get(gateway.port, ONE, NAMED, b"if-none-match: " + wanted).status == status, rule


def test_an_error_has_no_tag_and_is_kept_by_nobody(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    del upstream  # emptied before
    answer = get(gateway.port, ONE, NAMED, b"if-none-match: *")
    assert (answer.status, answer.headers["cache-control"]) == (404, "no-store")
    assert "etag" not in answer.headers


def test_head_is_revalidated_like_get(gateway: GatewayProcess, upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    told = get(gateway.port, ONE, NAMED, method=b"HEAD")
    assert told.headers["etag"] == get(gateway.port, ONE, NAMED).headers["etag"]
    assert get(gateway.port, ONE, NAMED, b"if-none-match: *", method=b"HEAD").status == 304


def test_a_large_answer_is_packed_for_who_can_unpack_it(
    gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.add(*(numbered(number) for number in range(50)))
    plain, small = get(gateway.port, MANY, NAMED), get(gateway.port, MANY, NAMED, GZIP)
    assert (plain.headers["vary"], small.headers["vary"]) == ("Accept-Encoding", "Accept-Encoding")
    assert (small.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) * 5 < len(plain.body)
    assert small.headers["etag"] == plain.headers["etag"]
    told = get(gateway.port, MANY, NAMED, GZIP, method=b"HEAD")
    assert told.headers["content-length"] == str(len(small.body))


def test_a_small_answer_is_not_worth_packing(gateway: GatewayProcess, upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    answer = get(gateway.port, ONE, NAMED, GZIP)
    assert not {"content-encoding", "vary"} & answer.headers.keys()


@pytest.mark.parametrize(
    ("accepted", "packs"),
    [
        (b"gzip", True),
        (b"br, GZIP;q=0.5", True),
        (b"*", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, *", False),
        (b"identity", False),
        (b"gzip;q=much", False),
        (b"", False),
        (b"xgzip", False),
    ],
)
def test_what_accepts_gzip(
    accepted: bytes, packs: bool, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.add(*(numbered(number) for number in range(5)))
    answer = get(gateway.port, MANY, NAMED, b"accept-encoding: " + accepted)
    assert ("content-encoding" in answer.headers) is packs
