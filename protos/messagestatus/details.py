"""What a refusal tells beside its code: google.rpc's error details, read with protobuf alone.

The package with their generated code is not needed by a client that only reads five messages of it. They are
declared here under names of our own, in a pool of their own, so that the original may be loaded, too.
"""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

_TEXT = FieldDescriptorProto.TYPE_STRING
_BYTES = FieldDescriptorProto.TYPE_BYTES
_INTEGER = FieldDescriptorProto.TYPE_INT64
_ONE = FieldDescriptorProto.LABEL_OPTIONAL
_MANY = FieldDescriptorProto.LABEL_REPEATED

_PACKAGE = "messagestatus.details"

# By message: the names of the fields in the order of their numbers from 1 on, and what they hold.
_SHAPES: dict[str, tuple[tuple[str, Any, Any], ...]] = {
    "Packed": (("type_url", _ONE, _TEXT), ("value", _ONE, _BYTES)),
    "Pair": (("key", _ONE, _TEXT), ("value", _ONE, _TEXT)),
    "Delay": (("seconds", _ONE, _INTEGER), ("nanos", _ONE, _INTEGER)),
    "Violation": (("field", _ONE, _TEXT), ("description", _ONE, _TEXT)),
    "Status": (("code", _ONE, _INTEGER), ("message", _ONE, _TEXT), ("details", _MANY, "Packed")),
    "ErrorInfo": (("reason", _ONE, _TEXT), ("domain", _ONE, _TEXT), ("metadata", _MANY, "Pair")),
    "BadRequest": (("field_violations", _MANY, "Violation"),),
    "RetryInfo": (("retry_delay", _ONE, "Delay"),),
    "RequestInfo": (("request_id", _ONE, _TEXT),),
}


def _declared() -> DescriptorPool:
    file = FileDescriptorProto(name="messagestatus/details.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _SHAPES.items():
        message = DescriptorProto(name=name)
        for number, (field, label, kind) in enumerate(fields, start=1):
            declared = message.field.add(name=field, number=number, label=label)
            if isinstance(kind, str):
                declared.type = FieldDescriptorProto.TYPE_MESSAGE
                declared.type_name = f".{_PACKAGE}.{kind}"
            else:
                declared.type = kind
        file.message_type.append(message)
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool


_POOL = _declared()


def details_in(status: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the name and the content of each detail that is known, of a serialised google.rpc.Status.

    One that cannot be read is as good as none: the code of the call still speaks.
    """
    try:
        packed = _message("Status").FromString(status).details
        for each in packed:
            name = each.type_url.rpartition("/google.rpc.")[2]
            if name in _SHAPES:
                yield name, _message(name).FromString(each.value)
    except DecodeError:
        return


def _message(name: str) -> Any:
    return GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
