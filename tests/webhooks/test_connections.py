"""Connections are kept for so many names, and closed with the rest."""

import ssl

from messagestatus_server.webhooks.connections import Connections


async def test_the_names_used_longest_ago_are_forgotten_first() -> None:
    connections = Connections(ssl.create_default_context(), most=2)
    lent = {}
    for name in ("a", "b", "a", "c"):
        async with connections.to(name) as transport:
            lent[name] = transport
    async with connections.to("a") as again:
        assert again is lent["a"]
    async with connections.to("b") as again:
        assert again is not lent["b"]
    await connections.aclose()


async def test_a_name_in_use_is_not_forgotten() -> None:
    connections = Connections(ssl.create_default_context(), most=1)
    async with connections.to("a") as transport:
        for name in ("b", "c"):
            async with connections.to(name):
                pass
        async with connections.to("a") as again:
            assert again is transport
    await connections.aclose()
