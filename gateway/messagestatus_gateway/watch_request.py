"""What a watch asks for: its credential, its query and its headers, read into the request of the contract."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import parse_qsl

from google.protobuf.duration_pb2 import Duration

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel
from messagestatus.v1.status_watch_service_pb2 import WatchFilter, WatchRequest, WatchStart
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.contract_json import enum_numbers
from messagestatus_gateway.request import Request
from messagestatus_gateway.watch_format import EVENT_STREAM, JSON_LINES, WatchFormat

USUAL_HEARTBEAT = 15.0
"""Seconds between heartbeats that the upstream takes where none are named."""

_STARTS = {
    "now": WatchStart.WATCH_START_UNSPECIFIED,
    "snapshot": WatchStart.WATCH_START_SNAPSHOT,
    "oldest": WatchStart.WATCH_START_OLDEST,
}
_FORMATS: dict[str, WatchFormat] = {"sse": EVENT_STREAM, "ndjson": JSON_LINES}
_STATES = enum_numbers(DeliveryState.DESCRIPTOR)
_CHANNELS = enum_numbers(Channel.DESCRIPTOR)
_SECONDS = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,9})?")
_NANOS = 1_000_000_000

# Under these names people put keys where logs of proxies and histories of browsers keep them.
_SECRET_NAMES = {
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "key",
    "password",
    "secret",
    "sessiontoken",
    "token",
    "xapikey",
}

PARAMETER_OF_FIELD = {
    "filter.message_ids": "message_id",
    "filter.phone": "phone",
    "filter.reference_key": "reference",
    "filter.instance": "instance",
    "filter.states": "state",
    "filter.channels": "channel",
    "instance": "instance",
    "start": "start",
    "heartbeat_interval": "heartbeat",
    "resume_token": "resume",
    # A snapshot of everything is not to be had.
    "filter.message_ids, filter.phone or filter.reference_key": "start",
}
"""Which parameter stands for a field of the contract."""


class WrongParameter(Exception):
    """A parameter is not there, or may not have its value.

    Attributes:
        name: Its name.
        fault: What is wrong with it, to be read after its name.
    """

    def __init__(self, name: str, fault: str) -> None:
        super().__init__(name, fault)
        self.name = name
        self.fault = fault


class Asked(NamedTuple):
    """What is asked for, and how it is to be written. `heartbeat` is in seconds."""

    request: WatchRequest
    written: WatchFormat
    heartbeat: float


def caller_of(request: Request) -> Caller:
    """Finds who calls. The credential stands in a header; one in the URL is not merely overlooked.

    Raises:
        RefusedError: There is none that could be one, or the URL has one.
    """
    names = {name.lower().replace("-", "").replace("_", "") for name, _ in _pairs(request)}
    scheme, _, token = request.header(b"authorization").partition(" ")
    credential = token.strip() if scheme.lower() == "bearer" else request.header(b"x-api-key")
    return Caller.presenting("" if names & _SECRET_NAMES else credential, request.request_id)


def asked_of(request: Request) -> Asked:
    """Reads what is asked for.

    Raises:
        WrongParameter: A parameter is unknown, comes twice where it may not, or has no such value.
    """
    reading = _Reading(_written(request))
    for name, value in _pairs(request):
        reading.take(name, value)
    asked = reading.asked
    # A browser that comes again cannot change the URL, and so its header is the newer of the two.
    last = request.header(b"last-event-id")
    if last:
        asked.resume_token = last
    interval = asked.heartbeat_interval
    heartbeat = interval.seconds + interval.nanos / _NANOS
    return Asked(asked, reading.written, heartbeat or USUAL_HEARTBEAT)


class _Reading:
    """A request of the contract that parameters are put into, one by one."""

    def __init__(self, written: WatchFormat) -> None:
        self.asked = WatchRequest()
        self.written = written
        self._seen: set[str] = set()
        wanted: WatchFilter = self.asked.filter
        self._repeatable: dict[str, Callable[[str], None]] = {
            "message_id": wanted.message_ids.append,
            "state": lambda value: wanted.states.append(
                DeliveryState.ValueType(_one_of("state", _STATES, value))
            ),
            "channel": lambda value: wanted.channels.append(
                Channel.ValueType(_one_of("channel", _CHANNELS, value))
            ),
        }
        self._single: dict[str, Callable[[str], None]] = {
            "phone": self._phone,
            "reference": self._reference,
            "instance": self._instance,
            "start": self._start,
            "heartbeat": self._heartbeat,
            "resume": self._resume,
            "format": self._format,
        }

    def take(self, name: str, value: str) -> None:
        take = self._repeatable.get(name) or self._single.get(name)
        if take is None:
            raise WrongParameter(name, "is no parameter of a watch")
        if name in self._single and name in self._seen:
            raise WrongParameter(name, "may come once only")
        # The instance that has no name is one that can be asked for.
        if not value and name != "instance":
            raise WrongParameter(name, "must not be empty")
        self._seen.add(name)
        take(value)

    def _phone(self, value: str) -> None:
        # In a query a plus is a blank, and no number begins with one.
        self.asked.filter.phone = f"+{value[1:]}" if value.startswith(" ") else value

    def _reference(self, value: str) -> None:
        self.asked.filter.reference_key = value

    def _instance(self, value: str) -> None:
        self.asked.filter.instance = value

    def _start(self, value: str) -> None:
        self.asked.start = WatchStart.ValueType(_one_of("start", _STARTS, value))

    def _heartbeat(self, value: str) -> None:
        if not _SECONDS.fullmatch(value):
            raise WrongParameter("heartbeat", "must be a number of seconds")
        seconds, nanos = divmod(int(Decimal(value) * _NANOS), _NANOS)
        self.asked.heartbeat_interval.CopyFrom(Duration(seconds=seconds, nanos=nanos))

    def _resume(self, value: str) -> None:
        self.asked.resume_token = value

    def _format(self, value: str) -> None:
        if value not in _FORMATS:
            raise WrongParameter("format", f"must be one of {', '.join(_FORMATS)}")
        self.written = _FORMATS[value]


def _written(request: Request) -> WatchFormat:
    accepted = request.header(b"accept").lower()
    lines = "application/x-ndjson" in accepted and "text/event-stream" not in accepted
    return JSON_LINES if lines else EVENT_STREAM


def _pairs(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)


def _one_of(name: str, values: "dict[str, int] | dict[str, WatchStart.ValueType]", value: str) -> int:
    if value not in values:
        raise WrongParameter(name, f"must be one of {', '.join(values)}")
    return values[value]
