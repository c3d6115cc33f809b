"""A server of the contract that answers from memory, and fails when a test says so."""
# ruff: noqa: N802 - the contract names the methods

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, Self

import grpc
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from messagestatus.v1 import access_service_pb2 as access_pb2
from messagestatus.v1 import access_service_pb2_grpc as access_rpc
from messagestatus.v1 import delivery_receipt_service_pb2 as receipts_pb2
from messagestatus.v1 import delivery_receipt_service_pb2_grpc as receipts_rpc
from messagestatus.v1 import error_dictionary_service_pb2 as dictionary_pb2
from messagestatus.v1 import error_dictionary_service_pb2_grpc as dictionary_rpc
from messagestatus.v1 import message_service_pb2 as messages_pb2
from messagestatus.v1 import message_service_pb2_grpc as messages_rpc
from messagestatus.v1 import message_status_service_pb2 as status_service_pb2
from messagestatus.v1 import message_status_service_pb2_grpc as status_rpc
from messagestatus.v1 import receipt_review_service_pb2 as review_pb2
from messagestatus.v1.access_pb2 import ApiKey, Instance, Tenant
from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt, ReceiptDisposition
from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.error_reason_pb2 import ErrorReason, ItemError
from messagestatus.v1.message_status_pb2 import MessageStatus
from tests.cli.error_samples import ERRORS

KEY = "a-key-that-is-good"

_UNWANTED = ItemError(
    reason=ErrorReason.ERROR_REASON_FIELD_INVALID, field="phone", description="must be in E.164 form"
)


class ScriptedService(
    status_rpc.MessageStatusServiceServicer,
    messages_rpc.MessageServiceServicer,
    receipts_rpc.DeliveryReceiptServiceServicer,
    access_rpc.AccessServiceServicer,
    dictionary_rpc.ErrorDictionaryServiceServicer,
):
    """Knows the messages it is given; `failures` are the statuses that the next calls end with.

    It refuses a message or receipt whose id begins with `bad`, and registers only as often as
    `calls_to_take` says, unless that is None.
    """

    def __init__(self) -> None:
        self.failures: list[grpc.StatusCode] = []
        self.calls_to_take: int | None = None
        self.messages: dict[str, MessageStatus] = {}
        self.batches: list[list[str]] = []
        self.receipts: list[DeliveryReceipt] = []
        self.history = receipts_pb2.ListReceiptsResponse()
        self.asked_history: receipts_pb2.ListReceiptsRequest | None = None
        self.imported: list[str] = []
        self.stuck: list[review_pb2.StuckMessage] = []
        self.asked_stuck: list[review_pb2.ListStuckRequest] = []
        self._server = grpc.server(ThreadPoolExecutor(4))
        status_rpc.add_MessageStatusServiceServicer_to_server(self, self._server)
        messages_rpc.add_MessageServiceServicer_to_server(self, self._server)
        receipts_rpc.add_DeliveryReceiptServiceServicer_to_server(self, self._server)
        access_rpc.add_AccessServiceServicer_to_server(self, self._server)
        dictionary_rpc.add_ErrorDictionaryServiceServicer_to_server(self, self._server)
        self._server.add_generic_rpc_handlers([self._review()])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._server.stop(None).wait()

    def know(self, *message_ids: str) -> None:
        """Have delivered messages."""
        for message_id in message_ids:
            self.messages[message_id] = MessageStatus(
                message_id=message_id, phone="+1234567890", state=DeliveryState.DELIVERY_STATE_DELIVERED
            )

    def GetStatus(self, request: Any, context: Any) -> Any:
        self._admit(context)
        if request.message_id not in self.messages:
            refuse(
                context,
                grpc.StatusCode.NOT_FOUND,
                "MESSAGE_NOT_FOUND",
                "there is no such message",
                message_id=request.message_id,
            )
        return status_service_pb2.GetStatusResponse(message_status=self.messages[request.message_id])

    def ListByPhone(self, request: Any, context: Any) -> Any:
        self._admit(context)
        if not request.phone.startswith("+"):
            refuse(
                context, grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", "must begin with +", field="phone"
            )
        return status_service_pb2.ListByPhoneResponse(**self._page(request))

    def ListByReference(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return status_service_pb2.ListByReferenceResponse(**self._page(request))

    def BatchStatus(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return status_service_pb2.BatchStatusResponse(
            outcomes=[
                status_service_pb2.StatusOutcome(message_status=self.messages[message_id])
                if message_id in self.messages
                else status_service_pb2.StatusOutcome(error_reason=ErrorReason.ERROR_REASON_MESSAGE_NOT_FOUND)
                for message_id in request.message_ids
            ]
        )

    def RegisterMessages(self, request: Any, context: Any) -> Any:
        self._admit(context)
        if self.calls_to_take is not None:
            if not self.calls_to_take:
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "not any more")
            self.calls_to_take -= 1
        self.batches.append([message.message_id for message in request.messages])
        return messages_pb2.RegisterMessagesResponse(
            outcomes=[self._register(message) for message in request.messages]
        )

    def SuppressMessages(self, request: Any, context: Any) -> NoReturn:
        raise NotImplementedError

    def DeleteMessages(self, request: Any, context: Any) -> NoReturn:
        raise NotImplementedError

    def ReportReceipts(self, request: Any, context: Any) -> Any:
        self._admit(context)
        self.receipts += request.receipts
        return receipts_pb2.ReportReceiptsResponse(
            outcomes=[
                receipts_pb2.ReceiptOutcome(error=_UNWANTED)
                if receipt.message_id.startswith("bad")
                else receipts_pb2.ReceiptOutcome(
                    disposition=ReceiptDisposition.RECEIPT_DISPOSITION_APPLIED, state=receipt.state
                )
                for receipt in request.receipts
            ]
        )

    def ListReceipts(self, request: Any, context: Any) -> Any:
        self._admit(context)
        self.asked_history = request
        return self.history

    def CreateKey(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return access_pb2.CreateKeyResponse(key=_granted(request.grant), secret="the-secret-itself")

    def ImportKey(self, request: Any, context: Any) -> Any:
        self._admit(context)
        self.imported.append(request.token)
        return access_pb2.ImportKeyResponse(key=_granted(request.grant))

    def ListKeys(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return access_pb2.ListKeysResponse(keys=[ApiKey(key_id="key_1", tenant=request.tenant, client="c")])

    def RevokeKey(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return access_pb2.RevokeKeyResponse(
            key=ApiKey(key_id=request.key_id, revoke_time=Timestamp(seconds=1))
        )

    def CreateTenant(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return access_pb2.CreateTenantResponse(tenant=Tenant(tenant=request.tenant))

    def ListTenants(self, _request: Any, context: Any) -> Any:
        self._admit(context)
        return access_pb2.ListTenantsResponse(tenants=[Tenant(tenant="acme", operator=True)])

    def CreateInstance(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return access_pb2.CreateInstanceResponse(instance=Instance(instance=request.instance))

    def ListInstances(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return access_pb2.ListInstancesResponse(instances=[Instance(instance=f"line-of-{request.tenant}")])

    def DescribeError(self, request: Any, context: Any) -> Any:
        self._admit(context)
        asked = (request.provider, request.code)
        if asked not in ERRORS:
            refuse(
                context,
                grpc.StatusCode.NOT_FOUND,
                "ERROR_CODE_NOT_FOUND",
                "no such code",
                provider=request.provider,
                code=request.code,
            )
        return dictionary_pb2.DescribeErrorResponse(error_description=ERRORS[asked])

    def ListErrors(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return dictionary_pb2.ListErrorsResponse(
            error_descriptions=[each for each in ERRORS.values() if request.provider in ("", each.provider)]
        )

    def ListStuck(self, request: Any, context: Any) -> Any:
        self._admit(context)
        self.asked_stuck.append(request)
        begin = int(request.page_token or 0)
        end = begin + request.page_size
        return review_pb2.ListStuckResponse(
            messages=self.stuck[begin:end], next_page_token=str(end) if end < len(self.stuck) else ""
        )

    def _review(self) -> grpc.GenericRpcHandler:
        """Return what answers the one method of ReceiptReviewService that there is."""
        listing = grpc.unary_unary_rpc_method_handler(
            self.ListStuck,
            request_deserializer=review_pb2.ListStuckRequest.FromString,
            response_serializer=review_pb2.ListStuckResponse.SerializeToString,
        )
        return grpc.method_handlers_generic_handler(
            "messagestatus.v1.ReceiptReviewService", {"ListStuck": listing}
        )

    def _register(self, message: Any) -> Any:
        if message.message_id.startswith("bad"):
            return messages_pb2.RegistrationOutcome(error=_UNWANTED)
        known = message.message_id in self.messages
        self.know(message.message_id)
        return messages_pb2.RegistrationOutcome(
            result=messages_pb2.RegistrationResult.REGISTRATION_RESULT_UNCHANGED
            if known
            else messages_pb2.RegistrationResult.REGISTRATION_RESULT_CREATED,
            state=message.state,
        )

    def _page(self, request: Any) -> dict[str, Any]:
        begin = int(request.page_token or 0)
        end = begin + request.page_size
        found = list(self.messages.values())
        return {
            "message_statuses": found[begin:end],
            "next_page_token": str(end) if end < len(found) else "",
        }

    def _admit(self, context: Any) -> None:
        if ("x-api-key", KEY) not in context.invocation_metadata():
            refuse(context, grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID", "the API key is not valid")
        if self.failures:
            context.abort(self.failures.pop(0), "as the test says")


def refuse(context: Any, code: grpc.StatusCode, reason: str, text: str, /, **metadata: str) -> NoReturn:
    """End a call as the server does: with ErrorInfo, and with BadRequest where a field is at fault."""
    details: Sequence[Any] = [
        error_details_pb2.ErrorInfo(reason=reason, domain="messagestatus", metadata=metadata)
    ]
    if "field" in metadata:
        fault = error_details_pb2.BadRequest.FieldViolation(field=metadata["field"], description=text)
        details = [*details, error_details_pb2.BadRequest(field_violations=[fault])]
    packed = []
    for detail in details:
        packed.append(Packed())
        packed[-1].Pack(detail)
    status = status_pb2.Status(code=code.value[0], message=text, details=packed)
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort_with_status returned")


def _granted(grant: Any) -> ApiKey:
    return ApiKey(key_id="key_1", tenant=grant.tenant or "own", client=grant.client, scopes=grant.scopes)
