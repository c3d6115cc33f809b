"""Recipients' numbers as carriers write them, in E.164 form."""

from messagestatus_server.domain.phone import is_e164


def with_plus(number: str) -> str:
    """Return a number with the `+` that many carriers leave out; what is no number stays as it came."""
    trimmed = number.strip()
    if is_e164(trimmed):
        return trimmed
    return f"+{trimmed}" if is_e164(f"+{trimmed}") else number
