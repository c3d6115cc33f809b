"""Admission: what a registration and a receipt must be, and what their native words mean."""

from collections.abc import Iterable

from messagestatus_server.domain.identifier import LONGEST_IDENTIFIER, LONGEST_TEXT, identifier, optional_text
from messagestatus_server.domain.message import Media, Provider, Reference, Reply
from messagestatus_server.domain.phone import is_e164
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.refusals import FieldInvalid, FieldRequired
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import FAILURES, DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import CANONICAL, OURS, Lexicon, Meaning

_OUTRIGHT = {state: Meaning(state, CANONICAL[state.name].finality) for state in DeliveryState if state}
"""What a state means that is told outright."""

_EXPLAINED = FAILURES | {DeliveryState.UNKNOWN}
"""The states of which an error code is the reason."""

MOST_RECIPIENTS = 10_000
"""How many recipients a registration names at most."""

MOST_SEGMENTS = 1_000
"""How many segments a message has at most."""


def admitted_registration(registration: Registration, lexicon: Lexicon = OURS) -> Registration:
    """Return a registration that may be kept, its state filled in from its native status.

    Raises:
        FieldRequired, FieldInvalid: A field is at fault.
    """
    identifier("message_id", registration.message_id)
    optional_text("conversation_id", registration.conversation_id)
    optional_text("author_user_id", registration.author)
    if registration.phone:
        e164("phone", registration.phone)
    _check_reference(registration.reference)
    _check_provider(registration.provider)
    if not 0 <= registration.segments <= MOST_SEGMENTS:
        raise FieldInvalid("segments", f"must be 0 to {MOST_SEGMENTS}")
    if len(registration.recipients) > MOST_RECIPIENTS:
        raise FieldInvalid("recipient_user_ids", f"has more than {MOST_RECIPIENTS} items")
    for recipient in registration.recipients:
        identifier("recipient_user_ids", recipient)
    meant = _meaning(lexicon, registration.vocabulary, registration.provider, registration.state)
    if meant is None or not meant.state:
        return registration
    return registration._replace(state=meant.state, reason=registration.reason or meant.reason)


def admitted_receipt(receipt: Receipt, lexicon: Lexicon = OURS) -> Receipt:
    """Return a receipt that may be kept, with what its native status means filled in.

    A native status without a mapping leaves the state UNSPECIFIED: the receipt is kept, and decides
    nothing.

    Raises:
        FieldRequired, FieldInvalid: A field is at fault.
    """
    if receipt.message_id:
        identifier("message_id", receipt.message_id)
    elif not receipt.provider.message_id:
        raise FieldRequired("message_id")
    elif not receipt.provider.name:
        raise FieldRequired("provider.name")
    optional_text("event_id", receipt.event_id)
    if receipt.event_id and not receipt.provider.name:
        raise FieldRequired("provider.name")
    optional_text("recipient_user_id", receipt.recipient)
    _check_provider(receipt.provider)
    if receipt.reply is not None:
        _check_reply(receipt.reply)
    if not receipt.state and not receipt.provider.status:
        raise FieldRequired("state")
    meant = _meaning(lexicon, receipt.vocabulary, receipt.provider, receipt.state)
    if meant is None:
        return receipt._replace(finality=Finality.UNSPECIFIED)
    return Receipt(
        receipt.message_id,
        receipt.instance,
        receipt.provider,
        meant.state,
        meant.state if meant.precedence is None else meant.precedence,
        receipt.reason or _reason(lexicon, receipt, meant),
        receipt.finality or meant.finality,
        receipt.occur_time,
        receipt.recipient,
        receipt.channel,
        receipt.own_side or meant.own_side,
        receipt.reply,
        receipt.event_id,
        receipt.vocabulary,
        receipt.source,
    )


def e164(field: str, phone: str) -> str:
    """Return a phone number in E.164 form.

    Raises:
        FieldInvalid: It is not in that form.
    """
    if not is_e164(phone):
        raise FieldInvalid(field, "must be in E.164 form: a plus sign, then 7 to 15 digits, the first not 0")
    return phone


def _meaning(lexicon: Lexicon, vocabulary: str, said: Provider, state: DeliveryState) -> Meaning | None:
    """Return what a native word means; a state that is told outright takes the place of the word's."""
    if vocabulary not in lexicon.words:
        raise FieldInvalid("vocabulary", f"must be one of {', '.join(filter(None, lexicon.words))}")
    meant = lexicon.meaning(vocabulary, said.status, said.code) if said.status else None
    if state is DeliveryState.UNSPECIFIED:
        return meant
    if meant is not None and meant.state is state:
        return meant
    return _OUTRIGHT[state]


def _reason(lexicon: Lexicon, receipt: Receipt, meant: Meaning) -> FailureReason:
    """Return why it failed: as its word says exactly, else as its error code does."""
    code = receipt.provider.code
    if meant.reason or not code or meant.state not in _EXPLAINED:
        return meant.reason
    error = lexicon.error(receipt.vocabulary, code)
    return meant.reason if error is None else error.reason


def _check_reference(reference: Reference) -> None:
    if _plain(reference):
        return
    for name, text in zip(Reference._fields, reference, strict=True):
        optional_text(f"reference.{name}", text)


def _check_provider(provider: Provider) -> None:
    if _plain(provider):
        return
    for name, text in zip(Provider._fields, provider, strict=True):
        optional_text(f"provider.{name}", text, LONGEST_TEXT if name == "detail" else LONGEST_IDENTIFIER)


def _plain(texts: Iterable[str]) -> bool:
    """Tell at once of nearly all texts that none of them is too long, or has a NUL in it."""
    joined = "".join(texts)
    return len(joined) <= LONGEST_IDENTIFIER and "\0" not in joined


def _check_reply(reply: Reply) -> None:
    optional_text("reply.text", reply.text, LONGEST_TEXT)
    media = reply.media or Media()
    optional_text("reply.media.url", media.url, LONGEST_TEXT)
    optional_text("reply.media.file_name", media.file_name)
    if media.file_size < 0:
        raise FieldInvalid("reply.media.file_size", "must not be negative")
