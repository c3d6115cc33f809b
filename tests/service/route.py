"""A route of a tenant on the workbench, and the simulated carrier that calls it."""

from collections.abc import Mapping
from typing import Any

from messagestatus_server.cli.simulate.carriers.carrier import Event, Posting
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.route import RouteSpec
from messagestatus_server.providers.callback import Answer
from messagestatus_server.providers.registry import provider as provider_of
from messagestatus_server.service.callbacks import Incoming
from messagestatus_server.service.routes import Decided, SecretPath, ShownRoute
from messagestatus_server.storage.store import Transaction
from tests.domain.samples import NOON
from tests.service.workbench import Workbench

HOST = "https://dlr.example.com"
PHONE = "+436601234567"

INBOX = "inbox"
"""The tenant that has the routes."""


def event(provider_message_id: str = "p1", word: str = "delivered", **said: Any) -> Event:
    """Return one step of a message, a second after noon unless told."""
    return Event(
        provider_message_id, **{"phone": PHONE, "word": word, "occur_time": NOON + 1_000_000, **said}
    )


def settle(bench: Workbench, name: str = INBOX) -> Caller:
    """Return an administrator of a tenant, which is made if need be, and let the workbench act as it."""

    async def work(tx: Transaction) -> None:
        if await tx.find_tenant(name) is None:
            await tx.add_tenant(name, NOON, operator=False)

    bench.run(bench.store.write(work))
    tenant = bench.run(bench.store.find_tenant(name))
    assert tenant is not None
    bench.caller = Caller(tenant.tenant, name, "key", frozenset(Scope))
    return bench.caller


class Line:
    """A route, created with what its carrier knows, and the URL that the carrier calls."""

    def __init__(
        self,
        bench: Workbench,
        provider: str = "twilio",
        name: str = "acme",
        *,
        path: SecretPath = SecretPath.AS_IT_IS,
        **spec: Any,
    ) -> None:
        self.bench = bench
        self.name = name
        self.provider = provider
        self.carrier = carrier(provider)
        self.caller = bench.caller
        made = bench.run(
            bench.routes.create(self.caller, "", name, provider, self.decided(path=path, **spec))
        )
        self.handle = self._handle()
        self.path = made.path

    @property
    def url(self) -> str:
        return f"{HOST}{self.path}"

    def decided(
        self,
        secrets: Mapping[str, str] | None = None,
        path: SecretPath = SecretPath.AS_IT_IS,
        **spec: Any,
    ) -> Decided:
        """Return a decision with the carrier's settings and secrets."""
        config = self.carrier.config
        secret = {setting.name for setting in provider_of(self.provider).settings if setting.secret}
        settings = {name: value for name, value in config.items() if name not in secret}
        given = {name: value for name, value in config.items() if name in secret}
        whole = RouteSpec(
            **{"provider_name": "", **spec, "settings": settings | dict(spec.get("settings", {}))}
        )
        return Decided(whole, given if secrets is None else secrets, path)

    def update(self, secrets: Mapping[str, str] | None = None, **decided: Any) -> ShownRoute:
        """Decide anew; the secrets stay unless some are given."""
        return self.bench.run(
            self.bench.routes.update(self.caller, "", self.name, self.decided(secrets or {}, **decided))
        )

    def post(self, *events: Event, **changed: Any) -> Answer:
        """Let the carrier tell of events; `changed` are fields of the callback that come otherwise."""
        return self.send(self.carrier.post(self.url, events), **changed)

    def send(self, posting: Posting, **changed: Any) -> Answer:
        """Let a callback come in."""
        secret = self.path.removeprefix(f"/receipts/{self.name}").removeprefix("/")
        headers = {name.lower(): value for name, value in posting.headers.items()}
        incoming = Incoming(
            self.name, secret, posting.method, posting.url, headers, posting.body, "192.0.2.7"
        )
        return self.bench.run(self.bench.callbacks.receive(incoming._replace(**changed)))

    def kept(self) -> list[tuple[Any, ...]]:
        """Return what is kept of the callbacks that came: verdict, explanation, items, how many wait."""
        self.bench.run(self.bench.callbacks.close())
        return self.bench.select(
            "SELECT verdict, explanation, items, quarantined FROM callback WHERE route = ? ORDER BY id",
            (self.handle,),
        )

    def counted(self) -> dict[int, int]:
        """Return how many callbacks came, by verdict."""
        self.bench.run(self.bench.callbacks.close())
        return dict(
            self.bench.select("SELECT verdict, callbacks FROM callback_tally WHERE route = ?", (self.handle,))
        )

    def _handle(self) -> int:
        route = self.bench.run(self.bench.store.find_route(self.name))
        assert route is not None
        return route.handle
