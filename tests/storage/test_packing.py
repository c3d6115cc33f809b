"""Identifiers are kept in fewer bytes, and come back as they were, in their right order."""

import string
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from messagestatus_server.storage.sqlite.packing import first_packed, packed, unpacked

uuids = st.uuids().map(str) | st.sampled_from([str(UUID(int=0)), str(UUID(int=2**128 - 1))])


@st.composite
def near_uuids(draw: st.DrawFn) -> str:
    """Return a UUID that was cut, prolonged, or changed in one place."""
    text: str = draw(uuids)
    place = draw(st.integers(0, len(text)))
    put: str = draw(st.sampled_from(["", *string.printable, "\x01", "\U0010ffff"]))
    return text[:place] + put + text[draw(st.integers(place, min(place + 1, len(text)))) :]


texts = uuids | near_uuids() | uuids.map(str.upper) | st.text() | uuids.map(lambda text: text[:9])


@given(texts)
def test_what_is_packed_comes_back(text: str) -> None:
    assert unpacked(packed(text)) == text


@given(uuids)
def test_a_canonical_uuid_takes_sixteen_bytes(text: str) -> None:
    assert packed(text) == UUID(text).bytes


@given(texts)
def test_nothing_else_is_packed(text: str) -> None:
    try:
        canonical = str(UUID(text)) == text
    except ValueError:
        canonical = False
    assert isinstance(packed(text), bytes) == canonical


@given(texts, st.data())
def test_a_text_has_its_place_among_packed_uuids(text: str, data: st.DataObject) -> None:
    """Whatever the text, a page goes on from there among the UUIDs."""
    near = [packed for packed in (first_packed(text),) if len(packed) == 16]
    beside = [
        number.to_bytes(16)
        for each in near
        for number in (int.from_bytes(each) - 1, int.from_bytes(each), int.from_bytes(each) + 1)
        if 0 <= number < 2**128
    ]
    for uuid in [*map(unpacked, beside), data.draw(uuids)]:
        assert (uuid < text) == (UUID(uuid).bytes < first_packed(text))
