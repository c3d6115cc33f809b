"""The channel of a client: when it retries, how it notices a dead peer, whom it trusts."""

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import grpc

Options: TypeAlias = Sequence[tuple[str, Any]]

_READS = (
    {"service": "messagestatus.v1.MessageStatusService"},
    {"service": "messagestatus.v1.DeliveryReceiptService", "method": "ListReceipts"},
)

_SERVICE_CONFIG = {
    "methodConfig": [
        {
            # Asking again is safe. Whether to send a write again is for its sender to say.
            "name": _READS,
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    # When most calls fail, retries would only add to what the server is failing under.
    "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
}

_OPTIONS = (
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    ("grpc.primary_user_agent", "messagestatus-client"),
    # A page of messages with long replies may exceed the 4 MiB that gRPC starts with.
    ("grpc.max_receive_message_length", 64 << 20),
    # The server calls pings more often than every five minutes an attack.
    ("grpc.keepalive_time_ms", 310_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # gRPC backs off up to two minutes; a server that restarts is back within seconds.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),
)

# Channels of one process share connections: the next channel would get the dead one again.
_OWN_CONNECTION = (("grpc.use_local_subchannel_pool", 1),)


def usual_options(options: Options) -> Options:
    """Return the options of a channel; those given override ours, as gRPC takes the last of a name."""
    return [*_OPTIONS, *options]


def watch_options(options: Options) -> Options:
    """Return the options of a channel for watches, which is replaced when its connection is found dead."""
    return [*_OPTIONS, *_OWN_CONNECTION, *options]


def trusted(credentials: grpc.ChannelCredentials | None, *, tls: bool) -> grpc.ChannelCredentials | None:
    """Return what to trust: what is given, or the authorities that gRPC knows; None for no TLS at all."""
    return grpc.ssl_channel_credentials() if credentials is None and tls else credentials
