"""What a name resolves to is judged before it is connected to, and nothing else is connected to."""

import socket
from collections.abc import Sequence

import pytest

from messagestatus_server.domain.webhook import Fault
from messagestatus_server.webhooks.addresses import AddressRefused, allowance, read_url
from messagestatus_server.webhooks.resolving import Unresolved, open_addresses, system_resolve
from messagestatus_server.webhooks.sender import Sender
from tests.webhooks.hostile import NOT_PUBLIC, PUBLIC
from tests.webhooks.names import Names
from tests.webhooks.receiver import receiving, saying

STRICT = allowance()
HERE = allowance(["127.0.0.0/30"], ["127.0.0.0/8"])
URL = "https://hooks.example.com/"


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_a_name_that_leads_into_no_public_place_is_refused_at_registration(address: str) -> None:
    with pytest.raises(AddressRefused):
        await open_addresses(read_url(URL, STRICT), STRICT, Names([address]))


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_and_it_is_refused_at_every_attempt(address: str) -> None:
    attempt = await Sender(STRICT, resolve=Names([address])).send(URL, {}, b"{}")
    assert (attempt.status, attempt.fault) == (0, Fault.REFUSED_ADDRESS)
    assert address not in repr(attempt)


@pytest.mark.parametrize("address", NOT_PUBLIC)
async def test_one_such_address_among_good_ones_spoils_all(address: str) -> None:
    with pytest.raises(AddressRefused):
        await open_addresses(read_url(URL, STRICT), STRICT, Names([*PUBLIC, address]))


async def test_good_addresses_are_taken_once_each_in_their_order() -> None:
    names = Names(["2606:4700:4700::1111", "8.8.8.8", "::ffff:8.8.8.8", "8.8.8.8"])
    found = await open_addresses(read_url(URL, STRICT), STRICT, names)
    assert [str(address) for address in found] == ["2606:4700:4700::1111", "8.8.8.8"]


async def test_an_address_in_the_url_is_resolved_by_nobody() -> None:
    names = Names(["127.0.0.1"])
    (found,) = await open_addresses(read_url("https://8.8.8.8/", STRICT), STRICT, names)
    assert (str(found), names.asked) == ("8.8.8.8", [])


@pytest.mark.parametrize("fault", [socket.gaierror(-2, "unknown"), TimeoutError(), UnicodeError("too long")])
async def test_a_name_without_an_address_is_told_as_such(fault: Exception) -> None:
    async def resolve(_name: str, _port: int) -> Sequence[str]:
        raise fault

    with pytest.raises(Unresolved):
        await open_addresses(read_url(URL, STRICT), STRICT, resolve)
    assert (await Sender(STRICT, resolve=resolve).send(URL, {}, b"{}")).fault is Fault.UNRESOLVED


@pytest.mark.parametrize("answer", [[], ["nonsense"], [""], ["8.8.8.8"] * 65])
async def test_so_is_an_answer_that_is_none(answer: Sequence[str]) -> None:
    with pytest.raises(Unresolved):
        await open_addresses(read_url(URL, STRICT), STRICT, Names(answer))


async def test_this_machine_resolves_its_own_name_to_what_is_refused() -> None:
    found = await system_resolve("localhost", 443)
    assert set(found) <= {"127.0.0.1", "::1"}
    attempt = await Sender(STRICT).send("https://localhost.localdomain/", {}, b"{}")
    assert attempt.fault in {Fault.REFUSED_ADDRESS, Fault.UNRESOLVED}


@pytest.mark.parametrize(
    "name", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "\uff11\uff12\uff17.0.0.1"]
)
async def test_what_this_machine_takes_for_its_own_address_is_refused_before_it_is_asked(name: str) -> None:
    assert "127.0.0.1" in await system_resolve(name, 443)
    assert (await Sender(STRICT).send(f"https://{name}/", {}, b"{}")).fault is Fault.REFUSED_URL


class TestRebinding:
    """A name that leads elsewhere each time it is asked."""

    async def test_the_address_that_was_judged_is_the_one_connected_to(self) -> None:
        """Asked once more, the name would lead to an address that nobody judged."""
        names = Names(["127.0.0.1"], ["127.0.0.9"])
        async with receiving(saying("200 OK")) as receiver:
            url = f"http://hooks.example.com:{receiver.port}/"
            sender = Sender(HERE, resolve=names)
            attempt = await sender.send(url, {}, b"{}")
            await sender.aclose()
        assert attempt.status == 200
        assert len(receiver.heard) == len(names.asked) == 1

    async def test_the_next_attempt_is_refused_though_a_connection_is_open(self) -> None:
        names = Names(["127.0.0.1"], ["127.0.0.9"])
        async with receiving(saying("200 OK")) as receiver:
            url = f"http://hooks.example.com:{receiver.port}/"
            sender = Sender(HERE, resolve=names)
            faults = [(await sender.send(url, {}, b"{}")).fault for _ in range(2)]
            await sender.aclose()
        assert faults == [Fault.NONE, Fault.REFUSED_ADDRESS]
        assert len(receiver.heard) == 1

    async def test_a_name_that_moved_is_followed_though_a_connection_is_open(self) -> None:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        async with (
            receiving(saying("200 OK")) as old,
            receiving(saying("202 Accepted"), host="127.0.0.2", port=old.port) as new,
        ):
            url = f"http://hooks.example.com:{old.port}/"
            sender = Sender(HERE, resolve=names)
            assert [(await sender.send(url, {}, b"{}")).status for _ in range(3)] == [200, 202, 202]
            await sender.aclose()
        assert (len(old.heard), len(new.heard)) == (1, 2)
