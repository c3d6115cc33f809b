"""Paths as they stand on the wire: an escaped slash is data, and a plus is a plus."""

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

from messagestatus_gateway.dialect import Dialect, Route
from messagestatus_gateway.refusal import GatewayRefusal, RefusedError


def split_path(raw_path: bytes) -> list[bytes]:
    """Splits a path at its slashes and then undoes the escapes of each segment.

    The other way round, `%2F` in an identifier would split it.
    """
    segments = raw_path.split(b"/")
    return [unquote_to_bytes(segment) for segment in segments] if b"%" in raw_path else segments


class _Pattern:
    """One route, ready to be compared: a name captures, bytes stand for themselves."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.methods = route.methods
        segments = _read_template(route.template)
        self._length = len(segments)
        self._fixed = [(place, each) for place, each in enumerate(segments) if isinstance(each, bytes)]
        self._names = [(place, each) for place, each in enumerate(segments) if isinstance(each, str)]

    def captures(self, segments: list[bytes]) -> dict[str, bytes] | None:
        if len(segments) != self._length:
            return None
        for place, expected in self._fixed:
            if segments[place] != expected:
                return None
        captured = {}
        for place, name in self._names:
            if not segments[place]:
                return None
            captured[name] = segments[place]
        return captured


class Territory:
    """The paths of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Reads the dialect's prefixes and templates."""
        self.dialect = dialect
        self.name = dialect.name()
        self.prefixes = [tuple(prefix.encode().split(b"/")) for prefix in dialect.prefixes]
        self._patterns = [_Pattern(route) for route in dialect.routes]
        # What stands for the route in logs while it is not known, or where there is none.
        self.unrouted = f"{dialect.prefixes[0]}/*"

    def methods(self, segments: list[bytes]) -> list[str]:
        """Gives the methods of a path; of an undocumented one, those of the whole dialect."""
        routes = [pattern.route for pattern in self._patterns if pattern.captures(segments) is not None]
        every = [method for route in routes or self.dialect.routes for method in route.methods]
        return list(dict.fromkeys(every))

    def find(self, method: str, segments: list[bytes]) -> tuple[Route, dict[str, str]]:
        """Finds the route of a request, and what its template captures.

        Raises:
            RefusedError: 404 when no route has the path, 405 when its route has another method, 400 when
                a captured segment is not UTF-8.
        """
        for pattern in self._patterns:
            captured = pattern.captures(segments)
            if captured is not None:
                if method not in pattern.methods:
                    allow = (b"allow", ", ".join(pattern.methods).encode())
                    raise RefusedError(GatewayRefusal(HTTPStatus.METHOD_NOT_ALLOWED, headers=(allow,)))
                return pattern.route, {name: _decode(segment) for name, segment in captured.items()}
        raise RefusedError(GatewayRefusal(HTTPStatus.NOT_FOUND))


class Territories:
    """All of them. No two dialects share a path."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        """Takes the dialects."""
        self._by_prefix = {
            prefix: territory for territory in map(Territory, dialects) for prefix in territory.prefixes
        }
        self._lengths = sorted({len(prefix) for prefix in self._by_prefix})

    def holding(self, segments: list[bytes]) -> Territory | None:
        """Finds the dialect that a path belongs to, documented or not."""
        for length in self._lengths:
            territory = self._by_prefix.get(tuple(segments[:length]))
            if territory is not None:
                return territory
        return None


def _read_template(template: str) -> tuple[str | bytes, ...]:
    return tuple(
        segment[1:-1] if segment.startswith("{") else segment.encode() for segment in template.split("/")
    )


def _decode(segment: bytes) -> str:
    try:
        return segment.decode()
    except UnicodeDecodeError:
        raise RefusedError(GatewayRefusal(HTTPStatus.BAD_REQUEST)) from None
