"""Limits on calls: exact over all processes, by token, told on every answer. RyzeAPI, "Rate limit & CORS"."""

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.builders import message, register
from tests.running import Operator, RunningGateway, RunningServer, Tenant

from .raw_http import exchange, get

PATH = "/api/chat/status/line-1?messageId=nobody"
LIMITED = {"success": False, "error": {"message": "Rate limit exceeded. Try again later."}}
INVALID = {"success": False, "error": {"message": "Invalid token"}}


@pytest.fixture(scope="module")
def limited(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """Run a gateway that admits three calls in a minute, and more to one tenant."""
    place = str(tmp_path_factory.mktemp("calls"))
    options = ["--rate-limit-dir", place, "--rate-limit", "ryze=3/60", "--rate-limit", "ryze/generous=5/60"]
    running = RunningGateway(server.address, *options, "--rate-limit", "ryze/endless=none")
    yield running
    running.terminate()


@pytest.fixture
def token(tenant: Tenant, operator: Operator) -> str:
    operator.instance(tenant.name, "line-1")
    return tenant.key


def ask(gateway: RunningGateway, token: str, path: str = PATH, method: str = "GET") -> httpx2.Response:
    return httpx2.request(method, gateway.url + path, headers={"token": token} if token else {})


def standing(response: httpx2.Response) -> tuple[int, int]:
    return int(response.headers["x-ratelimit-limit"]), int(response.headers["x-ratelimit-remaining"])


def test_remaining_counts_the_call_that_carries_it(limited: RunningGateway, token: str) -> None:
    answers = [ask(limited, token) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429, 429]
    assert [standing(answer) for answer in answers] == [(3, 2), (3, 1), (3, 0), (3, 0), (3, 0)]
    assert answers[3].json() == LIMITED


def test_the_window_is_fixed_and_refused_calls_do_not_extend_it(limited: RunningGateway, token: str) -> None:
    before = time.time()
    first = ask(limited, token)
    after = time.time()
    resets = {ask(limited, token).headers["x-ratelimit-reset"] for _ in range(5)}
    assert resets == {first.headers["x-ratelimit-reset"]}
    assert math.ceil(before + 60) <= int(resets.pop()) <= math.ceil(after + 60)


def test_a_refused_call_says_when_to_try_again(limited: RunningGateway, token: str) -> None:
    *_, refused = [ask(limited, token) for _ in range(4)]
    wait = int(refused.headers["x-ratelimit-reset"]) - time.time()
    assert wait - 1 <= int(refused.headers["retry-after"]) <= wait + 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/chat/status/nowhere?messageId=x", 404),
        ("GET", "/api/chat/status/line-1", 400),
        ("GET", "/api/chat/status", 400),
        ("GET", "/api/chat/status/", 400),
        ("HEAD", PATH, 404),
        ("POST", PATH, 405),
        ("GET", "/api/chat/status/a/b", 404),
        ("GET", "/api/chat/status/%FF", 400),
        ("GET", f"{PATH}&x={'x' * 9000}", 414),
    ],
)
def test_every_answer_tells_it(
    method: str, path: str, status: int, limited: RunningGateway, token: str
) -> None:
    assert ask(limited, token).status_code == 404
    answer = ask(limited, token, path, method)
    assert (answer.status_code, standing(answer)) == (status, (3, 1))


def test_even_a_request_that_does_not_parse_is_told(limited: RunningGateway) -> None:
    port = int(limited.url.rpartition(":")[2])
    answer = exchange(port, b"GET /api/chat/status/line-1 HTTP/1.1\r\nno colon\r\n\r\n")
    assert (answer.status, answer.json) == (400, {"success": False, "error": {"message": "Bad Request"}})
    assert answer.headers["x-ratelimit-limit"] == "3"


def test_so_are_an_answer_that_did_not_change_and_a_preflight(
    limited: RunningGateway, tenant: Tenant, token: str
) -> None:
    register(tenant.client, message("known", instance="line-1"))
    path = f"{limited.url}/api/chat/status/line-1?messageId=known"
    unchanged = httpx2.get(path, headers={"token": token, "If-None-Match": "*"})
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    permitted = httpx2.options(path, headers=asked)
    assert (unchanged.status_code, standing(unchanged)) == (304, (3, 2))
    assert (permitted.status_code, standing(permitted)[0]) == (204, 3)


def test_the_limit_comes_before_faults_of_the_request(limited: RunningGateway, token: str) -> None:
    for _ in range(3):
        ask(limited, token)
    for path in ("/api/chat/status", "/api/chat/status/nowhere?messageId=x", "/api/chat/status/line-1"):
        assert ask(limited, token, path).status_code == 429


def test_tokens_of_one_tenant_have_windows_of_their_own(
    limited: RunningGateway, tenant: Tenant, token: str, operator: Operator
) -> None:
    for _ in range(4):
        ask(limited, token)
    assert ask(limited, operator.key(tenant.name, client="other")).status_code == 404


def test_both_places_of_a_token_count_as_one(limited: RunningGateway, token: str) -> None:
    ask(limited, token)
    answer = httpx2.get(limited.url + PATH, headers={"Authorization": f"bearer {token}"})
    assert standing(answer) == (3, 1)


def test_a_tenant_may_have_a_limit_of_its_own(limited: RunningGateway, operator: Operator) -> None:
    generous = operator.tenant("generous")
    assert [standing(ask(limited, generous.key)) for _ in range(2)] == [(5, 4), (5, 3)]


def test_a_tenant_may_have_none(limited: RunningGateway, operator: Operator) -> None:
    endless = operator.tenant("endless")
    answers = [ask(limited, endless.key) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {404}
    assert not any("x-ratelimit-limit" in answer.headers for answer in answers)


def test_a_key_that_may_not_read_counts_by_itself(
    limited: RunningGateway, tenant: Tenant, operator: Operator
) -> None:
    key = operator.key(tenant.name, ["INGEST"], client="ingesting")
    assert [ask(limited, key).status_code for _ in range(4)] == [403, 403, 403, 429]


def test_calls_without_a_valid_token_share_the_window_of_their_address(
    server: RunningServer, tmp_path: Path, token: str
) -> None:
    gateway = RunningGateway(server.address, "--rate-limit-dir", str(tmp_path), "--rate-limit", "ryze=3/60")
    try:
        answers = [ask(gateway, wrong) for wrong in ("", "wrong-1", "wrong-2", "wrong-3", "")]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
        assert [standing(answer)[1] for answer in answers] == [2, 1, 0, 0, 0]
        assert (answers[0].json(), answers[3].json()) == (INVALID, LIMITED)
        assert ask(gateway, token).status_code == 404
    finally:
        gateway.terminate()


def test_the_limit_holds_over_all_processes(server: RunningServer, tmp_path: Path, token: str) -> None:
    with ExitStack() as stack:
        gateways = [RunningGateway(server.address, "--rate-limit-dir", str(tmp_path)) for _ in range(3)]
        for gateway in gateways:
            stack.callback(gateway.terminate)
        ports = [int(gateway.url.rpartition(":")[2]) for gateway in gateways]
        carried = b"token: " + token.encode()
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda n: get(ports[n % 3], PATH.encode(), carried), range(130)))
    told = [(answer.status, int(answer.headers["x-ratelimit-remaining"])) for answer in answers]
    assert sorted(told) == [(404, remaining) for remaining in range(100)] + [(429, 0)] * 30
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"100"}


def test_other_dialects_have_no_limit_unless_told(
    server: RunningServer, tmp_path: Path, tenant: Tenant
) -> None:
    place = ("--rate-limit-dir", str(tmp_path))
    path, headers = "/api/messagestatus/reference/k", {"X-Api-Key": tenant.key}
    gateway = RunningGateway(server.address, *place, "--rate-limit", "ryze=none")
    try:
        assert "x-ratelimit-limit" not in httpx2.get(gateway.url + path, headers=headers).headers
        assert "x-ratelimit-limit" not in ask(gateway, tenant.key).headers
        assert not list(tmp_path.iterdir())
    finally:
        gateway.terminate()
    gateway = RunningGateway(server.address, *place, "--rate-limit", f"namirial/{tenant.name}=1/60")
    try:
        answers = [httpx2.get(gateway.url + path, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert answers[1].json() == {"message": "Too Many Requests"}
    finally:
        gateway.terminate()


def test_the_table_holds_no_token_and_is_for_this_user_alone(
    server: RunningServer, tmp_path: Path, token: str
) -> None:
    gateway = RunningGateway(server.address, "--rate-limit-dir", str(tmp_path / "new"))
    try:
        ask(gateway, token)
    finally:
        gateway.terminate()
    (table,) = (tmp_path / "new").iterdir()
    assert (table.stat().st_mode & 0o777, table.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert token.encode() not in table.read_bytes()
