"""Every method of the contract, from its descriptors."""

from typing import Any, NamedTuple

from google.protobuf.message import Message as Proto
from google.protobuf.message_factory import GetMessageClass

from messagestatus.v1 import access_service_pb2 as access_pb
from messagestatus.v1 import callback_service_pb2 as callback_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as receipt_pb
from messagestatus.v1 import directory_service_pb2 as directory_pb
from messagestatus.v1 import error_dictionary_service_pb2 as error_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as status_pb
from messagestatus.v1 import receipt_review_service_pb2 as review_pb
from messagestatus.v1 import route_service_pb2 as route_pb
from messagestatus.v1 import status_watch_service_pb2 as watch_pb
from messagestatus.v1 import webhook_endpoint_service_pb2 as webhook_pb

MODULES: list[Any] = [
    access_pb,
    callback_pb,
    receipt_pb,
    directory_pb,
    error_pb,
    message_pb,
    status_pb,
    review_pb,
    route_pb,
    watch_pb,
    webhook_pb,
]


class Method(NamedTuple):
    """A method: its path, the type of its request, and whether its replies are a stream."""

    path: str
    request: type[Proto]
    streams: bool = False


EVERY = [
    Method(f"/{service.full_name}/{method.name}", GetMessageClass(method.input_type), method.server_streaming)
    for module in MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
]

KEYLESS = {"/messagestatus.v1.CallbackService/ReceiveCallback"}
"""Methods that need no key by design: what opens a route is the carrier's signature, or its secret path."""

METHODS = [method for method in EVERY if method.path not in KEYLESS]
"""The methods that need a key."""

SCOPES = {
    "AccessService": "ADMIN",
    "CallbackService": "ADMIN",
    "DeliveryReceiptService/ListReceipts": "READ",
    "DeliveryReceiptService/ReportReceipts": "INGEST",
    "DirectoryService": "INGEST",
    "ErrorDictionaryService": "READ",
    "MessageService": "INGEST",
    "MessageStatusService": "READ",
    "ReceiptReviewService": "ADMIN",
    "RouteService": "ADMIN",
    "StatusWatchService": "READ",
    "WebhookEndpointService": "ADMIN",
}
"""The scope that a method needs, by the end of its path or by its service."""


def scope_of(method: Method) -> str:
    """Return the scope that a method needs, as its contract says."""
    service, _, name = method.path.removeprefix("/messagestatus.v1.").partition("/")
    return SCOPES.get(service) or SCOPES[f"{service}/{name}"]
