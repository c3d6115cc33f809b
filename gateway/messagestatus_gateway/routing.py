"""Paths as they stand on the wire: an escaped slash is data, and a plus is a plus."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One route, ready to be compared: a name captures, bytes stand for themselves."""

    route: Route
    segments: tuple[str | bytes, ...]

    def captures(self, segments: list[bytes]) -> dict[str, bytes] | None:
        if len(segments) != len(self.segments):
            return None
        captured = {}
        for expected, segment in zip(self.segments, segments, strict=True):
            if isinstance(expected, str):
                if not segment:
                    return None
                captured[expected] = segment
            elif expected != segment:
                return None
        return captured


class Territory:
    """The paths of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        """Reads the dialect's prefixes and templates."""
        self.dialect = dialect
        self._prefixes = [prefix.encode().split(b"/") for prefix in dialect.prefixes]
        self._patterns = [_Pattern(route, _read_template(route.template)) for route in dialect.routes]

    def holds(self, segments: list[bytes]) -> bool:
        """Tells whether a path belongs to the dialect, documented or not."""
        return any(segments[: len(prefix)] == prefix for prefix in self._prefixes)

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
                _check_method(pattern.route, method)
                return pattern.route, {name: _decode(segment) for name, segment in captured.items()}
        raise RefusedError(GatewayRefusal(HTTPStatus.NOT_FOUND))


def territory_of(territories: Sequence[Territory], segments: list[bytes]) -> Territory | None:
    """Finds the dialect that a path belongs to."""
    for territory in territories:
        if territory.holds(segments):
            return territory
    return None


def _read_template(template: str) -> tuple[str | bytes, ...]:
    return tuple(
        segment[1:-1] if segment.startswith("{") else segment.encode() for segment in template.split("/")
    )


def _check_method(route: Route, method: str) -> None:
    if method not in route.methods:
        allow = (b"allow", ", ".join(route.methods).encode())
        raise RefusedError(GatewayRefusal(HTTPStatus.METHOD_NOT_ALLOWED, headers=(allow,)))


def _decode(segment: bytes) -> str:
    try:
        return segment.decode()
    except UnicodeDecodeError:
        raise RefusedError(GatewayRefusal(HTTPStatus.BAD_REQUEST)) from None
