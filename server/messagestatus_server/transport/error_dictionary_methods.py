"""ErrorDictionaryService: what the error codes of providers mean."""

from functools import partial

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import error_dictionary_pb2 as dictionary_pb
from messagestatus.v1 import error_dictionary_service_pb2 as pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.service.error_dictionary import Described, ErrorDictionary
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import parsed

SERVICE = "messagestatus.v1.ErrorDictionaryService"


def methods(dictionary: ErrorDictionary) -> list[Method]:
    """Return the methods of the service."""
    return [
        Method(SERVICE, "DescribeError", Scope.READ, partial(_describe, dictionary)),
        Method(SERVICE, "ListErrors", Scope.READ, partial(_list, dictionary)),
    ]


async def _describe(dictionary: ErrorDictionary, _caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.DescribeErrorRequest, body)
    described = dictionary.describe(request.provider, request.code)
    return pb.DescribeErrorResponse(error_description=_description(described)).SerializeToString()


async def _list(dictionary: ErrorDictionary, _caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ListErrorsRequest, body)
    listed = dictionary.every(request.provider)
    return pb.ListErrorsResponse(error_descriptions=map(_description, listed)).SerializeToString()


def _description(described: Described) -> dictionary_pb.ErrorDescription:
    meaning = described.meaning
    return dictionary_pb.ErrorDescription(
        provider=described.provider,
        code=described.code,
        reason=state_pb.FailureReason.ValueType(meaning.reason),
        permanent=meaning.permanent,
        retryable=meaning.retryable,
        suppress_recipient=meaning.suppress,
        advice=meaning.advice,
    )
