"""The limits of the server's connections, as gRPC channel options."""

SECOND = 1_000
MINUTE = 60 * SECOND

LARGEST_REQUEST = 4 * 1024 * 1024
"""How many bytes a request has at most, unpacked."""

LARGEST_METADATA = 8 * 1024
"""How many bytes of metadata are always taken; up to twice as many may be."""

OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_receive_message_length", LARGEST_REQUEST),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_concurrent_streams", 100),
    # The guard also counts streams that have ended and are not cleared away yet: it refuses good calls of
    # a client that keeps a hundred under way. How many calls run at once is limited by ourselves.
    ("grpc.http.overload_protection", 0),
    # Calls that wait for the event loop: beyond a thousand, gRPC would cancel some of them without a word.
    ("grpc.server.max_pending_requests", 4_000),
    ("grpc.server.max_pending_requests_hard_limit", 4_000),
    ("grpc.max_metadata_size", LARGEST_METADATA),
    ("grpc.absolute_max_metadata_size", 2 * LARGEST_METADATA),
    # A client that pings more often without calling is told to calm down, and cut off.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5 * MINUTE),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.server_handshake_timeout_ms", 20 * SECOND),
    # Behind a balancer of connections, calls only spread out when connections end now and then.
    ("grpc.max_connection_age_ms", 30 * MINUTE),
    ("grpc.max_connection_age_grace_ms", 60 * SECOND),
    ("grpc.max_connection_idle_ms", 15 * MINUTE),
    # Otherwise a second server would share the port, and half of the calls, without a word.
    ("grpc.so_reuseport", 0),
)
