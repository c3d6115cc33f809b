"""The lifecycle fold: a message stands where its strongest receipt puts it, in whatever order they came.

The result is a pure function of the registration, the suppression time and the set of receipts:
`advance` adds one receipt to what is known, `refold` starts from the whole set, and both end in the
same place.
"""

from collections.abc import Iterable, Mapping

from messagestatus_server.domain.awaiting import for_everybody, is_last
from messagestatus_server.domain.guards import Guard, guard
from messagestatus_server.domain.message import Media, Message, Reply, RollUp, Standing
from messagestatus_server.domain.receipt import TIMER, Entry, Receipt
from messagestatus_server.domain.state import FAILURES, DeliveryState


def advance(message: Message, entry: Entry) -> Message:
    """Return the message with one more distinct receipt.

    A receipt that ends the waiting of a message that the timer has marked must be refolded with all others,
    where it does not decide by its own strength.

    The revision grows by one even when the receipt decides nothing, so that it, too, depends on the set
    of receipts alone.
    """
    receipt = entry.receipt
    revision = message.revision + 1
    if receipt.state is DeliveryState.UNSPECIFIED or guard(message, receipt, entry.occur_time) is not (
        Guard.UNSPECIFIED
    ):
        return message._replace(revision=revision)
    replies = message.replies if receipt.reply is None else _with_reply(message.replies, receipt.reply)
    claimed = entry.standing(message.channel, message.origin.provider)
    if message.roll_up is RollUp.SINGLE:
        standing = stronger(message.standing, claimed)
        return message._replace(standing=standing, replies=replies, revision=revision)
    folded = message._replace(replies=replies, revision=revision)
    return _advance_group(folded, receipt.recipient, claimed)


def refold(message: Message, entries: Iterable[Entry], *, revision: int) -> Message:
    """Return the message as its registration, its suppression and all its receipts make it.

    Args:
        message: The message, of which only what the registration said counts.
        entries: Every distinct receipt of the message.
        revision: How much was known of the message besides its receipts.
    """
    folding = Folding(message)
    for entry in entries:
        folding.take(entry)
    return folding.message(revision)


class Folding:
    """A message as its registration and its suppression make it, to which receipts are added one by one.

    Ends where `advance` does, at a cost that does not grow with the recipients of the message. What the timer
    claims stands for a receipt that is missing: it counts until one ends the waiting, however weak that is.
    """

    def __init__(self, message: Message) -> None:
        self._registered = message
        self._general = message.origin
        self._recipients = dict.fromkeys(message.named, message.origin)
        self._replies: set[Reply] = set()
        self._mark: Standing | None = None
        self._waiting = True
        self._taken = 0

    def standing(self, receipt: Receipt) -> Standing:
        """Return where the message stands, or the recipient that a receipt speaks of."""
        return self._of("" if self._registered.roll_up is RollUp.SINGLE else receipt.recipient)

    def take(self, entry: Entry) -> None:
        """Add one more distinct receipt."""
        message, receipt = self._registered, entry.receipt
        self._taken += 1
        if receipt.state is DeliveryState.UNSPECIFIED or guard(message, receipt, entry.occur_time):
            return
        if receipt.reply is not None:
            self._replies.add(receipt.reply)
        claimed = entry.standing(message.channel, message.origin.provider)
        if receipt.source == TIMER:
            self._mark = claimed if self._mark is None else stronger(self._mark, claimed)
        elif for_everybody(message, receipt):
            self._general = stronger(self._general, claimed)
            self._waiting = self._waiting and not is_last(receipt)
        else:
            told = self._recipients.get(receipt.recipient, self._general)
            self._recipients[receipt.recipient] = stronger(told, claimed)

    def message(self, revision: int) -> Message:
        """Return the message; `revision` is how much was known of it besides its receipts."""
        message, general = self._registered, self._of("")
        folded = message._replace(
            standing=general,
            general=message.origin,
            recipients={user: self._of(user) for user in self._recipients},
            replies=tuple(sorted(self._replies, key=_reply_order)),
            revision=revision + self._taken,
        )
        if message.roll_up is RollUp.SINGLE:
            return folded
        return folded._replace(general=general, standing=roll_up(message.roll_up, general, folded.recipients))

    def _of(self, recipient: str) -> Standing:
        told = self._recipients.get(recipient) if recipient else None
        standing = self._general if told is None else stronger(self._general, told)
        return standing if self._mark is None or not self._waiting else stronger(standing, self._mark)


def stronger(one: Standing, other: Standing) -> Standing:
    """Return the standing that decides: the higher precedence, then the earlier, then the smaller key."""
    if one.precedence != other.precedence:
        return other if other.precedence > one.precedence else one
    return other if other.rank < one.rank else one


def roll_up(rule: RollUp, general: Standing, recipients: Mapping[str, Standing]) -> Standing:
    """Return the standing that the recipients of a group message give to it.

    ALL takes the least of them, and of equals the last to get there. ANY takes the strongest that is no
    failure, and a failure only when everybody has failed.
    """
    if not recipients:
        return general
    standings = recipients.values()
    if rule is RollUp.ALL:
        return max(standings, key=_rank)
    reached = [standing for standing in standings if standing.state not in FAILURES]
    return min(reached or standings, key=_rank)


def _advance_group(message: Message, recipient: str, claimed: Standing) -> Message:
    recipients = dict(message.recipients)
    general = message.general
    if recipient:
        recipients[recipient] = stronger(recipients.get(recipient, general), claimed)
    else:
        general = stronger(general, claimed)
        recipients = {user: stronger(standing, claimed) for user, standing in recipients.items()}
    return message._replace(
        general=general,
        recipients=recipients,
        standing=roll_up(message.roll_up, general, recipients),
    )


def _rank(standing: Standing) -> tuple[int, int, bytes]:
    return standing.rank


def _with_reply(replies: tuple[Reply, ...], reply: Reply) -> tuple[Reply, ...]:
    return tuple(sorted({*replies, reply}, key=_reply_order))


def _reply_order(reply: Reply) -> tuple[int, str, Media, bool]:
    return reply.reply_time, reply.text, reply.media or Media(), reply.media is None
