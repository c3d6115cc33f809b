"""Refusals of the administration of webhook endpoints."""

from messagestatus_server.domain.refusals import Refusal


class EndpointNotFound(Refusal):
    """The tenant has no such webhook endpoint."""

    def __init__(self, endpoint_id: str) -> None:
        super().__init__("no such webhook endpoint", endpoint_id=endpoint_id)


class EndpointLimitReached(Refusal):
    """The tenant has as many webhook endpoints as it may have."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the tenant has {limit} webhook endpoints; delete one first", limit=str(limit))
