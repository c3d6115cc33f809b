"""`explain`: what the error codes of a provider mean, and what to do about them."""

import click

from messagestatus.v1.delivery_state_pb2 import FailureReason
from messagestatus.v1.error_dictionary_pb2 import ErrorDescription
from messagestatus.v1.error_dictionary_service_pb2 import DescribeErrorRequest, ListErrorsRequest
from messagestatus.v1.error_dictionary_service_pb2_grpc import ErrorDictionaryServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.printing import plain, print_json, print_record, print_table
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word


@click.command("explain", cls=Command)
@click.argument("provider", required=False, default="")
@click.argument("code", required=False, default="")
@click.pass_obj
def explain_command(settings: Settings, provider: str, code: str) -> None:
    """Explain the error code of a provider; without CODE all of its codes, without PROVIDER all there are."""
    with Connection(settings) as connection:
        stub = ErrorDictionaryServiceStub(connection.channel)
        if code:
            request = DescribeErrorRequest(provider=provider, code=code)
            descriptions = [connection.ask(stub.DescribeError, request).error_description]
        else:
            answer = connection.ask(stub.ListErrors, ListErrorsRequest(provider=provider))
            descriptions = list(answer.error_descriptions)
    if settings.json:
        for description in descriptions:
            print_json(plain(description))
    elif code:
        print_record(descriptions[0])
    else:
        print_table(
            ("PROVIDER", "CODE", "REASON", "PERMANENT", "RETRY", "SUPPRESS", "ADVICE"),
            [_row(description) for description in descriptions],
        )


def _row(description: ErrorDescription) -> tuple[str, ...]:
    return (
        description.provider,
        description.code,
        word(FailureReason.DESCRIPTOR, description.reason),
        "yes" if description.permanent else "",
        "yes" if description.retryable else "",
        "yes" if description.suppress_recipient else "",
        description.advice,
    )
