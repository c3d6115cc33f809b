"""People and conversations are kept as they were last put, for their own tenant."""

from functools import partial

from messagestatus_server.domain.directory import Conversation, Membership, User
from messagestatus_server.storage.store import Store, Transaction

from .samples import NOON, OTHER, OURS, added

ANN = User("ann", "Ann", "Lee", "Ann Lee", "ann@example.com", "alee", "Acme")
SPANS = (Membership("ann", None, NOON), Membership("ann", NOON + 5, None), Membership("bob", NOON))


class DirectoryConformance:
    """Who a person is, and who was in a conversation when."""

    async def test_people_are_known_as_they_were_last_put(self, store: Store) -> None:
        await added(store, lambda tx: tx.put_users(OURS, [ANN, User("bob")]))
        await added(store, lambda tx: tx.put_users(OURS, [ANN._replace(company="Beta")]))
        assert await store.users(OURS, {"ann", "bob", "eve"}) == {
            "ann": ANN._replace(company="Beta"),
            "bob": User("bob"),
        }

    async def test_a_conversation_is_as_it_was_last_put(self, store: Store) -> None:
        for conversation in (
            Conversation("c", True, SPANS),
            Conversation("d", True, SPANS),
            Conversation("c", False, SPANS[1:]),
        ):
            await added(store, partial(_put, conversation))
        assert await store.membership(OURS, "c", "ann") == (False, [SPANS[1]])
        assert await store.membership(OURS, "d", "ann") == (True, [*SPANS[:2]])
        assert await store.membership(OURS, "d", "bob") == (True, [SPANS[2]])
        assert await store.membership(OURS, "d", "eve") == (True, [])

    async def test_a_conversation_nobody_put_has_nobody_in_it(self, store: Store) -> None:
        assert await store.membership(OURS, "c", "ann") == (False, [])

    async def test_another_tenant_knows_none_of_them(self, store: Store) -> None:
        await added(store, lambda tx: tx.put_users(OURS, [ANN]))
        await added(store, lambda tx: tx.put_conversations(OURS, [Conversation("c", True, SPANS)]))
        await added(store, lambda tx: tx.put_conversations(OTHER, [Conversation("c", False, ())]))
        assert await store.users(OTHER, {"ann"}) == {}
        assert await store.membership(OTHER, "c", "ann") == (False, [])
        assert await store.membership(OURS, "c", "ann") == (True, [*SPANS[:2]])


async def _put(conversation: Conversation, tx: Transaction) -> None:
    await tx.put_conversations(OURS, [conversation])
