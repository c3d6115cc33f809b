"""The guards: each refuses what is known to be impossible, and nothing else."""

from itertools import product

import pytest

from messagestatus_server.domain.guards import Guard, guard, guard_claim
from messagestatus_server.domain.message import Channel, ContentKind, Direction
from messagestatus_server.domain.state import DeliveryState

from .samples import NOON, entry, message

OUT, IN = Direction.OUTBOUND, Direction.INBOUND
ANY_KIND = ContentKind.UNSPECIFIED
NO_READS = Guard.CHANNEL_HAS_NO_READS
NO_REPLIES = Guard.CHANNEL_HAS_NO_REPLIES
NOT_PLAYABLE = Guard.CONTENT_NOT_PLAYABLE
NOT_INBOUND = Guard.NOT_INBOUND
PASSES = Guard.UNSPECIFIED


def test_sms_knows_neither_reading_nor_playing_nor_replying() -> None:
    told = {state: _claim(state, channel=Channel.SMS, direction=IN) for state in DeliveryState}
    assert {state: refused for state, refused in told.items() if refused} == {
        DeliveryState.READ: NO_READS,
        DeliveryState.PLAYED: NO_READS,
        DeliveryState.REPLIED: NO_REPLIES,
    }


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.SMS])
@pytest.mark.parametrize("state", [DeliveryState.READ, DeliveryState.PLAYED])
def test_every_other_channel_may_be_read_and_played_on(channel: Channel, state: DeliveryState) -> None:
    assert _claim(state, channel=channel) is PASSES


@pytest.mark.parametrize("channel", Channel)
def test_replies_exist_where_one_can_write_back(channel: Channel) -> None:
    without = {Channel.SMS, Channel.VOICE, Channel.PUSH}
    wanted = NO_REPLIES if channel in without else PASSES
    assert _claim(DeliveryState.REPLIED, channel=channel) is wanted


@pytest.mark.parametrize("kind", ContentKind)
def test_only_what_sounds_or_moves_is_played(kind: ContentKind) -> None:
    """What is not known to be silent may be played."""
    playable = {ContentKind.AUDIO, ContentKind.VIDEO, ContentKind.UNSPECIFIED}
    assert _claim(DeliveryState.PLAYED, kind=kind) is (PASSES if kind in playable else NOT_PLAYABLE)
    assert _claim(DeliveryState.READ, kind=kind) is PASSES


@pytest.mark.parametrize("state", DeliveryState)
def test_the_own_side_acts_on_inbound_messages_only(state: DeliveryState) -> None:
    assert _claim(state, own_side=True) is NOT_INBOUND
    assert _claim(state, own_side=True, direction=IN) is PASSES


def test_only_inbound_messages_are_received() -> None:
    assert _claim(DeliveryState.RECEIVED) is NOT_INBOUND
    assert _claim(DeliveryState.RECEIVED, direction=IN) is PASSES


@pytest.mark.parametrize("state", [state for state in DeliveryState if state <= DeliveryState.DELIVERED])
def test_no_guard_stands_before_the_states_up_to_delivered(state: DeliveryState) -> None:
    for channel, direction, kind in product(Channel, Direction, ContentKind):
        assert _claim(state, channel=channel, direction=direction, kind=kind) is PASSES


@pytest.mark.parametrize(
    ("at", "refused"), [(4, PASSES), (5, Guard.AFTER_SUPPRESSION), (6, Guard.AFTER_SUPPRESSION)]
)
def test_a_suppression_refuses_from_its_very_time_on(at: int, refused: Guard) -> None:
    suppressed = message(channel=Channel.CHAT)._replace(suppress_time=NOON + 5_000_000)
    told = entry(DeliveryState.READ, at)
    assert guard(suppressed, told.receipt, told.occur_time) is refused


def test_a_suppression_counts_the_time_told_not_the_time_of_arrival() -> None:
    suppressed = message()._replace(suppress_time=NOON + 5_000_000)
    late = entry(DeliveryState.DELIVERED, at=1, arrived=9)
    assert guard(suppressed, late.receipt, late.occur_time) is PASSES


@pytest.mark.parametrize(
    ("registered", "told", "refused"),
    [
        (Channel.SMS, Channel.UNSPECIFIED, NO_READS),
        (Channel.SMS, Channel.WHATSAPP, PASSES),
        (Channel.WHATSAPP, Channel.SMS, NO_READS),
        (Channel.UNSPECIFIED, Channel.UNSPECIFIED, PASSES),
    ],
)
def test_the_channel_a_receipt_tells_of_counts_before_the_registered_one(
    registered: Channel, told: Channel, refused: Guard
) -> None:
    """A message may fall back to another channel, and its receipts say so."""
    receipt = entry(DeliveryState.READ, channel=told)
    assert guard(message(channel=registered), receipt.receipt, receipt.occur_time) is refused


def _claim(
    state: DeliveryState,
    *,
    channel: Channel = Channel.UNSPECIFIED,
    kind: ContentKind = ANY_KIND,
    direction: Direction = OUT,
    own_side: bool = False,
) -> Guard:
    return guard_claim(state, channel=channel, content_kind=kind, direction=direction, own_side=own_side)
