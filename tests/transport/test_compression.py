"""Compression: callers may compress, and are answered all the same."""

import gzip
import struct

import grpc
import pytest

from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import message, register, state_of
from tests.running import Client, RunningServer, Tenant
from tests.transport.raw_http2 import RawConnection


@pytest.mark.parametrize("algorithm", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_a_compressed_request_is_read(
    tenant: Tenant, server: RunningServer, algorithm: grpc.Compression
) -> None:
    options = [("grpc.default_compression_algorithm", int(algorithm))]
    client = Client(server.address, tenant.key, options=options)
    register(client, *(message(f"m{number}", conversation_id="c" * 200) for number in range(100)))
    assert state_of(client, "m99") == "QUEUED"
    client.close()


def test_a_request_marked_as_compressed_is_unpacked(tenant: Tenant, server: RunningServer) -> None:
    """Frame by frame, so that it is certain that the server saw gzip."""
    register(tenant.client, message("m"))
    packed = gzip.compress(lookup_pb.GetStatusRequest(message_id="m").SerializeToString())
    with RawConnection(server.address) as connection:
        stream = connection.call(
            "/messagestatus.v1.MessageStatusService/GetStatus",
            tenant.key,
            frame=struct.pack(">BI", 1, len(packed)) + packed,
            headers=[("grpc-encoding", "gzip")],
        )
        ended = connection.read_until_ended({stream})
    assert ended[stream]["grpc-status"] == "0"
