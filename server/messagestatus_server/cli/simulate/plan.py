"""A plan: what is simulated, and against what."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from messagestatus_server.cli.settings import Settings

GATEWAY = "http://127.0.0.1:8080"
"""Where callbacks go unless the plan says otherwise."""

PHONE_PREFIX = "+1555"
"""What the numbers of the recipients begin with: nobody's, in North America."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is simulated.

    Attributes:
        settings: The server, and the key to call it with.
        provider: The provider whose carrier is simulated.
        script: What happens to each message, in order: native words, or states of ours. What usually
            happens when empty.
        messages: How many messages there are.
        rate: How many callbacks are posted a second.
        duplicate: How probable it is that a callback is posted once more.
        lose: How probable it is that an event is never told.
        shuffle: Whether callbacks come in any order.
        batch: How many events one callback holds at most, if the carrier takes so many.
        to: The base URL of the gateway.
        route: The route to post to. One is made for the time of the simulation when empty.
        target: Posts to this URL, and registers and checks nothing, unless it is empty.
        seed: What decides about all that is random but names. Another one each time when None.
        tenant: The tenant of the messages. The key's own when empty.
        error_code: The native error code of every event that tells of a failure.
        phone_prefix: What the numbers of the recipients begin with.
        keep_route: Whether the route that is made stays.
        secrets: Secrets of the route, or of the target, by name; `path` is the secret end of the path.
    """

    settings: Settings
    provider: str = ""
    script: tuple[str, ...] = ()
    messages: int = 1000
    rate: float = 200.0
    duplicate: float = 0.0
    lose: float = 0.0
    shuffle: bool = False
    batch: int = 10
    to: str = GATEWAY
    route: str = ""
    target: str = ""
    seed: int | None = None
    tenant: str = ""
    error_code: str = ""
    phone_prefix: str = PHONE_PREFIX
    keep_route: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict)
