"""TLS and mutual TLS, by flags: who may connect, and that everybody else does not get a word."""

import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.refused import refused
from tests.running import RunningServer

SUBJECT = "subjectAltName=IP:127.0.0.1,DNS:localhost"


class Pair(NamedTuple):
    """A certificate with its key."""

    certificate: bytes
    key: bytes


class Authority:
    """A certificate authority, made with the command line of OpenSSL."""

    def __init__(self, place: Path, name: str) -> None:
        self._place = place
        self._name = name
        self.file = place / f"{name}.pem"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", f"/CN={name}", "-days", "2", "-keyout", str(self._key), "-out", str(self.file)),
        )

    @property
    def _key(self) -> Path:
        return self._place / f"{self._name}.key"

    def issue(self, name: str, *, days: int = 2) -> Pair:
        """Issue a certificate; one for no days has expired at once."""
        stem = self._place / f"{self._name}-{name}"
        key, asked, issued = (stem.with_suffix(suffix) for suffix in (".key", ".csr", ".pem"))
        extensions = self._place / "extensions"
        extensions.write_text(SUBJECT)
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-subj", f"/CN={name}", "-keyout", str(key), "-out", str(asked)),
        )
        _openssl(
            *("x509", "-req", "-in", str(asked), "-CA", str(self.file), "-CAkey", str(self._key)),
            *("-CAcreateserial", "-days", str(days), "-extfile", str(extensions), "-out", str(issued)),
        )
        return Pair(issued.read_bytes(), key.read_bytes())


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)


class Secured(NamedTuple):
    """A server with TLS, the authority of both sides, and another one that nobody trusts."""

    address: str
    authority: Authority
    stranger: Authority


def _secured(place: Path, *, mutual: bool) -> Iterator[Secured]:
    authority, stranger = Authority(place, "authority"), Authority(place, "stranger")
    authority.issue("server")
    flags = ["--tls-cert", str(place / "authority-server.pem"), "--tls-key"]
    flags.append(str(place / "authority-server.key"))
    if mutual:
        flags += ["--tls-client-ca", str(authority.file)]
    server = RunningServer(place / "data", *flags)
    assert server.logged("serving")["tls"] is True
    yield Secured(server.address, authority, stranger)
    assert server.terminate() == 0


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Run a server with TLS that asks clients for no certificate."""
    yield from _secured(tmp_path_factory.mktemp("tls"), mutual=False)


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Run a server with TLS that asks clients for a certificate."""
    yield from _secured(tmp_path_factory.mktemp("mtls"), mutual=True)


def _trusting(authority: Authority, pair: Pair | None = None) -> grpc.ChannelCredentials:
    certificate, key = pair or (None, None)
    return grpc.ssl_channel_credentials(authority.file.read_bytes(), key, certificate)


def _code(address: str, credentials: grpc.ChannelCredentials | None) -> str:
    """Return the code of a call that a healthy server answers with OK."""
    with (
        grpc.insecure_channel(address)
        if credentials is None
        else grpc.secure_channel(address, credentials) as channel
    ):
        try:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
        except grpc.RpcError as failed:
            return refused(failed).code.name
    return "OK"


def test_a_client_that_trusts_the_authority_is_answered(plain: Secured) -> None:
    assert _code(plain.address, _trusting(plain.authority)) == "OK"


def test_a_client_that_trusts_another_authority_does_not_connect(plain: Secured) -> None:
    assert _code(plain.address, _trusting(plain.stranger)) == "UNAVAILABLE"


def test_a_client_without_tls_is_unavailable(plain: Secured) -> None:
    assert _code(plain.address, None) == "UNAVAILABLE"


def test_a_client_with_its_certificate_is_answered(mutual: Secured) -> None:
    pair = mutual.authority.issue("client")
    assert _code(mutual.address, _trusting(mutual.authority, pair)) == "OK"


def test_a_client_without_a_certificate_is_unavailable(mutual: Secured) -> None:
    assert _code(mutual.address, _trusting(mutual.authority)) == "UNAVAILABLE"
    assert _code(mutual.address, None) == "UNAVAILABLE"


def test_a_client_with_a_certificate_of_another_authority_is_unavailable(mutual: Secured) -> None:
    pair = mutual.stranger.issue("client")
    assert _code(mutual.address, _trusting(mutual.authority, pair)) == "UNAVAILABLE"


def test_a_client_whose_certificate_has_expired_is_unavailable(mutual: Secured) -> None:
    pair = mutual.authority.issue("expired", days=0)
    assert _code(mutual.address, _trusting(mutual.authority, pair)) == "UNAVAILABLE"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_spoken_with_http2(plain: Secured, version: ssl.TLSVersion) -> None:
    assert _handshake(plain, version) == (version.name.replace("_", "."), "h2")


def _handshake(secured: Secured, version: ssl.TLSVersion) -> tuple[str | None, str | None]:
    context = ssl.create_default_context(cafile=str(secured.authority.file))
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    host, _, port = secured.address.rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=host) as speaking,
    ):
        return speaking.version(), speaking.selected_alpn_protocol()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--tls-cert", "{pem}"], "--tls-cert and --tls-key go together"),
        (["--tls-key", "{pem}"], "--tls-cert and --tls-key go together"),
        (["--tls-client-ca", "{pem}"], "--tls-client-ca needs --tls-cert and --tls-key"),
        (["--tls-cert", "/nowhere", "--tls-key", "{pem}"], "does not exist"),
    ],
)
def test_flags_that_do_not_fit_are_told_at_the_start(
    plain: Secured, tmp_path: Path, flags: list[str], said: str
) -> None:
    """A server that was meant to speak TLS never starts without it."""
    given = [flag.format(pem=plain.authority.file) for flag in flags]
    started = subprocess.run(
        [sys.executable, "-m", "messagestatus_server", "--data", str(tmp_path), *given],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert started.returncode == 2
    assert said in started.stderr
