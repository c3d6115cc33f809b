"""`export`: one tenant's messages and receipts as lines that `import` takes back."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, BinaryIO

import apsw
import click
import orjson

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.message_service_pb2 import MessageRegistration, RollUp
from messagestatus.v1.message_status_service_pb2 import GetStatusResponse
from messagestatus_server.cli.database import open_read_only
from messagestatus_server.cli.printing import plain
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.domain.receipt import TIMER
from messagestatus_server.storage.sqlite.packing import unpacked

_TENANT = "SELECT id FROM tenant WHERE name = ?"
_MESSAGES = "SELECT handle, roll_up, origin, resource FROM message WHERE tenant = ? ORDER BY handle"
_RECIPIENTS = "SELECT user_id FROM recipient WHERE tenant = ? AND message = ? AND named ORDER BY user_id"
_RECEIPTS = """
    SELECT content, CASE WHEN named THEN coalesce(parked_id, message_id) END,
        coalesce(occur_time, receive_time)
    FROM receipt LEFT JOIN message ON handle = message WHERE receipt.tenant = ? ORDER BY id
"""
_SAME = (
    "message_id",
    "instance",
    "conversation_id",
    "direction",
    "content_kind",
    "phone",
    "accept_time",
    "message_time",
    "segments",
)


@click.command("export", cls=Command)
@click.option("--tenant", default="default", show_default=True, metavar="NAME", help="Whose messages.")
@click.option(
    "--output", type=click.File("wb"), default="-", metavar="FILE", help="[default: standard output]"
)
@click.pass_obj
def export_command(settings: Settings, tenant: str, output: BinaryIO) -> None:
    """Write all messages of a tenant, then all receipts, as NDJSON read straight from the database.

    The server may run: what is written is as of one moment.
    """
    with closing(open_read_only(settings.data)) as connection, connection:  # in one transaction
        row = connection.execute(_TENANT, (tenant,)).fetchone()
        if row is None:
            raise click.ClickException(f"there is no tenant {tenant!r}")
        output.writelines(orjson.dumps(record) + b"\n" for record in _records(connection, row[0]))


def _records(connection: apsw.Connection, tenant: int) -> Iterator[dict[str, Any]]:
    """Yield the registrations of a tenant, then its receipts, parked ones too."""
    for handle, roll_up, origin, resource in connection.execute(_MESSAGES, (tenant,)):
        message = _registration(origin, resource)
        if roll_up != RollUp.ROLL_UP_UNSPECIFIED:
            message.roll_up = roll_up
            message.recipient_user_ids.extend(
                user_id for (user_id,) in connection.execute(_RECIPIENTS, (tenant, handle))
            )
        yield {"message": plain(message)}
    for content, message_id, occur_time in connection.execute(_RECEIPTS, (tenant,)):
        receipt = DeliveryReceipt.FromString(content)
        if receipt.source == TIMER:
            continue  # nobody reported it, and whoever takes the messages in has a timer of its own
        receipt.message_id = "" if message_id is None else unpacked(message_id)
        # One that told no time was taken as of its arrival, which is not that of the next import.
        receipt.occur_time.FromMicroseconds(occur_time)
        yield {"receipt": plain(receipt)}


def _registration(origin: bytes, resource: bytes) -> MessageRegistration:
    """Return what a message was registered with: what never changes, and the state it began in."""
    status = GetStatusResponse.FromString(resource).message_status
    began = DeliveryReceipt.FromString(origin)
    return MessageRegistration(
        **{name: getattr(status, name) for name in _SAME},
        reference=status.reference if status.HasField("reference") else None,
        author_user_id=status.author.user_id,
        channel=began.channel,
        state=began.state,
        reason=began.reason,
        provider=began.provider if began.HasField("provider") else status.provider,
    )
