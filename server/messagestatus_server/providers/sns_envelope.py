"""The envelope of Amazon SNS, and the signature over it.

Sources: Amazon SNS, "Message and JSON formats", "Verifying the signatures of Amazon SNS messages".
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from messagestatus_server.providers.callback import Callback, Config, Malformed, Unverified
from messagestatus_server.providers.json_body import json_object
from messagestatus_server.providers.sns_certificates import Certificates, check_validity, read_certificate

NOTIFICATION = "Notification"
SUBSCRIPTION = "SubscriptionConfirmation"
UNSUBSCRIPTION = "UnsubscribeConfirmation"

_CONFIRMATION_FIELDS = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED_FIELDS = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: _CONFIRMATION_FIELDS,
    UNSUBSCRIPTION: _CONFIRMATION_FIELDS,
}
_HASHES = {"1": SHA1, "2": SHA256}


def envelope_of(callback: Callback) -> Mapping[str, Any]:
    """Return the envelope of a callback.

    Raises:
        Unverified: It has none, as with raw delivery, which is not signed.
    """
    try:
        envelope = json_object(callback.body)
    except Malformed:
        envelope = {}
    if not envelope.get("Signature") or not envelope.get("Type"):
        raise Unverified("there is no signed envelope of SNS; raw delivery cannot be believed", 401)
    return envelope


async def check_envelope(
    envelope: Mapping[str, Any], callback: Callback, config: Config, certificates: Certificates
) -> None:
    """Check that an envelope is of a topic of the route, and signed by Amazon SNS.

    Raises:
        Unverified: It is not, or that cannot be found out now.
    """
    signed = _signed_text(envelope)
    if envelope["TopicArn"] not in config["topic_arns"].replace(",", " ").split():
        raise Unverified("the topic is not one of the route")
    algorithm = _HASHES.get(str(envelope.get("SignatureVersion")))
    if algorithm is None:
        raise Unverified("SignatureVersion is neither 1 nor 2")
    try:
        signature = base64.b64decode(envelope["Signature"], validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Unverified("Signature is not base64") from None
    pinned = config.get("certificate")
    if pinned:
        certificate = read_certificate(pinned.encode())
    else:
        certificate = await certificates.at(str(envelope.get("SigningCertURL", "")))
    check_validity(certificate, callback.receive_time)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise Unverified("the certificate is not of an RSA key")
    try:
        key.verify(signature, signed, PKCS1v15(), algorithm())
    except InvalidSignature:
        raise Unverified("the signature is wrong") from None


def _signed_text(envelope: Mapping[str, Any]) -> bytes:
    """Return what SNS signs: the names and values of certain fields, a line each."""
    fields = _SIGNED_FIELDS.get(str(envelope["Type"]))
    if fields is None:
        raise Unverified("Type is not one of SNS")
    lines: list[str] = []
    for field in fields:
        value = envelope.get(field)
        if value is None and field == "Subject":
            continue
        if not isinstance(value, str):
            raise Unverified(f"{field} is missing or no text")
        lines += (field, value)
    return "".join(f"{line}\n" for line in lines).encode()
