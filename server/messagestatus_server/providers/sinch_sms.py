"""Sinch SMS (XMS): delivery reports, of one recipient or of a whole batch.

Source: Sinch, "SMS API: delivery reports", "Callbacks"; the enums of the official SDKs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from messagestatus_server.domain.message import Channel
from messagestatus_server.providers.callback import Callback, Config, Malformed, Provider, Told
from messagestatus_server.providers.json_body import json_object, list_in, required_text, text_in
from messagestatus_server.providers.numbers import with_plus
from messagestatus_server.providers.sinch_signature import SINCH_SETTINGS, check_sinch
from messagestatus_server.providers.times import iso_micros

# Delivered, queued and dispatched have numbers of their own, which are no errors.
_NO_ERROR = {"0", "400", "401"}


class SinchSms(Provider):
    """Verifies and reads Sinch's delivery reports. It calls a message by its batch and its recipient."""

    name = "sinch_sms"
    settings = SINCH_SETTINGS

    async def verify(self, callback: Callback, config: Config) -> None:
        """Check the signature, or Basic, as far as the route has secrets for them."""
        check_sinch(callback, config)

    def split(self, callback: Callback, config: Config) -> Sequence[Any]:
        """Return the report, its status and its recipient, once for each recipient."""
        report = json_object(callback.body)
        kind = required_text(report, "type")
        if kind.startswith("recipient_delivery_report"):
            return [(report, report, report.get("recipient"))]
        return list(_by_recipient(report)) if kind.startswith("delivery_report") else []

    def read(self, item: Any, callback: Callback, config: Config) -> Told | None:
        """Return what a report tells of a recipient; None where it does not tell of which one."""
        report, status, recipient = item
        if not isinstance(status, dict):
            raise Malformed("a status is not an object")
        batch = required_text(report, "batch_id")
        word, code = required_text(status, "status"), text_in(status, "code")
        number = text_in({"recipient": recipient}, "recipient")
        if not number and status is report:
            raise Malformed("recipient is missing")
        if not number and report.get("total_message_count") != 1:
            return None
        time_text = text_in(report, "at") or text_in(report, "operator_status_at")
        return Told(
            provider_message_id=batch,
            word=word,
            code="" if code in _NO_ERROR else code,
            occur_time=iso_micros(time_text),
            time_text=time_text,
            recipient=with_plus(number),
            reference=text_in(report, "client_reference"),
            channel=Channel.SMS,
        )


def _by_recipient(report: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Any, Any]]:
    """Yield each status with each of its recipients, and with none where the report is a mere summary."""
    for status in list_in(report, "statuses"):
        recipients = status.get("recipients") if isinstance(status, dict) else None
        for recipient in recipients if isinstance(recipients, list) and recipients else [None]:
            yield report, status, recipient
