"""What an operator decides about one gateway process."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from messagestatus_gateway.rate_limit import StatedLimits

_LAST_PORT = 65535


class Address(NamedTuple):
    """A TCP address. Port 0 asks the system for a free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `host:port`; an IPv6 host stands in brackets.

        Raises:
            ValueError: It is no such address.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT:
            raise ValueError(f"{text!r} is not HOST:PORT")
        if host.startswith("[") != host.endswith("]") or (":" in host and not host.startswith("[")):
            raise ValueError(f"the IPv6 host in {text!r} needs brackets")
        return cls(host.removeprefix("[").removesuffix("]"), int(port))

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamSettings:
    """Where the upstream is, and how it is reached.

    Attributes:
        address: `host:port`.
        deadline: Seconds that one look-up may take, waiting included.
        coalesce: Whether look-ups of one caller at one time go together.
        ca: The certificates the upstream's own must come from. With any of the three files the
            connection is TLS; without, it is plain.
        cert: The gateway's own certificate, where the upstream asks for one.
        key: The private key of `cert`.
    """

    address: str
    deadline: float = 5.0
    coalesce: bool = True
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one gateway process takes on.

    Attributes:
        body: Bytes of a request's body.
        target: Bytes of a request's path and query.
        headers: Bytes of a request's header names and values.
        arrival: Seconds until a request must have arrived, head and body each.
        concurrency: Requests answered at one time, watches aside.
        watches: Watches at one time.
    """

    body: int = 1 << 20
    target: int = 8 << 10
    headers: int = 32 << 10
    arrival: float = 10.0
    concurrency: int = 4096
    watches: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it.

    Attributes:
        upstream: The upstream.
        listen: Where to listen.
        fd: A listening socket to serve in place of `listen`.
        tls_cert: The certificate for HTTPS; plain HTTP without.
        tls_key: The private key of `tls_cert`, unless that file has it.
        limits: How much to take on.
        drain: Seconds that requests under way have to finish after a signal to stop.
        rate_limits: How many calls callers may make, where the dialect's document is not to decide.
        rate_limit_dir: Where gateway processes count calls together.
        cors_origins: The origins whose pages may read answers; `*` for all.
        public_url: What callers outside call the gateway by, where a proxy changes that.
        trusted_proxies: The networks of proxies whose word on a request's origin counts.
    """

    upstream: UpstreamSettings
    listen: Address
    fd: int | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    limits: Limits = Limits()
    drain: int = 10
    rate_limits: StatedLimits
    rate_limit_dir: Path
    cors_origins: tuple[str, ...] = ("*",)
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
