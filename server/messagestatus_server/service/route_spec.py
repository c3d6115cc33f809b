"""What may be decided about a route, and how it is kept."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from messagestatus_server.domain.identifier import LONGEST_TEXT, optional_text
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.refusals import FieldInvalid, FieldRequired
from messagestatus_server.domain.route import RouteSpec, canonical_network
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.providers.callback import Provider, Setting

_MOST = 1_000
_SHORTEST_DEADLINE = 1_000_000
_LONGEST_DEADLINE = 366 * 86_400 * 1_000_000
_MARKS = {DeliveryState.UNKNOWN, DeliveryState.EXPIRED}


def admitted_spec(provider_name: str, spec: RouteSpec) -> RouteSpec:
    """Return what is decided about a route of a provider, in the form in which it is kept.

    Raises:
        FieldInvalid, FieldRequired: A field is at fault.
    """
    optional_text("spec.provider_name", spec.provider_name)
    optional_text("spec.public_url", spec.public_url, LONGEST_TEXT)
    if spec.public_url:
        _check_url(spec.public_url)
    for field, items in (
        ("allowed_networks", spec.allowed_networks),
        ("overrides", spec.overrides),
        ("deadlines", spec.deadlines),
    ):
        if len(items) > _MOST:
            raise FieldInvalid(f"spec.{field}", f"has more than {_MOST} items")
    for override in spec.overrides:
        if not override.word:
            raise FieldRequired("spec.overrides.word")
        optional_text("spec.overrides.word", override.word)
        optional_text("spec.overrides.code", override.code)
    _check_deadlines(spec)
    return spec._replace(
        provider_name=spec.provider_name or provider_name,
        allowed_networks=tuple(_network(text) for text in spec.allowed_networks),
    )


def admitted_config(
    known: Provider, settings: Mapping[str, str], given: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the settings and the secrets of a route, both without empty ones.

    Raises:
        FieldInvalid, FieldRequired: A setting is at fault.
    """
    names = {setting.name: setting for setting in known.settings}
    for field, values, secret in (("spec.settings", settings, False), ("secrets", given, True)):
        allowed = [name for name, setting in names.items() if setting.secret is secret]
        for name, value in values.items():
            if name not in allowed:
                what = f"has no `{name}`; {known.name} has {', '.join(allowed) or 'none'}"
                raise FieldInvalid(f"{field}.{name}", what)
            optional_text(f"{field}.{name}", value, LONGEST_TEXT)
            wrong = _wrong(names[name], value) if value else ""
            if wrong:
                raise FieldInvalid(f"{field}.{name}", wrong)
    for name, setting in names.items():
        if setting.required and not (given if setting.secret else settings).get(name):
            raise FieldRequired(f"{'secrets' if setting.secret else 'spec.settings'}.{name}")
    return _without_empty(settings), _without_empty(given)


def _wrong(setting: Setting, value: str) -> str:
    """Return what is wrong with the value of a setting; nothing where it may be kept."""
    if setting.choices and value not in setting.choices:
        return f"must be one of {', '.join(setting.choices)}"
    return "" if setting.check is None else setting.check(value)


def _check_deadlines(spec: RouteSpec) -> None:
    channels: set[Channel] = set()
    for deadline in spec.deadlines:
        if not _SHORTEST_DEADLINE <= deadline.after <= _LONGEST_DEADLINE:
            raise FieldInvalid("spec.deadlines.after", "must be from a second to a year")
        if deadline.state not in _MARKS:
            raise FieldInvalid("spec.deadlines.state", "must be UNKNOWN or EXPIRED")
        if deadline.channel in channels:
            raise FieldInvalid("spec.deadlines.channel", f"has {deadline.channel.name} twice")
        channels.add(deadline.channel)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    printable = url.isascii() and url.isprintable() and " " not in url
    plain = parts.netloc and "?" not in url and "#" not in url
    if parts.scheme not in {"http", "https"} or not (printable and plain):
        raise FieldInvalid("spec.public_url", "must be an http or https URL without a query")


def _network(text: str) -> str:
    network = canonical_network(text)
    if network is None:
        raise FieldInvalid("spec.allowed_networks", f"{text!r} is no network in CIDR form")
    return network


def _without_empty(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
