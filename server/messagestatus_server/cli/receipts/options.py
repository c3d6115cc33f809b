"""Options that several commands of `receipts` have, and lists read to their end."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from messagestatus_server.cli.connection import Connection

LARGEST_PAGE = 100
"""How many items a page of the service has at most."""

tenant_option = click.option(
    "--tenant", default="", metavar="NAME", help="The tenant. [default: the key's own]"
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most."
)


def every(
    connection: Connection, call: Any, request: Any, items: Callable[[Any], Any], limit: int
) -> Iterator[Any]:
    """Yield the items of a list, page after page, up to a limit.

    Args:
        connection: Asks for each page.
        call: The method that lists.
        request: What is asked for; its page is turned.
        items: Takes the items from an answer.
        limit: How many at most.
    """
    while limit:
        request.page_size = min(limit, LARGEST_PAGE)
        page = connection.ask(call, request)
        # A page that looked through others' items may be short, and yet not the last.
        for item in list(items(page))[:limit]:
            limit -= 1
            yield item
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return
