"""A gzip bomb: fifty megabytes in fifty kilobytes, refused before they are unpacked."""

import gzip
import struct

from tests.builders import message, register, state_of
from tests.running import RunningServer, Tenant
from tests.security.process_memory import MEGABYTE, resident
from tests.transport.raw_http2 import RawConnection

RESOURCE_EXHAUSTED = "8"


def test_a_bomb_is_refused_without_being_unpacked(tenant: Tenant, server: RunningServer) -> None:
    packed = gzip.compress(bytes(50 * MEGABYTE))
    assert len(packed) < 64 * 1024
    register(tenant.client, message("m"))
    before = resident(server.pid)
    with RawConnection(server.address) as connection:
        stream = connection.call(
            "/messagestatus.v1.MessageStatusService/GetStatus",
            tenant.key,
            frame=struct.pack(">BI", 1, len(packed)) + packed,
            headers=[("grpc-encoding", "gzip")],
        )
        ended = connection.read_until_ended({stream})[stream]
    assert ended["grpc-status"] == RESOURCE_EXHAUSTED
    assert "ecompressed message larger than max" in ended["grpc-message"]
    assert resident(server.pid) - before < 10 * MEGABYTE
    assert state_of(tenant.client, "m") == "QUEUED"
