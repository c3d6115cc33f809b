"""`webhook test`, `replay` and `attempts`: what becomes of events."""

from typing import Any

import click

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.webhook_endpoint_pb2 import WebhookAttempt, WebhookResult
from messagestatus.v1.webhook_endpoint_service_pb2 import (
    ListAttemptsRequest,
    ReplayEventsRequest,
    SendTestEventRequest,
)
from messagestatus.v1.webhook_endpoint_service_pb2_grpc import WebhookEndpointServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.printing import plain, print_filled, print_json, print_record, time_text
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.webhook_options import tenant_option
from messagestatus_server.cli.words import word

_PAGE = 100


@click.command("test", cls=Command)
@click.argument("endpoint_id")
@tenant_option
@click.pass_obj
def test_command(settings: Settings, endpoint_id: str, tenant: str) -> None:
    """Send a test event, and show what came of it; the exit code is 1 if it was not taken."""
    request = SendTestEventRequest(tenant=tenant, endpoint_id=endpoint_id)
    with Connection(settings) as connection:
        stub = WebhookEndpointServiceStub(connection.channel)
        attempt = connection.ask(stub.SendTestEvent, request).attempt
    if settings.json:
        print_json(plain(attempt))
    else:
        print_record(attempt)
    if attempt.result != WebhookResult.WEBHOOK_RESULT_TAKEN:
        raise click.exceptions.Exit(ExitCode.REFUSED)


@click.command("replay", cls=Command)
@click.argument("endpoint_id")
@tenant_option
@click.option("--since", "since_time", metavar="TIME", help="Only changes of this time or later (RFC 3339).")
@click.option("--until", "until_time", metavar="TIME", help="Only changes before this time (RFC 3339).")
@click.option("--after", "resume_token", metavar="TOKEN", help="Only changes after this token of a watch.")
@click.option("--message", "message_ids", multiple=True, metavar="ID", help="Only changes of these messages.")
@enum_option(
    "--state", "states", DeliveryState.DESCRIPTOR, several=True, text="Only changes to these states."
)
@click.option("--dead", "dead_only", is_flag=True, help="Only events that are not tried any more.")
@click.pass_obj
def replay_command(settings: Settings, /, **given: Any) -> None:
    """Tell an endpoint of changes once more; without options, of all that are kept."""
    request = request_of(ReplayEventsRequest, given)
    with Connection(settings) as connection:
        replayed = connection.ask(WebhookEndpointServiceStub(connection.channel).ReplayEvents, request)
    if settings.json:
        print_json({"events": replayed.events})
    else:
        click.echo(f"{replayed.events} events wait to be told.")


@click.command("attempts", cls=Command)
@click.argument("endpoint_id")
@tenant_option
@click.option("--message", "message_id", metavar="ID", help="Only those on events of this message.")
@enum_option("--result", "results", WebhookResult.DESCRIPTOR, several=True, text="Only those that ended so.")
@click.option(
    "--limit", default=50, type=click.IntRange(1), metavar="N", help="How many at most. [default: 50]"
)
@click.pass_obj
def attempts_command(settings: Settings, /, limit: int, **given: Any) -> None:
    """List attempts, the newest first."""
    request = request_of(ListAttemptsRequest, given)
    found: list[WebhookAttempt] = []
    with Connection(settings) as connection:
        stub = WebhookEndpointServiceStub(connection.channel)
        while len(found) < limit:
            request.page_size = min(limit - len(found), _PAGE)
            page = connection.ask(stub.ListAttempts, request)
            found += page.attempts
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if settings.json:
        for attempt in found:
            print_json(plain(attempt))
    else:
        headings = (
            "TIME",
            "MESSAGE",
            "INSTANCE",
            "ATTEMPT",
            "MS",
            "STATUS",
            "FAULT",
            "RESULT",
            "NEXT",
            "EVENT",
        )
        print_filled(headings, [_row(attempt) for attempt in found])


def _row(attempt: WebhookAttempt) -> tuple[str, ...]:
    return (
        time_text(attempt, "attempt_time"),
        attempt.message_id,
        attempt.instance,
        str(attempt.attempt),
        str(attempt.duration.ToMilliseconds()),
        str(attempt.http_status or ""),
        attempt.fault,
        word(WebhookResult.DESCRIPTOR, attempt.result),
        time_text(attempt, "next_attempt_time"),
        attempt.event_id,
    )
