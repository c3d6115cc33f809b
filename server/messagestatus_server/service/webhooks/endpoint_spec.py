"""What may be decided about an endpoint, where it may be, and what of it is shown."""

from messagestatus_server.domain.refusals import FieldInvalid
from messagestatus_server.domain.webhook import (
    Endpoint,
    EndpointSpec,
    Signing,
    check_authorization,
    check_endpoint,
)
from messagestatus_server.webhooks.addresses import Allowance, UrlRefused, read_url
from messagestatus_server.webhooks.signing import new_secret, new_secret_key


def check_spec(spec: EndpointSpec, authorization: str, allowed: Allowance) -> None:
    """Check all that is decided about an endpoint, as far as it can be told without connecting to it.

    Raises:
        FieldInvalid, FieldRequired: A field is at fault.
    """
    check_endpoint(spec)
    try:
        read_url(spec.url, allowed)
    except UrlRefused as refused:
        raise FieldInvalid("spec.url", str(refused)) from None
    check_authorization(authorization)


def is_masked(authorization: str) -> bool:
    """Tell whether an authorization is what is shown of one: asterisks."""
    return bool(authorization) and not authorization.strip("*")


def new_signing_secret(signing: Signing) -> str:
    """Return a new secret to sign with."""
    return new_secret() if signing is Signing.SHARED_SECRET else new_secret_key()


def shown_secret(secret: str, endpoint: Endpoint) -> str:
    """Return what is told of a new secret: all of a shared one, and nothing of a private key."""
    return secret if endpoint.spec.signing is Signing.SHARED_SECRET else ""
