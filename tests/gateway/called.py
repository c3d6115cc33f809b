"""A route of a real server, called by a simulated carrier through a real gateway."""

import time
from typing import Any

import httpx2

from messagestatus_server.cli.simulate.carriers.carrier import Event, Posting
from tests.builders import message, register
from tests.running import Client, RunningGateway, Tenant
from tests.transport.routes import opened

PHONE = "+436601234567"


class Called:
    """A route of a provider, its carrier, and the gateway that the carrier calls."""

    def __init__(
        self, admin: Client, tenant: Tenant, name: str, gateway: RunningGateway, **spec: Any
    ) -> None:
        self.name = name
        self.gateway = gateway
        self.client = tenant.client
        self.carrier, self.path = opened(admin, tenant.name, name, **spec)
        self.message_id = self.carrier.new_message_id(1)
        register(
            tenant.client,
            message("m", phone=PHONE, provider={"name": name, "message_id": self.message_id}),
        )

    def event(self, word: str = "", step: int = 1) -> Event:
        """Return one step of the message: the last one, unless told."""
        at = time.time_ns() // 1000
        return Event(self.message_id, PHONE, word or self.carrier.script[-1], occur_time=at, step=step)

    def posting(self, *events: Event, url: str = "") -> Posting:
        """Return the signed callback, for the URL of the gateway unless told."""
        return self.carrier.post(url or f"{self.gateway.url}{self.path}", events or (self.event(),))

    def send(self, posting: Posting, **headers: str) -> httpx2.Response:
        """Let a callback come in at the gateway, whatever URL was signed."""
        _, mark, query = posting.url.partition("?")
        return httpx2.request(
            posting.method,
            f"{self.gateway.url}{self.path}{mark}{query}",
            headers={**posting.headers, **{name.replace("_", "-"): value for name, value in headers.items()}},
            content=posting.body,
            timeout=20,
        )
