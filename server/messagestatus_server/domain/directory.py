"""People and conversations, and who may see what was written in one."""

from collections.abc import Iterable
from typing import NamedTuple


class User(NamedTuple):
    """A person, as chat products know one."""

    user_id: str
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    email: str = ""
    user_name: str = ""
    company: str = ""


class Membership(NamedTuple):
    """The time one person spent in a conversation, in microseconds, UTC; None is open-ended."""

    user_id: str
    join_time: int | None = None
    leave_time: int | None = None

    def covers(self, time: int) -> bool:
        """Tell whether the person was a member: from joining on, until leaving, exclusively."""
        return (self.join_time is None or self.join_time <= time) and (
            self.leave_time is None or time < self.leave_time
        )


class Conversation(NamedTuple):
    """A chat, stream or room, and who took part in it when."""

    conversation_id: str
    view_history: bool = False
    memberships: tuple[Membership, ...] = ()


def may_see(view_history: bool, memberships: Iterable[Membership], message_time: int, now: int) -> bool:
    """Tell whether a person with these memberships may see a message of the conversation.

    A member may. So may a person who was in it when the message was sent, where the conversation lets
    people view its history (Symphony, "Message Status", known exceptions).

    Args:
        view_history: Whether the conversation lets people view its history.
        memberships: The person's own memberships of it.
        message_time: When the message travelled, in microseconds, UTC.
        now: The present, in microseconds, UTC.
    """
    spans = list(memberships)
    return any(span.covers(now) for span in spans) or (
        view_history and any(span.covers(message_time) for span in spans)
    )
