"""The connection to the upstream: when it retries, how it notices a dead peer, how it trusts."""

import grpc
import orjson

from messagestatus_gateway.settings import UpstreamSettings

_READS = "messagestatus.v1.MessageStatusService"
_WATCHES = "messagestatus.v1.StatusWatchService"

_SERVICE_CONFIG = {
    "methodConfig": [
        {
            # All of their calls are reads, so asking again is safe; of a watch, until it has begun.
            "name": [{"service": _READS}, {"service": _WATCHES}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    # When most calls fail, retries would only add to what the upstream is failing under.
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}

_OPTIONS = (
    ("grpc.service_config", orjson.dumps(_SERVICE_CONFIG).decode()),
    ("grpc.primary_user_agent", "messagestatus-gateway"),
    # A proxy for the world outside must not catch calls to the neighbour.
    ("grpc.enable_http_proxy", 0),
    # A page of messages with long replies may exceed the 4 MiB that gRPC starts with.
    ("grpc.max_receive_message_length", 64 << 20),
    # Servers call pings more often than every five minutes an attack.
    ("grpc.keepalive_time_ms", 310_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # gRPC backs off up to two minutes; an upstream that restarts is back within seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),
)


# Otherwise gRPC would lead all channels to one address over one connection.
_OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


STEADY = (
    # What a watch has not read yet waits where it is written; gRPC would take in megabytes for each.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 64 << 10),
)
"""Options for streams that nobody may read for a while."""


def connect(settings: UpstreamSettings, more: tuple[tuple[str, int], ...] = ()) -> grpc.aio.Channel:
    """Makes a channel with a connection of its own. It connects with the first call, and whenever it must."""
    options = (*_OPTIONS, *_OWN_CONNECTION, *more)
    if settings.ca is None and settings.cert is None:
        return grpc.aio.insecure_channel(settings.address, options)
    credentials = grpc.ssl_channel_credentials(
        root_certificates=settings.ca.read_bytes() if settings.ca else None,
        private_key=settings.key.read_bytes() if settings.key else None,
        certificate_chain=settings.cert.read_bytes() if settings.cert else None,
    )
    return grpc.aio.secure_channel(settings.address, credentials, options)
