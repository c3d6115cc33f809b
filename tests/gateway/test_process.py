"""The process: how it starts, shares a port, speaks TLS, and stops."""

import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from .gateway_process import GatewayProcess
from .raw_http import get, parse, read_all
from .samples import DOCUMENTED_ENTRY, MESSAGE_ID, sample
from .scripted_upstream import KEY, ScriptedUpstream

TARGET = f"/api/messagestatus/{MESSAGE_ID}"
KEY_HEADER = b"x-api-key: " + KEY.encode()
ANY_PORT = ("--listen", "127.0.0.1:0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_finish_and_ends_without_a_failure(
    number: int, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    upstream.gate.clear()
    with (
        GatewayProcess(*ANY_PORT, "--upstream", f"127.0.0.1:{upstream.port}") as stopping,
        socket.create_connection(("127.0.0.1", stopping.port), timeout=5) as connection,
    ):
        connection.sendall(f"GET {TARGET} HTTP/1.1\r\n".encode() + KEY_HEADER + b"\r\n\r\n")
        assert upstream.arrived.acquire(timeout=5)
        stopping.stop(number)
        await_refused_connection(stopping.port)
        upstream.gate.set()
        answer = parse(read_all(connection))
        assert (answer.status, answer.json) == (200, DOCUMENTED_ENTRY)
        assert stopping.await_end() == 0
        assert [line["event"] for line in stopping.log] == ["listening", "request", "stopped"]


def await_refused_connection(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue  # accepted by the system, and dropped with the listener


def test_a_request_that_outlives_the_drain_is_told_so(upstream: ScriptedUpstream) -> None:
    upstream.gate.clear()
    options = ("--upstream", f"127.0.0.1:{upstream.port}", "--drain", "0", "--deadline", "30")
    with (
        GatewayProcess(*ANY_PORT, *options) as stopping,
        socket.create_connection(("127.0.0.1", stopping.port), timeout=5) as connection,
    ):
        connection.sendall(f"GET {TARGET} HTTP/1.1\r\n".encode() + KEY_HEADER + b"\r\n\r\n")
        assert upstream.arrived.acquire(timeout=5)
        stopping.stop()
        answer = parse(read_all(connection))
        assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})
        assert stopping.await_end() == 0


def test_several_processes_share_one_inherited_socket(upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    with socket.create_server(("127.0.0.1", 0)) as listener:
        options = ("--fd", str(listener.fileno()), "--upstream", f"127.0.0.1:{upstream.port}")
        with (
            GatewayProcess(*options, pass_fds=(listener.fileno(),)) as first,
            GatewayProcess(*options, pass_fds=(listener.fileno(),)) as second,
        ):
            assert first.address == second.address
            first.stop()
            assert first.await_end() == 0
            assert get(second.port, TARGET.encode(), KEY_HEADER).status == 200


def certify(directory: Path) -> tuple[Path, Path]:
    """Makes a self-signed certificate for 127.0.0.1."""
    certificate, key = directory / "cert.pem", directory / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=gateway"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return certificate, key


def test_tls_to_clients_and_mutual_tls_to_the_upstream(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path)
    secured = ScriptedUpstream()
    secured.add(sample())
    port = secured.secure(key.read_bytes(), certificate.read_bytes(), certificate.read_bytes())
    with secured:
        trusted = ("--upstream", f"127.0.0.1:{port}", "--upstream-ca", str(certificate))
        shown = ("--upstream-cert", str(certificate), "--upstream-key", str(key))
        served = ("--tls-cert", str(certificate), "--tls-key", str(key))
        with GatewayProcess(*ANY_PORT, *trusted, *shown, *served) as gateway:
            trust = ssl.create_default_context(cafile=str(certificate))
            headers = {"X-Api-Key": KEY}
            answer = httpx2.get(f"https://{gateway.address}{TARGET}", headers=headers, verify=trust)
            assert (answer.status_code, answer.json()) == (200, DOCUMENTED_ENTRY)
        with GatewayProcess(*ANY_PORT, *trusted) as stranger:
            assert get(stranger.port, TARGET.encode(), KEY_HEADER).status == 503


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--listen", "8080"), "is not HOST:PORT"),
        (("--listen", "127.0.0.1:99999"), "is not HOST:PORT"),
        (("--listen", "::1:80"), "needs brackets"),
        (("--listen", "192.0.2.1:80"), "assign requested address"),
        (("--upstream-cert", sys.executable), "go together"),
        (("--tls-key", sys.executable), "needs --tls-cert"),
        (("--deadline", "0"), "not in the range"),
    ],
)
def test_options_that_cannot_be_followed_are_told_in_one_line(options: tuple[str, ...], told: str) -> None:
    command = [sys.executable, "-m", "messagestatus_gateway", *options]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=10)
    assert ended.returncode in {1, 2}
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
