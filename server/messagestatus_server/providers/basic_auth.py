"""HTTP Basic authentication of callbacks, for carriers that sign nothing but send what the URL holds.

Source: RFC 7617.
"""

import base64
import binascii

from messagestatus_server.providers.callback import Callback, Config, Setting, Unverified
from messagestatus_server.providers.signatures import check_equal, required_header

BASIC_SETTINGS = (
    Setting("basic_username", "User name that the callback must carry (HTTP Basic)"),
    Setting("basic_password", "Password that the callback must carry (HTTP Basic)", secret=True),
)
"""The settings that `check_basic` looks at."""


def check_basic(callback: Callback, config: Config) -> None:
    """Check the user name and the password of a callback, where the route has some.

    Raises:
        Unverified: They are missing or wrong.
    """
    username, password = config.get("basic_username", ""), config.get("basic_password", "")
    if not username and not password:
        return
    scheme, _, credentials = required_header(callback, "authorization").partition(" ")
    if scheme.lower() != "basic":
        raise Unverified("the header authorization is not of the scheme Basic", 401)
    try:
        said = base64.b64decode(credentials.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Unverified("the header authorization is not base64", 401) from None
    check_equal(said, f"{username}:{password}".encode())
