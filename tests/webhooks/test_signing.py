"""What is signed is verified by the reference library, and by anybody who can verify Ed25519.

The vectors of `v1` are those of the reference library's own tests; that of `v1a` is of the Svix server's, and
stands in the example of Standard Webhooks 1.0.0, "Webhook headers".
"""

import base64
import time

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from messagestatus_server.webhooks.signing import (
    SecretInvalid,
    SigningSecret,
    admitted_secret,
    new_secret,
    new_secret_key,
    public_key,
    signed_headers,
)

ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIME = 1_614_265_330_000_000
BODY = b'{"test": 2432232314}'
SHARED = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
SEED = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="


def now() -> int:
    return time.time_ns() // 1000


def signed(*secrets: str, at: int | None = None, body: bytes = BODY) -> dict[str, str]:
    return signed_headers(
        ID, now() if at is None else at, body, [SigningSecret(secret) for secret in secrets]
    )


def verify_asymmetric(headers: dict[str, str], body: bytes, key: str) -> None:
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1a"
    verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    verifier.verify(base64.b64decode(signature), content)


def test_the_public_vector_of_v1() -> None:
    assert signed(SHARED, at=TIME) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("key", [KEY, SEED], ids=["key and public key", "key alone"])
def test_the_public_vector_of_v1a(key: str) -> None:
    assert signed(key, at=TIME)["webhook-signature"] == (
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
    )
    assert public_key(key) == PUBLIC


@given(st.text())
def test_the_reference_library_verifies_any_body(text: str) -> None:
    secret, body = new_secret(), text.encode()
    Webhook(secret).verify(body, signed(secret, body=body), json_parse=False)


def test_both_secrets_verify_during_a_rotation() -> None:
    old, new = new_secret(), new_secret()
    headers = signed(new, old)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)


def test_a_rotation_may_change_from_a_shared_secret_to_a_key_pair() -> None:
    headers = signed(KEY, SHARED)
    asymmetric, symmetric = headers["webhook-signature"].split(" ")
    assert symmetric.startswith("v1,")
    Webhook(SHARED).verify(BODY, headers)
    verify_asymmetric(headers | {"webhook-signature": asymmetric}, BODY, PUBLIC)


def test_a_secret_signs_until_its_end_and_not_from_then_on() -> None:
    old, new = new_secret(), new_secret()
    end = now()
    secrets = [SigningSecret(new), SigningSecret(old, end)]
    Webhook(old).verify(BODY, signed_headers(ID, end - 1, BODY, secrets))
    headers = signed_headers(ID, end, BODY, secrets)
    Webhook(new).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(BODY, headers)


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body"])
def test_one_flipped_bit_fails(part: str) -> None:
    headers, body = signed(SHARED), BODY
    if part == "body":
        body = flipped(body)
    else:
        headers[part] = flipped(headers[part].encode()).decode()
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(SHARED).verify(body, headers)


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body"])
def test_one_flipped_bit_fails_with_a_key_pair_too(part: str) -> None:
    headers, body = signed(KEY), BODY
    verify_asymmetric(headers, body, PUBLIC)
    if part == "body":
        body = flipped(body)
    else:
        headers[part] = flipped(headers[part].encode()).decode()
    with pytest.raises(InvalidSignature):
        verify_asymmetric(headers, body, PUBLIC)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_time_six_minutes_off_is_refused_by_receivers(minutes: int) -> None:
    headers = signed(SHARED, at=now() + minutes * 60_000_000)
    with pytest.raises(WebhookVerificationError, match="too"):
        Webhook(SHARED).verify(BODY, headers)


def test_new_secrets_are_32_random_bytes_and_new_keys_are_pairs() -> None:
    secret, key = new_secret(), new_secret_key()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert len(base64.b64decode(key.removeprefix("whsk_"))) == 64
    assert new_secret() != secret
    assert new_secret_key() != key
    verify_asymmetric(signed(key), BODY, public_key(key))
    assert public_key(secret) == ""


def test_secrets_from_elsewhere_are_written_as_ours_are() -> None:
    assert admitted_secret(f" {SHARED}\n") == SHARED
    assert admitted_secret(SEED) == admitted_secret(SEED.rstrip("=")) == KEY


def encoded(prefix: str, size: int) -> str:
    return prefix + base64.b64encode(b"x" * size).decode()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        PUBLIC,
        "whsec_",
        "whsec_ü",
        "whsec_!!!!",
        "whsec_MfKQ9r8GKYqr TwjUPD8ILPZIo2LaLaSw",
        encoded("whsec_", 23),
        encoded("whsec_", 65),
        encoded("whsk_", 31),
        encoded("whsk_", 33),
        encoded("whsk_", 64),
    ],
)
def test_what_is_no_secret_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(SecretInvalid) as refused:
        signed(secret)
    told = secret.partition("_")[2]
    assert not told or told not in str(refused.value)


@pytest.mark.parametrize("size", [24, 64])
def test_shared_secrets_of_24_to_64_bytes_sign(size: int) -> None:
    secret = encoded("whsec_", size)
    Webhook(secret).verify(BODY, signed(secret))


@pytest.mark.parametrize("webhook_id", ["", "a.b", "a b", "a\n", "é", "x" * 257])
def test_an_identifier_that_could_be_read_otherwise_is_refused(webhook_id: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        signed_headers(webhook_id, TIME, BODY, [SigningSecret(SHARED)])


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(ValueError, match="no secret"):
        signed_headers(ID, TIME, BODY, [SigningSecret(SHARED, TIME)])
