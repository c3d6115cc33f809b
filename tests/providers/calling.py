"""What the tests of all providers need: a callback as it comes in, and what a provider makes of it."""

from collections.abc import Mapping

from messagestatus_server.cli.simulate.carriers.carrier import Posting
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.providers.callback import Callback, Provider, Told
from messagestatus_server.providers.tables import lexicon

LEXICON = lexicon()
RECEIVED = 1_770_188_100_000_000
"""When callbacks come in: 2026-02-04T06:55:00Z."""


def callback(
    body: bytes = b"",
    *,
    url: str = "https://dlr.example.com/receipts/acme",
    method: str = "POST",
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
    receive_time: int = RECEIVED,
) -> Callback:
    """Return a callback; the names of headers may be written in any case."""
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return Callback(method, url, {"content-type": content_type} | named, body, receive_time)


def arrived(posting: Posting, receive_time: int = RECEIVED) -> Callback:
    """Return the callback that a simulated carrier sent."""
    return callback(
        posting.body,
        url=posting.url,
        method=posting.method,
        headers=posting.headers,
        receive_time=receive_time,
    )


def told(provider: Provider, came: Callback, config: Mapping[str, str]) -> list[Told | None]:
    """Return what each item of a callback tells, without verifying it."""
    return [provider.read(item, came, config) for item in provider.split(came, config)]


def meant(provider: Provider, told_item: Told) -> Meaning | None:
    """Return what the word of an item means in the provider's table."""
    return LEXICON.meaning(provider.name, told_item.word, told_item.code)
