"""Routes: what may name them, who may call them, and in which ways an identifier may be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messagestatus_server.domain.route import (
    IdForm,
    Override,
    Route,
    RouteSpec,
    canonical_network,
    id_variants,
    is_route_name,
)
from messagestatus_server.domain.state import DeliveryState, Finality
from messagestatus_server.domain.vocabulary import Meaning

CASE, ZEROS, HEX = IdForm.CASE, IdForm.ZEROS, IdForm.HEX

FORMS = st.frozensets(st.sampled_from(IdForm))
HEX_TEXT = st.text("0123456789abcdefABCDEF", min_size=1, max_size=32)
ANY_ID = st.one_of(HEX_TEXT, st.text(min_size=1, max_size=40))


def variants(message_id: str, *forms: IdForm) -> set[str]:
    """Return every way in which an identifier may be written."""
    return set(id_variants(message_id, frozenset(forms)))


def route(*networks: str) -> Route:
    return Route(1, 1, "acme", "twilio", RouteSpec("twilio", allowed_networks=networks), b"", None, 0)


@pytest.mark.parametrize("name", ["a", "7", "acme", "acme-7", "a--b", "0-0", "a" * 63])
def test_lower_case_letters_digits_and_inner_dashes_name_a_route(name: str) -> None:
    assert is_route_name(name)


@pytest.mark.parametrize(
    "name", ["", "-", "-a", "a-", "A", "a_b", "a.b", "a/b", "a b", "a\n", "é", "٣", "a" * 64]
)
def test_nothing_else_names_a_route(name: str) -> None:
    assert not is_route_name(name)


@given(ANY_ID, FORMS)
def test_the_first_way_is_the_one_that_is_given_and_none_comes_twice(
    message_id: str, forms: frozenset[IdForm]
) -> None:
    spelled = id_variants(message_id, forms)
    assert spelled[0] == message_id
    assert len(spelled) == len(set(spelled))


@given(ANY_ID)
def test_without_forms_there_is_one_way(message_id: str) -> None:
    assert id_variants(message_id, frozenset()) == [message_id]


@given(ANY_ID, FORMS, FORMS)
def test_more_forms_never_take_a_way_away(
    message_id: str, forms: frozenset[IdForm], more: frozenset[IdForm]
) -> None:
    assert set(id_variants(message_id, forms)) <= set(id_variants(message_id, forms | more))


@given(ANY_ID, FORMS)
def test_the_ways_of_an_identifier_are_few(message_id: str, forms: frozenset[IdForm]) -> None:
    """Each of them is looked up for every receipt."""
    assert len(id_variants(message_id, forms)) <= 64


@given(st.integers(0, 2**64 - 1), st.sampled_from([8, 10, 16, 20]), st.booleans())
def test_two_systems_find_each_other_whichever_of_them_is_looked_up(
    number: int, width: int, upper: bool
) -> None:
    """The receipt may come first, or the message: what is looked up is found from either side."""
    hexadecimal = f"{number:X}" if upper else f"{number:x}"
    decimal = str(number)
    assert hexadecimal in variants(decimal, HEX)
    assert decimal in variants(hexadecimal, HEX)
    for bare in (hexadecimal, decimal):
        assert bare in variants(bare.zfill(width), ZEROS)
        assert bare.zfill(width) in variants(bare, ZEROS)
    assert hexadecimal.zfill(width) in variants(decimal, HEX, ZEROS)
    assert decimal in variants(hexadecimal.zfill(width), HEX, ZEROS)
    assert hexadecimal.swapcase() in variants(hexadecimal, CASE)


@given(HEX_TEXT, st.integers(0, 9))
def test_any_number_of_zeros_in_front_may_be_left_out(message_id: str, zeros: int) -> None:
    assert message_id.lstrip("0") or "0" in variants("0" * zeros + message_id, ZEROS)


@pytest.mark.parametrize(
    ("message_id", "forms", "expected"),
    [
        ("Ab", [CASE], {"Ab", "ab", "AB"}),
        ("0", [ZEROS], {"0", "0" * 8, "0" * 10, "0" * 16, "0" * 20}),
        ("007", [HEX], {"007", "7"}),
        ("10", [HEX], {"10", "a", "A", "16"}),
        ("ff", [HEX], {"ff", "255", "FF"}),
        ("FF", [HEX], {"ff", "255", "FF"}),
        ("xyz", [HEX], {"xyz"}),
        ("12-34", [HEX], {"12-34"}),
        ("٣", [HEX], {"٣"}),
        ("f" * 33, [HEX], {"f" * 33}),
        ("9" * 40, [HEX], {"9" * 40}),
    ],
)
def test_the_ways_of_an_identifier(message_id: str, forms: list[IdForm], expected: set[str]) -> None:
    assert variants(message_id, *forms) == expected


@given(HEX_TEXT)
def test_what_is_too_long_for_a_number_is_none(message_id: str) -> None:
    """Nobody makes the server reckon with thousands of digits."""
    long = message_id + "1" * 256
    assert variants(long, HEX, ZEROS) >= {long}
    assert all(len(each) <= len(long) for each in variants(long, HEX, ZEROS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1/32"),
        (" 192.0.2.0/24 ", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("2001:db8:0:0::/64", "2001:db8::/64"),
    ],
)
def test_a_network_is_kept_as_cidr(text: str, expected: str) -> None:
    assert canonical_network(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "192.0.2.1/24",
        "192.0.2.0/33",
        "192.0.2",
        "::ffff:192.0.2.1",
        "::ffff:192.0.2.0/120",
        "*",
    ],
)
def test_what_is_no_network_is_refused(text: str) -> None:
    """So is an IPv4 network in IPv6 clothes, which no address would ever be in."""
    assert canonical_network(text) is None


@pytest.mark.parametrize("address", ["192.0.2.7", "", "garbage", "::1"])
def test_a_route_without_networks_admits_everybody(address: str) -> None:
    assert route().admits(address)


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207", "2001:db8::9"])
def test_a_route_admits_addresses_of_any_of_its_networks(address: str) -> None:
    assert route("198.51.100.0/24", "192.0.2.0/24", "2001:db8::/32").admits(address)


@pytest.mark.parametrize(
    "address",
    ["192.0.3.7", "::ffff:192.0.3.7", "2001:db9::9", "", "garbage", "192.0.2.7:80", "192.0.2.007", "unknown"],
)
def test_a_route_admits_nobody_else(address: str) -> None:
    assert not route("192.0.2.0/24", "2001:db8::/32").admits(address)


@given(st.text())
def test_garbage_is_nobody_s_address(address: str) -> None:
    assert not route("192.0.2.0/24").admits(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_the_same_in_ipv6_clothes(address: object) -> None:
    network = route("128.0.0.0/1")
    assert network.admits(str(address)) == network.admits(f"::ffff:{address}")


@pytest.mark.parametrize(("code", "key"), [("", "WEIRD"), ("x7", "WEIRD:X7")])
def test_an_override_is_of_a_word_or_of_a_word_with_a_code(code: str, key: str) -> None:
    assert Override("weird", code, Meaning(DeliveryState.SENT, Finality.NONE)).key == key
