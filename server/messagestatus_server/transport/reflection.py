"""Reflection: the contract, for those who come with nothing but the address."""

from collections.abc import AsyncIterator, Iterable

import grpc
from google.protobuf.message import DecodeError
from grpc_reflection.v1alpha import reflection, reflection_pb2

from messagestatus_server.transport.error_status import Failure
from messagestatus_server.transport.method import Ended, Metadata, Stream

SERVICE: str = reflection.SERVICE_NAME

_UNREADABLE = Failure(grpc.StatusCode.INVALID_ARGUMENT, "the request does not parse")


def reflecting(services: Iterable[str]) -> Stream:
    """Return the method that shows services, and itself."""
    servicer = reflection.ReflectionServicer([*services, SERVICE])

    async def show(metadata: Metadata, requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        del metadata
        async for body in requests:
            try:
                request = reflection_pb2.ServerReflectionRequest.FromString(body)
            except DecodeError:
                raise Ended(_UNREADABLE) from None
            # The library's answers are made one by one, and look at no context.
            for answer in servicer.ServerReflectionInfo(iter([request]), None):
                yield answer.SerializeToString()

    return Stream(f"/{SERVICE}/ServerReflectionInfo", show)
