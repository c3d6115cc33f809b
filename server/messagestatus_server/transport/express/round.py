"""A round: the requests that came in one turn of the loop, all looked up first, and all replied to then.

To change between the store and grpcio's core for each call costs a processor about as much as the work
itself: what the one needs at hand drives out what the other does.
"""

import asyncio
from typing import Protocol

import structlog

from messagestatus_server.logs import described
from messagestatus_server.transport.express.core import Call
from messagestatus_server.transport.express.reply import send_reply
from messagestatus_server.transport.method import Reply

log = structlog.get_logger()


class Asked(Protocol):
    """A call whose request is there."""

    call: Call

    def answered(self) -> Reply | None:
        """Return the reply, or None where it has to be waited for."""


class Round:
    """The calls to answer at the end of the present turn of a loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asked: list[Asked] = []

    def add(self, asked: Asked) -> None:
        """Have a call answered in this turn."""
        if not self._asked:
            self._loop.call_soon(self._answer)
        self._asked.append(asked)

    def _answer(self) -> None:
        asked, self._asked = self._asked, []
        replies = [(each.call, _answered(each)) for each in asked]
        for call, reply in replies:
            if reply is not None:
                send_reply(call, reply, closing=True)


def _answered(asked: Asked) -> Reply | None:
    try:
        return asked.answered()
    except Exception as fault:  # noqa: BLE001 - one call's fault must not take the others' replies
        log.error("fault", **described(fault))  # noqa: TRY400 - the text may hold secrets
        asked.call.cancel()
        return None
