"""Messages are read back as they were stored, by their own tenant alone."""

from messagestatus_server.domain.fold import advance
from messagestatus_server.domain.message import Channel, Direction, Name, Provider, Reference, RollUp
from messagestatus_server.domain.registration import Registration, complete
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.storage.store import ProviderName, Store

from .samples import CODEC, NOON, OTHER, OURS, added, entry, inserted, journalled, message, only

FULL = message(
    instance="line",
    conversation_id="c",
    direction=Direction.INBOUND,
    channel=Channel.VIBER,
    phone="+4366012345678",
    reference=Reference("billing", "invoice", "r1"),
    provider=Provider("acme", "p1", "OK", "0", "fine"),
    state=DeliveryState.REJECTED,
    reason=FailureReason.NO_ROUTE,
    accept_time=NOON - 1,
    message_time=NOON - 2,
    segments=3,
    author="ann",
)
ACME = ProviderName("acme", "p1")
ONE = ("acme", ["p1"])
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


class MessageConformance:
    """Storing, finding, replacing and deleting messages."""

    async def test_a_message_is_found_as_it_was_stored(self, store: Store) -> None:
        await inserted(store, FULL)
        assert await only(store, Name("m")) == FULL
        assert await store.resources(OURS, Name("m", "line")) == [CODEC.encode_message(FULL)]

    async def test_a_group_is_found_with_everybody_in_it(self, store: Store) -> None:
        group = message(recipients=("ann", "bob"), roll_up=RollUp.ANY)
        for told in (
            entry(DeliveryState.SENT),
            entry(DeliveryState.READ, recipient="bob"),
            entry(DeliveryState.FAILED, recipient="eve", precedence=99),
        ):
            group = advance(group, told)
        await inserted(store, group)
        assert await only(store, Name("m")) == group

    async def test_a_name_that_nothing_can_have_is_found_nowhere(self, store: Store) -> None:
        await inserted(store, FULL)
        for name in (Name(""), Name("m\0"), Name("\0"), Name("m" * 5_000)):
            assert await store.resources(OURS, name) == []
            assert await store.batch(OURS, [name, Name("m")]) == [[], [CODEC.encode_message(FULL)]]

    async def test_another_tenant_finds_nothing(self, store: Store) -> None:
        (stored,) = await inserted(store, FULL)
        await added(store, lambda tx: tx.add_provider_names(OURS, [(ACME, stored.handle)]))
        assert await store.find(OTHER, Name("m")) == []
        assert await store.resources(OTHER, Name("m")) == []
        assert await store.batch(OTHER, [Name("m")]) == [[]]
        assert await added(store, lambda tx: tx.known_places(OTHER, [("m", "line")])) == set()
        assert await added(store, lambda tx: tx.find_by_provider(OTHER, *ONE)) == []

    async def test_another_tenant_changes_nothing(self, store: Store) -> None:
        (stored,) = await inserted(store, FULL)
        spoilt = stored.message._replace(phone="", segments=9)
        await added(store, lambda tx: tx.save_messages(OTHER, [(stored, spoilt)]))
        await added(store, lambda tx: tx.replace_message(OTHER, stored, spoilt))
        await added(store, lambda tx: tx.delete_message(OTHER, stored, NOON))
        assert await only(store, Name("m")) == FULL

    async def test_a_name_without_an_instance_finds_those_of_every_instance(self, store: Store) -> None:
        await inserted(store, message(instance="one"), message(instance="two"), message("n"))
        found = await store.find(OURS, Name("m"))
        assert {stored.message.instance for stored in found} == {"one", "two"}
        assert [stored.message.instance for stored in await store.find(OURS, Name("m", "two"))] == ["two"]
        assert await store.find(OURS, Name("m", "")) == []
        assert len(await store.resources(OURS, Name("m"))) == 2

    async def test_a_batch_answers_every_name_in_its_place(self, store: Store) -> None:
        await inserted(store, message("a"), message("b"))
        first, second = (CODEC.encode_message(message(name)) for name in "ab")
        names = [Name("b"), Name("none"), Name("a", ""), Name("b")]
        assert await store.batch(OURS, names) == [[second], [], [first], [second]]

    async def test_places_that_are_taken_are_known(self, store: Store) -> None:
        await inserted(store, FULL)
        places = [("m", "line"), ("m", ""), ("n", "line")]
        assert await added(store, lambda tx: tx.known_places(OURS, places)) == {("m", "line")}

    async def test_every_new_message_gets_a_handle_of_its_own_for_ever(self, store: Store) -> None:
        """Also after the newest was deleted: the feed still speaks of its handle."""
        stored = await inserted(store, *(message(str(number)) for number in range(250)))
        last = stored[-1]
        await added(store, lambda tx: tx.delete_message(OURS, last, NOON))
        handles = [each.handle for each in [*stored, *await inserted(store, message("new"), tenant=OTHER)]]
        assert len(set(handles)) == 251
        assert [each.message for each in await store.find(OURS, Name("77"))] == [message("77")]

    async def test_a_saved_message_stands_where_it_was_put(self, store: Store) -> None:
        group = message(recipients=("ann",))
        (stored,) = await inserted(store, group)
        after = advance(group, entry(DeliveryState.READ, recipient="eve", precedence=71))
        await added(store, lambda tx: tx.save_messages(OURS, [(stored, after)]))
        assert await only(store, Name("m")) == after

    async def test_a_replaced_message_is_what_its_registration_says_now(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        said = complete(stored.message, Registration("m", recipients=("ann",), phone="+4366012345678"))
        assert said is not None
        after = advance(said._replace(recipients={"ann": said.origin}), entry(DeliveryState.SENT))
        await added(store, lambda tx: tx.replace_message(OURS, stored, after))
        assert await only(store, Name("m")) == after

    async def test_a_deleted_message_leaves_its_neighbours_alone(self, store: Store) -> None:
        first, second = await inserted(store, message("a", recipients=("ann",)), message("b"))
        both = [(ACME, first.handle), (ACME, second.handle)]
        await added(store, lambda tx: tx.add_provider_names(OURS, both))
        told = entry(DeliveryState.SENT, provider=Provider(*ACME))
        await journalled(store, [told], first.handle)
        await added(store, lambda tx: tx.delete_message(OURS, first, NOON))
        assert await store.find(OURS, Name("a")) == []
        assert await store.journal(OURS, first.handle) == []
        assert await added(store, lambda tx: tx.receipts(OURS, [told.key])) == {}
        assert await added(store, lambda tx: tx.find_by_provider(OURS, *ONE)) == [("p1", second)]

    async def test_a_provider_s_name_finds_its_messages(self, store: Store) -> None:
        first, second = await inserted(store, message("a"), message("b"))
        names = [(ACME, first.handle), (ACME, first.handle), (ProviderName("beta", "p1"), second.handle)]
        await added(store, lambda tx: tx.add_provider_names(OURS, names))
        assert await added(store, lambda tx: tx.find_by_provider(OURS, *ONE)) == [("p1", first)]
        asked = ["p2", "p1", UUID, "p1"]
        await added(store, lambda tx: tx.add_provider_names(OURS, [(ProviderName("acme", UUID), 1)]))
        found = await added(store, lambda tx: tx.find_by_provider(OURS, "acme", {*asked}))
        assert sorted(found) == [(UUID, first), ("p1", first)]
        assert await added(store, lambda tx: tx.find_by_provider(OURS, "acme", [])) == []

    async def test_many_messages_are_found_at_once_in_every_instance(self, store: Store) -> None:
        kept = [message("a"), message("a", instance="line"), message(UUID, recipients=("ann",)), message("c")]
        stored = await inserted(store, *kept)
        await inserted(store, message("d"), tenant=OTHER)
        found = await added(store, lambda tx: tx.find_many(OURS, ["d", UUID, "a", "none"]))
        assert sorted(found, key=lambda each: each.handle) == stored[:3]
        assert await added(store, lambda tx: tx.find_many(OURS, [])) == []

    async def test_a_batch_knows_what_nothing_is_called(self, store: Store) -> None:
        """Also those that are asked for twice, or that nothing can be called."""
        kept = [message("a"), message("a", instance="line"), message(UUID), message("b")]
        await inserted(store, *kept)
        plain, line, uuid, other = map(CODEC.encode_message, kept)
        asked = [
            Name("b"),
            Name("a\0"),
            Name(UUID),
            Name("b", "line"),
            Name("a", "line"),
            Name("b"),
            Name(""),
        ]
        found = await store.batch(OURS, asked)
        assert found == [[other], [], [uuid], [], [line], [other], []]
        assert sorted((await store.batch(OURS, [Name("a")]))[0]) == sorted([plain, line])
        assert await store.batch(OTHER, asked) == [[]] * len(asked)
        assert await store.batch(OURS, []) == []

    async def test_identifiers_are_kept_as_they_are(self, store: Store) -> None:
        """Also those that nearly are UUIDs, and those that differ in case alone."""
        names = [UUID, UUID.upper(), UUID.replace("-", ""), f"{UUID} ", f"{{{UUID}}}", UUID[:-1] + "g"]
        stored = await inserted(
            store,
            *(message(name, reference=Reference(key=name), provider=Provider("a", name)) for name in names),
        )
        for name, each in zip(names, stored, strict=True):
            assert await store.find(OURS, Name(name)) == [each]
            assert await store.resources(OURS, Name(name)) == [CODEC.encode_message(each.message)]
        known = await added(store, lambda tx: tx.known_places(OURS, {(name, "") for name in [*names, "x"]}))
        assert known == {(name, "") for name in names}
