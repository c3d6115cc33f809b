"""A callback: what a carrier sends to a route, what it tells, and what every provider must know to do."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from messagestatus_server.domain.message import Channel

Config = Mapping[str, str]
"""The settings and secrets of a route by their names, defaults filled in."""


class Callback:
    """A request that came in on a route.

    Attributes:
        method: Its HTTP method, in upper case.
        url: The public URL that the carrier called, query included.
        headers: Its headers by their names in lower case.
        body: Its body, as it came.
        receive_time: When it came, in microseconds, UTC.
    """

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, receive_time: int
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.receive_time = receive_time

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the URL, decoded, in their order."""
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The parameters of a form, decoded, in their order. Bytes that are no UTF-8 are replaced."""
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @property
    def content_type(self) -> str:
        """The media type of the body, in lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Told(NamedTuple):
    """What one item of a callback tells of one message, in the carrier's own words.

    Attributes:
        provider_message_id: What the carrier calls the message.
        word: Its native status: a word of the provider's vocabulary, verbatim.
        code: Its native error code, empty where it tells none.
        detail: Its explanation for people.
        occur_time: When it happened, in microseconds, UTC; None where the carrier tells no time.
        event_id: What the carrier calls the event. Together with `recipient` it must tell the item from
            every other one; empty where the carrier names none.
        time_text: The time as the carrier writes it, which tells events without an id apart.
        recipient: Whom it speaks of, where one identifier of the carrier covers several: an E.164 number,
            or the identifier of a member of a group.
        reference: What the sender gave along with the message, as it came back.
        channel: What carried the message, where the callback says so.
    """

    provider_message_id: str
    word: str
    code: str = ""
    detail: str = ""
    occur_time: int | None = None
    event_id: str = ""
    time_text: str = ""
    recipient: str = ""
    reference: str = ""
    channel: Channel = Channel.UNSPECIFIED


class Answer(NamedTuple):
    """What the carrier is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


class Unverified(Exception):
    """The callback cannot be shown to come from the carrier.

    `status` is what it is answered: 401 where what should show it is missing, 403 where it is wrong, and
    another one where the carrier's document asks for that. The text is for the log and the journal, and
    must not hold secrets or what the caller sent.
    """

    def __init__(self, text: str, status: int = 403) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class Malformed(Exception):
    """The body, or one item of it, is not what the carrier's document describes. The text says how."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Setting(NamedTuple):
    """A setting of a provider's routes. A secret is sealed when it is stored, and never shown.

    `check`, where there is one, tells what is wrong with a value, and nothing of one that may be kept. It
    must not repeat a secret.
    """

    name: str
    description: str
    secret: bool = False
    required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] | None = None


class Provider(ABC):
    """How one carrier's callbacks are verified, taken apart and read. It keeps nothing of a callback.

    Attributes:
        name: What routes and vocabularies call the provider; there is a table of its words of that name.
        settings: What a route of this provider can, or must, be told.
        kept_headers: The headers that are kept with the body, since `split` or `read` look at them.
        answer: What the carrier wants to hear when its callback is safe.
    """

    name: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]] = ()
    kept_headers: ClassVar[tuple[str, ...]] = ("content-type",)
    answer: ClassVar[Answer] = Answer()

    def signs(self, config: Config) -> bool:
        """Tell whether `verify` shows, with these settings, that callbacks come from the carrier.

        A route whose provider does not needs a secret path, or the addresses that may call.
        """
        return any(setting.secret and config.get(setting.name) for setting in self.settings)

    async def greet(self, callback: Callback, config: Config) -> Answer | None:
        """Answer a callback by which the carrier only makes sure of the route; None for any other.

        It is called before `verify`, and verifies for itself.

        Raises:
            Unverified: It does not come from the carrier.
        """
        return None

    @abstractmethod
    async def verify(self, callback: Callback, config: Config) -> None:
        """Make sure that a callback comes from the carrier, over the bytes and the URL as they came.

        Raises:
            Unverified: It is not signed, or wrongly.
        """

    @abstractmethod
    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Take the body apart into items, each of one message or less; it is not verified again.

        Raises:
            Malformed: The body as a whole cannot be read.
        """

    @abstractmethod
    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Read one item; None where it tells nothing of a message's way, such as an inbound message.

        Raises:
            Malformed: The item cannot be read. Its neighbours are not touched by that.
        """
