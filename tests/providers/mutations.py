"""What strangers and broken carriers send: callbacks with something in them changed, drawn by chance."""

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from messagestatus_server.cli.simulate.carriers.carrier import Posting

_CONTENT_TYPES = [
    "",
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain; charset=UTF-8",
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
    "garbage",
    "\0",
]

_HEADERS = ["", "\0", "x", "=", "é", "a.b.c", "9" * 999, "-1", "Basic é"]

_NASTY = [
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"%00",
    b"%ED%A0%80",
    b"%",
    b"&&==&=",
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\xc3\x28"',
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[[]]",
    b'[null, 7, "x", {}]',
    b"-1",
    b"1e999",
    b"1" + b"0" * 400,
    b"18446744073709551616",
    b"9" * 5000,
    b"NaN",
    b'"' + b"x" * 9000 + b'"',
    b"[" * 3000,
    b"[" * 900 + b"]" * 900,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b"0001-01-01T00:00:00Z",
    b"9999-12-31T23:59:59+14:00",
    b"99999999999999999999",
    "٣٤٥٦".encode(),
]

_VALUES = [each for each in _NASTY if each]


class Mutation(NamedTuple):
    """Changes of a callback, in their order."""

    changes: list[Callable[[Posting], Posting]]

    def of(self, posting: Posting) -> Posting:
        """Return a callback with the changes made."""
        for change in self.changes:
            posting = change(posting)
        return posting


def mutations() -> st.SearchStrategy[Mutation]:
    """Draw one to four changes."""
    places = st.floats(0, 1, allow_nan=False)
    return st.builds(
        Mutation,
        st.lists(
            st.one_of(
                st.builds(_flipped, places, st.integers(0, 7)),
                st.builds(_truncated, places),
                st.builds(_spliced, places, st.integers(0, 60), st.sampled_from(_NASTY)),
                st.builds(_valued, st.integers(0, 40), st.sampled_from(_VALUES)),
                st.builds(_replaced, st.one_of(st.binary(max_size=60), st.sampled_from(_NASTY))),
                st.builds(_typed, st.sampled_from(_CONTENT_TYPES)),
                st.builds(_with_method, st.sampled_from(["GET", "POST", "PUT", ""])),
                st.builds(
                    _with_header,
                    st.integers(0, 9),
                    st.sampled_from(["", "\0", "x", "=", "é", "a.b.c", "9" * 999]),
                ),
                st.builds(_without_header, st.integers(0, 9)),
                st.builds(_asked, places, st.sampled_from(_NASTY)),
            ),
            min_size=1,
            max_size=4,
        ),
    )


Change = Callable[[Posting], Posting]


def _flipped(place: float, bit: int) -> Change:
    def change(posting: Posting) -> Posting:
        body = bytearray(posting.body)
        if body:
            body[int(place * (len(body) - 1))] ^= 1 << bit
        return posting._replace(body=bytes(body))

    return change


def _truncated(place: float) -> Change:
    return lambda posting: posting._replace(body=posting.body[: int(place * len(posting.body))])


def _spliced(place: float, length: int, nasty: bytes) -> Change:
    def change(posting: Posting) -> Posting:
        start = int(place * len(posting.body))
        return posting._replace(body=posting.body[:start] + nasty + posting.body[start + length :])

    return change


def _valued(number: int, value: bytes) -> Change:
    """Put something in the place of a value of a JSON body, or of a form."""

    def change(posting: Posting) -> Posting:
        mark = b":" if posting.body.lstrip()[:1] in {b"{", b"["} else b"="
        parts = posting.body.split(mark)
        if len(parts) < 2:
            return posting
        place = 1 + number % (len(parts) - 1)
        ends = b",}" if mark == b":" else b"&"
        end = min((found for end in ends if (found := parts[place].find(bytes([end]))) >= 0), default=0)
        parts[place] = value + parts[place][end:]
        return posting._replace(body=mark.join(parts))

    return change


def _replaced(body: bytes) -> Change:
    return lambda posting: posting._replace(body=body)


def _typed(content_type: str) -> Change:
    return lambda posting: posting._replace(headers={**posting.headers, "content-type": content_type})


def _with_method(method: str) -> Change:
    return lambda posting: posting._replace(method=method)


def _with_header(number: int, value: str) -> Change:
    def change(posting: Posting) -> Posting:
        names = sorted(posting.headers)
        return (
            posting._replace(headers={**posting.headers, names[number % len(names)]: value})
            if names
            else posting
        )

    return change


def _without_header(number: int) -> Change:
    def change(posting: Posting) -> Posting:
        kept = dict(posting.headers)
        if kept:
            del kept[sorted(kept)[number % len(kept)]]
        return posting._replace(headers=kept)

    return change


def _asked(place: float, nasty: bytes) -> Change:
    """Put something into the query, as the gateway hands it on: byte for byte, as Latin-1."""

    def change(posting: Posting) -> Posting:
        base, mark, query = posting.url.partition("?")
        start = int(place * len(query))
        changed = query[:start] + nasty.decode("latin-1") + query[start:]
        return posting._replace(url=f"{base}{mark or '?'}{changed}")

    return change
