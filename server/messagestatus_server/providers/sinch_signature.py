"""The signature that Sinch's SMS and Conversation API share.

Source: Sinch, "Conversation API: callbacks", section "Validating callbacks"; the official SDKs. For SMS the
signature is opt-in, and Basic is another way.
"""

import base64

from messagestatus_server.providers.basic_auth import BASIC_SETTINGS, check_basic
from messagestatus_server.providers.callback import Callback, Config, Setting, Unverified
from messagestatus_server.providers.freshness import check_fresh
from messagestatus_server.providers.signatures import check_equal, mac, required_header

SINCH_SETTINGS = (
    Setting("webhook_secret", "Secret that the webhook signs with", secret=True),
    *BASIC_SETTINGS,
)
"""The settings that `check_sinch` looks at."""

_HEADER = "x-sinch-webhook-signature"
# Sinch tries again for almost 23 hours, and does not say whether a further try is signed anew. What comes
# again within the day is recognised as the same event.
_DAY = 24 * 3600


def check_sinch(callback: Callback, config: Config) -> None:
    """Check the signature and Basic, each where the route has a secret for it.

    Raises:
        Unverified: One of them is missing or wrong, or the signature is more than a day old.
    """
    check_basic(callback, config)
    secret = config.get("webhook_secret")
    if not secret:
        return
    said = required_header(callback, _HEADER)
    nonce = required_header(callback, f"{_HEADER}-nonce")
    timestamp = required_header(callback, f"{_HEADER}-timestamp")
    if callback.headers.get(f"{_HEADER}-algorithm", "HmacSHA256").strip().lower() != "hmacsha256":
        raise Unverified("the algorithm of the signature is not HmacSHA256")
    signed = callback.body + f".{nonce}.{timestamp}".encode("utf-8", "surrogateescape")
    check_equal(said, base64.b64encode(mac(secret, signed)))
    check_fresh(callback, timestamp, _DAY)
