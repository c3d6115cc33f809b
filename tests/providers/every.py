"""Every provider with its simulated carrier: what the tests of all of them begin with."""

from collections.abc import Mapping
from functools import cache
from inspect import getdoc
from sys import modules
from typing import Any

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.providers.callback import Callback, Provider, Told
from messagestatus_server.providers.registry import provider
from messagestatus_server.service.clock import now
from tests.providers.calling import arrived, told

URL = "https://dlr.example.com/receipts/acme/s3cret"
PHONE = "+436601234567"

HAPPENED = now() - 3_600_000_000
"""When events happened: an hour ago."""

BODY_NOT_COVERED = {
    "infobip": "Basic and HMAC as ways to authenticate",
    "plivo": "neither query nor body",
    "jasmin": "It signs nothing",
    "kannel": "It signs nothing",
    "ryze": "Nothing is signed",
    "namirial": "nothing in it shows where it comes from",
}
"""Providers whose carrier does not sign the body as the simulated one is set up, and how they say so."""


@cache
def simulated(name: str) -> Carrier:
    """Return the carrier of a provider; making its keys takes a while."""
    return carrier(name)


def config(name: str) -> Mapping[str, str]:
    """Return the settings of a route that believes the carrier, defaults filled in."""
    defaults = {setting.name: setting.default for setting in provider(name).settings if setting.default}
    return defaults | simulated(name).config


def event(name: str, word: str = "", code: str = "", number: int = 1, **said: Any) -> Event:
    """Return an event of a carrier: the last of its script, unless told."""
    calling = simulated(name)
    message_id, word = calling.new_message_id(number), word or calling.script[-1]
    return Event(message_id, **{"phone": PHONE, "word": word, "code": code, "occur_time": HAPPENED, **said})


def posting(name: str, *events: Event, url: str = URL) -> Posting:
    """Return the signed callback of some events; of one, unless told."""
    return simulated(name).post(url, events or (event(name),))


def fresh(name: str) -> Provider:
    """Return a provider that has seen nothing yet: some remember what they saw."""
    return type(provider(name))()


def read_all(name: str, sent: Posting) -> list[Told | None]:
    """Return what a callback tells, verified or not."""
    return told(provider(name), came(sent), config(name))


def came(sent: Posting) -> Callback:
    """Return the callback that was sent, as it comes in now: carriers sign the time in which they send."""
    return arrived(sent, now())


async def verified(name: str, sent: Posting, known: Provider | None = None) -> None:
    """Verify a callback as a provider does that has seen nothing yet, unless told."""
    await (known or fresh(name)).verify(came(sent), config(name))


def documents(name: str) -> str:
    """Return what a provider's module and class say of themselves, in one line."""
    kind = type(provider(name))
    return " ".join(f"{modules[kind.__module__].__doc__} {getdoc(kind)}".split())
