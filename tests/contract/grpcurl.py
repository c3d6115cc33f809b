"""Stands in for grpcurl, which no package registry has: the same words, by server reflection alone."""

import argparse
import sys

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


def main() -> None:
    """Call a method, or list the services, as grpcurl would."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-plaintext", action="store_true", required=True)
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body", default="{}")
    parser.add_argument("address")
    parser.add_argument("what")
    asked = parser.parse_args()
    with grpc.insecure_channel(asked.address) as channel:
        reflected = ProtoReflectionDescriptorDatabase(channel)
        if asked.what == "list":
            sys.stdout.write("\n".join(sorted(reflected.get_services())) + "\n")
            return
        service, _, name = asked.what.partition("/")
        method = DescriptorPool(reflected).FindServiceByName(service).FindMethodByName(name)
        request = json_format.Parse(asked.body, GetMessageClass(method.input_type)())
        call: grpc.UnaryUnaryMultiCallable[Message, Message] = channel.unary_unary(
            f"/{asked.what}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        metadata = tuple((name, value) for name, value in (each.split(": ", 1) for each in asked.headers))
        try:
            reply = call(request, metadata=metadata, timeout=10)
        except grpc.RpcError as fault:
            sys.exit(f"ERROR: {fault}")
        sys.stdout.write(json_format.MessageToJson(reply))


if __name__ == "__main__":
    main()
