"""Phone numbers in E.164 form, by their pattern alone."""

import re

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def is_e164(phone: str) -> bool:
    """Tell whether text is a number in E.164 form: `+`, then 7 to 15 digits, the first not 0.

    No numbering plan is asked: `+1234567890` cannot be dialled, and is a good number all the same.
    """
    return _E164.fullmatch(phone) is not None


def mask(phone: str) -> str:
    """Return a number fit for a log line, such as `+12******90`."""
    return f"{phone[:3]}{'*' * max(len(phone) - 5, 0)}{phone[-2:]}"
