"""The settings of a server process."""

from pathlib import Path
from typing import NamedTuple


class TlsFiles(NamedTuple):
    """The files that TLS needs; with `client_ca`, clients must show a certificate of that authority."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


class WebhookSettings(NamedTuple):
    """Where webhook endpoints may be beside the public internet, and for how many days something holds.

    `networks` are in CIDR form, and `ports` are open at public addresses beside the usual ones. After
    `disable_days` of nothing but failures an endpoint is disabled, never for 0; attempts and dead events are
    kept for `kept_days`.
    """

    networks: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    disable_days: int = 5
    kept_days: int = 30


class Settings(NamedTuple):
    """What the operator decides; durations are in seconds, memory in megabytes."""

    data: Path
    listen: str
    tls: TlsFiles | None = None
    reflect: bool = True
    most_calls: int = 1_000
    most_watches: int = 10_000
    feed_days: int = 30
    drain_delay: float = 0.0
    drain_grace: float = 15.0
    engine: str = "auto"
    commit_group: int = 512
    cache: int = 256
    mapped: int = 0
    timer_interval: float = 5.0
    raw_days: int = 30
    orphan_days: int = 30
    webhooks: WebhookSettings = WebhookSettings()

    @property
    def database(self) -> Path:
        """The database file."""
        return self.data / "messagestatus.db"

    @property
    def admin_key(self) -> Path:
        """The file with the key that the first start makes."""
        return self.data / "admin.key"

    @property
    def seal_key(self) -> Path:
        """The file with the key that secrets in the database are sealed with."""
        return self.data / "seal.key"
