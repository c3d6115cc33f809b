"""Routes, the callbacks that came in by them, and what of these could not be understood."""

from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.raw_callback import Quarantined, RawCallback, Verdict
from messagestatus_server.domain.route import Deadline, IdForm, Override, Route, RouteSpec
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.storage.store import Store

from .samples import NOON, OTHER, OURS, added

DIGEST = b"p" * 32
FULL = RouteSpec(
    "acme-line-1",
    "red",
    {"zone": "Europe/Rome", "id_parameter": "F"},
    ("192.0.2.0/24", "2001:db8::/32"),
    "https://dlr.example.com/in",
    frozenset(IdForm),
    reference_is_message_id=True,
    overrides=(
        Override("sent", "", Meaning(DeliveryState.SENT, Finality.SOFT)),
        Override("failed", "7", Meaning(DeliveryState.FAILED, Finality.FINAL, FailureReason.OTHER, True, 9)),
        Override("noted", "", Meaning(DeliveryState.UNSPECIFIED, Finality.NONE)),
    ),
    deadlines=(Deadline(Channel.SMS, 5_000_000), Deadline(Channel.UNSPECIFIED, 9, DeliveryState.EXPIRED)),
    disabled=True,
)


async def made(store: Store, name: str = "acme", tenant: int = OURS, spec: RouteSpec = FULL) -> Route:
    """Store a route, and return it with its handle."""
    route = Route(0, tenant, name, "kannel", spec, b"sealed", DIGEST, NOON)
    await added(store, lambda tx: tx.add_route(route))
    found = await store.find_route(name)
    assert found is not None
    return found


def came(route: Route, at: int = 0, verdict: Verdict = Verdict.TAKEN, **said: Any) -> RawCallback:
    """Return a callback that came so many microseconds after noon."""
    return RawCallback(route.handle, NOON + at, verdict, **{"method": "POST", **_PLAIN, **said})


_PLAIN: dict[str, Any] = {"query": "", "headers": (), "body": b""}


async def kept(store: Store, *callbacks: RawCallback, tenant: int = OURS) -> list[int]:
    """Keep callbacks, and return their numbers."""
    return await added(store, lambda tx: tx.add_callbacks(tenant, callbacks))


class RouteConformance:
    """Routes are kept as they were decided."""

    async def test_a_route_is_read_back_as_it_was_decided(self, store: Store) -> None:
        full, plain = await made(store), await made(store, "plain", spec=RouteSpec("kannel"))
        assert full.handle != plain.handle
        assert full == Route(full.handle, OURS, "acme", "kannel", FULL, b"sealed", DIGEST, NOON)
        assert plain.spec == RouteSpec("kannel")

    async def test_a_route_is_found_by_its_name_whoever_s_it_is(self, store: Store) -> None:
        theirs = await made(store, tenant=OTHER)
        assert await store.find_route("acme") == theirs
        assert await store.find_route("none") is None
        assert await added(store, lambda tx: tx.find_route("acme")) == theirs

    async def test_the_routes_of_a_tenant_are_listed_by_name(self, store: Store) -> None:
        two, one, theirs = (
            await made(store, "two"),
            await made(store, "one"),
            await made(store, "three", OTHER),
        )
        assert await store.routes(OURS) == [one, two]
        assert await store.routes(OTHER) == [theirs]
        assert await store.routes(99) == []

    async def test_what_is_decided_anew_takes_the_place_of_the_old(self, store: Store) -> None:
        route = await made(store)
        decided = route._replace(spec=RouteSpec("other"), sealed_secrets=b"new", path_digest=None)
        await added(store, lambda tx: tx.replace_route(decided))
        assert await store.find_route("acme") == decided
        stolen = decided._replace(tenant=OTHER, sealed_secrets=b"stolen")
        await added(store, lambda tx: tx.replace_route(stolen))
        assert await store.find_route("acme") == decided

    async def test_a_deleted_route_is_gone_with_its_callbacks_and_no_other_s(self, store: Store) -> None:
        route, other = await made(store), await made(store, "other")
        await kept(store, came(route), came(other))
        await added(store, lambda tx: tx.delete_route(route._replace(tenant=OTHER)))
        assert await store.find_route("acme") == route
        await added(store, lambda tx: tx.delete_route(route))
        assert await store.find_route("acme") is None
        assert await store.callbacks(OURS, route.handle, [], None, 9) == []
        assert len(await store.callbacks(OURS, None, [], None, 9)) == 1

    async def test_the_name_of_a_deleted_route_is_free_and_its_handle_is_not(self, store: Store) -> None:
        """What is left of the old route must not become the new one's."""
        route = await made(store)
        await added(store, lambda tx: tx.delete_route(route))
        assert (await made(store, tenant=OTHER)).handle != route.handle


class CallbackConformance:
    """Callbacks are kept as they came."""

    async def test_a_callback_is_read_back_as_it_came(self, store: Store) -> None:
        route = await made(store)
        full = came(
            route,
            verdict=Verdict.QUARANTINED,
            method="GET",
            query="a=%00&b=é",
            headers=(("content-type", "text/plain"), ("x", "ÿ\t")),
            body=bytes(range(256)),
            explanation="because",
            items=7,
            quarantined=3,
        )
        bodies = [b"", b"x" * 512, b"x" * 513, bytes(range(256)) * 4000]
        numbers = await kept(store, full, *(came(route, body=body) for body in bodies))
        assert numbers == sorted(set(numbers))
        read = await store.callbacks(OURS, None, [], None, 99)
        assert [each.callback_id for each in read] == numbers[::-1]
        assert [each.body for each in read] == [*bodies[::-1], full.body]
        assert read[-1] == full._replace(callback_id=numbers[0])

    async def test_nothing_is_kept_of_no_callbacks(self, store: Store) -> None:
        assert await kept(store) == []

    async def test_no_number_is_given_twice_though_the_newest_is_forgotten(self, store: Store) -> None:
        route = await made(store)
        (first,) = await kept(store, came(route))
        await added(store, lambda tx: tx.forget_callbacks(OURS, NOON + 1, 9))
        (second,) = await kept(store, came(route))
        assert second > first

    async def test_old_callbacks_are_forgotten_some_at_a_time(self, store: Store) -> None:
        route, other = await made(store), await made(store, "other")
        await kept(store, *(came(each, at) for at in range(5) for each in (route, other)))

        async def forgotten(before: int, most: int, tenant: int = OURS) -> int:
            return await added(store, lambda tx: tx.forget_callbacks(tenant, NOON + before, most))

        assert await forgotten(9, 9, OTHER) == 0
        assert [await forgotten(3, 4), await forgotten(3, 4), await forgotten(3, 4)] == [4, 2, 0]
        left = await store.callbacks(OURS, None, [], None, 99)
        assert sorted({each.receive_time - NOON for each in left}) == [3, 4]

    async def test_callbacks_are_counted_also_those_that_are_not_kept(self, store: Store) -> None:
        """Each engine's own test looks the counts up; here they are only taken."""
        route = await made(store)
        await added(store, lambda tx: tx.count_callbacks(OURS, route.handle, Verdict.UNVERIFIED, 41, NOON))
        assert await store.callbacks(OURS, None, [], None, 9) == []

    async def test_what_could_not_be_understood_is_taken_and_released(self, store: Store) -> None:
        route = await made(store)
        (number,) = await kept(store, came(route))
        fault = Quarantined("acme", NOON, route.handle, number, 2, fault="no id")
        word = Quarantined("acme", NOON, route.handle, number, 1, b"k" * 16, "odd", "7")
        for _ in range(2):
            await added(store, lambda tx: tx.add_quarantined(OURS, [fault, word]))
        await added(store, lambda tx: tx.release(OURS, [b"k" * 16, b"none"]))
        await added(store, lambda tx: tx.release_items(OURS, number))
