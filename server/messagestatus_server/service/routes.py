"""Routes: created, changed and deleted by administrators, and at hand for the callbacks that come in."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

import structlog

from messagestatus_server.domain.access import Tenant
from messagestatus_server.domain.awaiting import Sweep
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.refusals import (
    FieldInvalid,
    FieldRequired,
    RouteAlreadyExists,
    RouteNotFound,
)
from messagestatus_server.domain.route import Route, RouteSpec, is_route_name
from messagestatus_server.domain.vocabulary import Lexicon
from messagestatus_server.providers.callback import Config, Provider
from messagestatus_server.providers.registry import NAMES, provider
from messagestatus_server.service.access import Access
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.naming import check_instance
from messagestatus_server.service.policies import TRUSTED_FOR, Policies
from messagestatus_server.service.route_spec import admitted_config, admitted_spec
from messagestatus_server.service.sealing import Seal, SealBroken
from messagestatus_server.storage.store import Store, Transaction

log = structlog.get_logger()


class SecretPath(IntEnum):
    """How the path of a route is kept secret."""

    AS_IT_IS = 0
    NEW = 1
    NONE = 2


class ShownRoute(NamedTuple):
    """A route as administrators see it; `path` is told where it is new."""

    tenant: Tenant
    route: Route
    secret_names: list[str]
    path: str = ""


class Decided(NamedTuple):
    """What an administrator decides about a route, with the secrets that are given."""

    spec: RouteSpec
    secrets: Mapping[str, str]
    path: SecretPath = SecretPath.AS_IT_IS


class LiveRoute(NamedTuple):
    """A route ready to take callbacks: with its provider, opened secrets, and what words mean on it."""

    route: Route
    provider: Provider
    config: Config
    lexicon: Lexicon

    def opens(self, path_secret: str) -> bool:
        """Tell whether the segment after the name of the route is the secret that it asks for."""
        digest = self.route.path_digest
        if digest is None:
            return not path_secret
        return hmac.compare_digest(_digest(path_secret), digest)


class Routes:
    """Keeps routes. Every change is answered after its commit."""

    def __init__(
        self, store: Store, access: Access, policies: Policies, *, seal: Seal, lexicon: Lexicon, clock: Clock
    ) -> None:
        self._store = store
        self._access = access
        self._policies = policies
        self._seal = seal
        self._lexicon = lexicon
        self._clock = clock
        self._live: dict[str, tuple[LiveRoute | None, int]] = {}

    async def create(
        self, caller: Caller, tenant_name: str, name: str, provider_name: str, decided: Decided
    ) -> ShownRoute:
        """Create a route.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            FieldRequired, FieldInvalid, InstanceNotFound: A field is.
            RouteAlreadyExists: A route has the name.
        """
        tenant = await self._access.administered(caller, tenant_name)
        if not is_route_name(identifier("route", name)):
            raise FieldInvalid("route", "takes 1 to 63 lower-case letters, digits and inner dashes")
        secret, digest = _new_path(decided.path, None)
        spec, kept = self._admitted(
            provider_name, decided.spec, decided.secrets, secret_path=digest is not None
        )
        sealed = self._seal.close(kept, _purpose(name))
        route = Route(0, tenant.tenant, name, provider_name, spec, sealed, digest, self._clock())

        async def work(tx: Transaction) -> None:
            await check_instance(tx, tenant.tenant, spec.instance)
            if await tx.find_route(name) is not None:
                raise RouteAlreadyExists(name)
            await tx.add_route(route)
            if spec.deadlines:
                await tx.request_sweep(self._sweep(route))

        await self._store.write(work)
        self._forget(route)
        return ShownRoute(tenant, route, sorted(kept), _path(name, secret))

    async def update(self, caller: Caller, tenant_name: str, name: str, decided: Decided) -> ShownRoute:
        """Replace what is decided about a route; secrets that are not given stay, an empty one removes one.

        Raises:
            Refusal: As `create` does; RouteNotFound: There is no such route.
            FieldRequired: Its secrets are lost, and none are given, not even empty ones.
        """
        tenant = await self._access.administered(caller, tenant_name)
        route = await self._of(tenant, name)
        decided_before = route.spec.deadlines, route.spec.provider_name
        opened = self._opened(route)
        merged = {**(opened or {}), **decided.secrets}
        secret, digest = _new_path(decided.path, route.path_digest)
        spec, kept = self._admitted(
            route.provider, decided.spec, _without_empty(merged), secret_path=digest is not None
        )
        if opened is None and not decided.secrets and _takes_secrets(provider(route.provider)):
            # Else a route that was signed would be open to all who know its path, and nobody had said so.
            raise FieldRequired("secrets")
        route = route._replace(
            spec=spec, sealed_secrets=self._seal.close(kept, _purpose(name)), path_digest=digest
        )

        async def work(tx: Transaction) -> None:
            await check_instance(tx, tenant.tenant, spec.instance)
            await tx.replace_route(route)
            if spec.deadlines and (spec.deadlines, spec.provider_name) != decided_before:
                await tx.request_sweep(self._sweep(route))

        await self._store.write(work)
        self._forget(route)
        told = "" if decided.path is SecretPath.AS_IT_IS else _path(name, secret)
        return ShownRoute(tenant, route, sorted(kept), told)

    async def every(self, caller: Caller, tenant_name: str) -> list[ShownRoute]:
        """Return the routes of a tenant, by name.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = await self._access.administered(caller, tenant_name)
        routes = await self._store.routes(tenant.tenant)
        return [ShownRoute(tenant, route, sorted(self._opened(route) or ())) for route in routes]

    async def delete(self, caller: Caller, tenant_name: str, name: str) -> None:
        """Delete a route with its callbacks, unless there is none.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = await self._access.administered(caller, tenant_name)
        try:
            route = await self._of(tenant, name)
        except RouteNotFound:
            return
        await self._store.write(lambda tx: tx.delete_route(route))
        self._forget(route)

    async def live(self, name: str) -> LiveRoute | None:
        """Return a route ready to take callbacks, or None where there is none of that name.

        Raises:
            SealBroken: Its secrets cannot be opened.
            Refusal: The store's.
        """
        now = self._clock()
        known = self._live.get(name)
        if known is not None and now < known[1]:
            return known[0]
        route = await self._store.find_route(name) if is_route_name(name) else None
        live = None if route is None else self._readied(route)
        if len(self._live) >= _MOST_KNOWN:
            self._live.clear()
        self._live[name] = live, now + TRUSTED_FOR
        return live

    def ready(self, route: Route) -> LiveRoute:
        """Return a route ready to read the callbacks that it has taken, though its secrets are lost."""
        words = {override.key: override.meaning for override in route.spec.overrides}
        lexicon = self._lexicon.overridden(route.provider, words) if words else self._lexicon
        known = provider(route.provider)
        return LiveRoute(route, known, {**_defaults(known), **route.spec.settings}, lexicon)

    def _readied(self, route: Route) -> LiveRoute:
        secrets_of_route = self._seal.open(route.sealed_secrets, _purpose(route.name))
        live = self.ready(route)
        return live._replace(config={**live.config, **secrets_of_route})

    async def _of(self, tenant: Tenant, name: str) -> Route:
        identifier("route", name)
        route = await self._store.find_route(name)
        if route is None or route.tenant != tenant.tenant:
            raise RouteNotFound(name)
        return route

    def _opened(self, route: Route) -> dict[str, str] | None:
        """Return the secrets of a route; None where they cannot be opened, so that new ones can be given."""
        try:
            return self._seal.open(route.sealed_secrets, _purpose(route.name))
        except SealBroken:
            log.error("secrets cannot be opened", route=route.name)  # noqa: TRY400 - the trace tells nothing
            return None

    def _admitted(
        self, provider_name: str, spec: RouteSpec, given: Mapping[str, str], *, secret_path: bool
    ) -> tuple[RouteSpec, dict[str, str]]:
        if not provider_name:
            raise FieldRequired("provider")
        if provider_name not in NAMES:
            raise FieldInvalid("provider", f"must be one of {', '.join(NAMES)}")
        known = provider(provider_name)
        spec = admitted_spec(provider_name, spec)
        settings, kept = admitted_config(known, spec.settings, given)
        spec = spec._replace(settings=settings)
        signed = known.signs({**_defaults(known), **settings, **kept})
        if not (signed or secret_path or spec.allowed_networks):
            raise FieldRequired("secrets, secret_path or spec.allowed_networks")
        return spec, kept

    def _sweep(self, route: Route) -> Sweep:
        # By then no message is registered any more by what the routes decided before.
        return Sweep(route.tenant, route.spec.provider_name, self._clock() + 2 * TRUSTED_FOR)

    def _forget(self, route: Route) -> None:
        self._live.pop(route.name, None)
        self._policies.forget(route.tenant)


_MOST_KNOWN = 10_000
"""How many names are remembered at most, those of no route among them."""


def _takes_secrets(known: Provider) -> bool:
    return any(setting.secret for setting in known.settings)


def _defaults(known: Provider) -> dict[str, str]:
    return {setting.name: setting.default for setting in known.settings if setting.default}


def _without_empty(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _new_path(path: SecretPath, known: bytes | None) -> tuple[str, bytes | None]:
    """Return the secret of a path that becomes secret, and its digest."""
    if path is SecretPath.NEW:
        secret = secrets.token_urlsafe(24)
        return secret, _digest(secret)
    return "", known if path is SecretPath.AS_IT_IS else None


def _path(name: str, secret: str) -> str:
    return f"/receipts/{name}/{secret}" if secret else f"/receipts/{name}"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _purpose(name: str) -> str:
    return f"route/{name}"
