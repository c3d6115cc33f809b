"""Lists, read to their end."""

from collections.abc import Callable
from typing import Any

Found = tuple[str, str]
"""The identifier and the instance of a message."""


def pages(call: Callable[..., Any], request: Any) -> list[list[Found]]:
    """Return every page of a list, each with its messages; the request's own token is not kept."""
    asked = type(request)()
    asked.CopyFrom(request)
    read: list[list[Found]] = []
    while asked.page_token or not read:
        page = call(asked)
        read.append([(found.message_id, found.instance) for found in page.message_statuses])
        asked.page_token = page.next_page_token
        assert len(read) < 1_000, "a list that never ends"
    return read


def listed(call: Callable[..., Any], request: Any) -> list[str]:
    """Return the identifiers of a whole list, in order."""
    return [message_id for page in pages(call, request) for message_id, _ in page]
