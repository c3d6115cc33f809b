"""Whether a signed time is near enough to when the callback came, so that an old one cannot come again."""

from messagestatus_server.providers.callback import Callback, Unverified
from messagestatus_server.providers.times import unix_micros


def check_fresh(callback: Callback, signed_second: str | float, most_seconds: int) -> None:
    """Check that a signed time, in seconds since 1970, is at most so far from when the callback came.

    Raises:
        Unverified: It is no time, or too far away.
    """
    signed = unix_micros(signed_second) if isinstance(signed_second, str) else signed_second * 1_000_000
    if signed is None:
        raise Unverified("the signed time is not a number of seconds")
    if abs(callback.receive_time - signed) > most_seconds * 1_000_000:
        raise Unverified(f"the signed time is more than {most_seconds} s away")
