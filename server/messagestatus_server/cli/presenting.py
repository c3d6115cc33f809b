"""How message statuses look to people: one in full, or many in a table."""

from collections.abc import Iterable

import click

from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus
from messagestatus_server.cli.printing import print_record, print_table, time_text
from messagestatus_server.cli.words import word


def print_status(status: MessageStatus) -> None:
    """Print every field of one status, and its recipients as a table below."""
    fields = MessageStatus()
    fields.CopyFrom(status)
    fields.ClearField("recipients")
    print_record(fields)
    if status.recipients:
        click.echo()
        print_table(
            ("RECIPIENT", "NAME", "STATE", "REASON", "CHANGED"),
            [
                (
                    recipient.user.user_id,
                    recipient.user.display_name,
                    word(DeliveryState.DESCRIPTOR, recipient.state),
                    word(FailureReason.DESCRIPTOR, recipient.reason),
                    time_text(recipient, "change_time"),
                )
                for recipient in status.recipients
            ],
        )


def print_statuses(statuses: Iterable[MessageStatus]) -> None:
    """Print one row for each status, in their order."""
    print_table(
        ("ACCEPTED", "MESSAGE", "INSTANCE", "CHANNEL", "PHONE", "REFERENCE", "STATE", "REASON", "CHANGED"),
        [
            (
                time_text(status, "accept_time"),
                status.message_id,
                status.instance,
                word(Channel.DESCRIPTOR, status.channel),
                status.phone,
                status.reference.key,
                word(DeliveryState.DESCRIPTOR, status.state),
                word(FailureReason.DESCRIPTOR, status.reason),
                time_text(status, "change_time"),
            )
            for status in statuses
        ],
    )
