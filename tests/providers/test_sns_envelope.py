"""Amazon SNS: envelopes with the public test data of AWS's own SDKs, and which certificates are believed.

The vectors are those of the SDKs for Ruby and Java, signed by SNS itself with certificates of 2021 and 2025.
Certificates that must be refused are self-made.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from messagestatus_server.providers.callback import Callback, Unverified
from messagestatus_server.providers.small_fetch import FetchFailed
from messagestatus_server.providers.sns_certificates import Certificates, is_of_sns
from messagestatus_server.providers.sns_envelope import check_envelope, envelope_of
from messagestatus_server.providers.times import iso_micros
from tests.providers.calling import callback

VECTORS = json.loads(Path(__file__).with_name("aws_sns_vectors.json").read_text("utf-8"))
ENVELOPES: dict[str, dict[str, str]] = VECTORS["envelopes"]
NAMES = list(ENVELOPES)
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"


class Web:
    """What can be fetched, and what was."""

    def __init__(self, documents: Mapping[str, str] | None = None) -> None:
        self.documents = VECTORS["certificates"] if documents is None else documents
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        await asyncio.sleep(0)
        document = self.documents.get(url.rpartition("/")[2])
        if document is None:
            raise FetchFailed("not found")
        return document.encode()


def sent(envelope: Mapping[str, Any], receive_time: int | None = None) -> Callback:
    time = iso_micros(str(envelope.get("Timestamp"))) or 0
    return callback(
        json.dumps(envelope).encode(), receive_time=time if receive_time is None else receive_time
    )


async def check(
    envelope: Mapping[str, Any], web: Web, *, at: int | None = None, topic: str = "", pinned: str = ""
) -> None:
    config = {"topic_arns": topic or str(envelope["TopicArn"]), "certificate": pinned}
    came = sent(envelope, at)
    await check_envelope(envelope_of(came), came, config, Certificates(web.fetch))


@pytest.mark.parametrize("name", NAMES)
async def test_the_vectors_of_its_own_sdks_are_believed(name: str) -> None:
    web = Web()
    await check(ENVELOPES[name], web)
    assert web.fetched == [ENVELOPES[name]["SigningCertURL"]]


@pytest.mark.parametrize("name", NAMES)
async def test_a_pinned_certificate_is_not_fetched(name: str) -> None:
    web = Web()
    pinned = web.documents[ENVELOPES[name]["SigningCertURL"].rpartition("/")[2]]
    await check(ENVELOPES[name], web, pinned=pinned)
    assert web.fetched == []


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Signature"])
async def test_a_changed_field_is_refused(field: str) -> None:
    envelope = ENVELOPES["with_subject_v1"]
    changed = envelope | {field: envelope[field][:-3] + "AA="}
    with pytest.raises(Unverified) as refused:
        await check(changed, Web(), at=iso_micros(envelope["Timestamp"]))
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "changed",
    [
        {"SignatureVersion": "2"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": None},
        {"Signature": "%%%"},
        {"Signature": ["x"]},
        {"Type": "SubscriptionConfirmation"},
        {"Type": "Other"},
        {"Type": {"a": 1}},
        {"Message": None},
        {"Message": {"eventType": "TEXT_DELIVERED"}},
        {"Subject": None},
        {"SigningCertURL": None},
    ],
)
async def test_another_shape_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(Unverified) as refused:
        await check(ENVELOPES["with_subject_v1"] | changed, Web())
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"eventType":"TEXT_DELIVERED"}', b'{"Type":"Notification"}', b'{"Signature":"x"}']
)
def test_raw_delivery_is_refused_since_it_is_not_signed(body: bytes) -> None:
    with pytest.raises(Unverified) as refused:
        envelope_of(callback(body))
    assert refused.value.status == 401


async def test_another_topic_is_refused_before_anything_is_fetched() -> None:
    web = Web()
    with pytest.raises(Unverified):
        await check(ENVELOPES["notification_v1"], web, topic="arn:aws:sns:us-east-2:295079676684:other")
    assert web.fetched == []
    both = f"arn:aws:sns:us-east-2:295079676684:other, {ENVELOPES['notification_v1']['TopicArn']}"
    await check(ENVELOPES["notification_v1"], web, topic=both)


@pytest.mark.parametrize("moment", ["2021-09-06T23:59:59Z", "2022-08-18T00:00:00Z"])
async def test_a_certificate_out_of_its_validity_is_refused(moment: str) -> None:
    with pytest.raises(Unverified, match="validity"):
        await check(ENVELOPES["notification_v1"], Web(), at=iso_micros(moment))


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com:443/x.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem",
        "https://evil.example@sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://sns.eu-west-1.amazonaws.com.cn.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://evil.example#sns.eu-west-1.amazonaws.com/x.pem",
        "https://evil.example\\sns.eu-west-1.amazonaws.com/x.pem",
        "https://bucket.s3.eu-west-1.amazonaws.com/x.pem",
        "https://sns.evil.s3.amazonaws.com/x.pem",
        "https://sns.amazonaws.com/x.pem",
        "https://sns..amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com",
        "https://sns.eu-west-1.amazonaws.com/x\n.pem",
        "//sns.eu-west-1.amazonaws.com/x.pem",
        "",
    ],
)
async def test_no_certificate_is_fetched_from_elsewhere(url: str) -> None:
    web = Web()
    with pytest.raises(Unverified, match="SigningCertURL"):
        await check(ENVELOPES["notification_v1"] | {"SigningCertURL": url}, web)
    assert web.fetched == []
    assert not is_of_sns(url)


@pytest.mark.parametrize("path", ["/x.key", "/x.pem?y", "/?Action=x.pem", "/a/../x.pem", "/x.pem#y", "/"])
async def test_only_a_pem_file_is_fetched(path: str) -> None:
    web = Web()
    with pytest.raises(Unverified, match="SigningCertURL"):
        await Certificates(web.fetch).at(f"https://sns.eu-west-1.amazonaws.com{path}")
    assert web.fetched == []


def made(name: str, *others: str, elliptic: bool = False) -> str:
    """Return a self-made certificate of a name."""
    key = ec.generate_private_key(ec.SECP256R1()) if elliptic else rsa.generate_private_key(65_537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).serial_number(7)
    builder = builder.public_key(key.public_key())
    builder = builder.not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
    builder = builder.not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
    if others:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(o) for o in others]), False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("region", "names"),
    [
        ("eu-west-1.amazonaws.com", ["sns.amazonaws.com"]),
        ("me-south-1.amazonaws.com", ["sns-signing.me-south-1.amazonaws.com"]),
        ("af-south-1.amazonaws.com", ["x", "sns.af-south-1.amazonaws.com"]),
        ("cn-north-1.amazonaws.com.cn", ["sns-cn-north-1.amazonaws.com.cn"]),
        ("us-gov-east-1.amazonaws.com", ["sns-us-gov-west-1.amazonaws.com"]),
    ],
)
async def test_a_certificate_of_sns_is_believed_in_its_region(region: str, names: list[str]) -> None:
    web = Web({"x.pem": made(*names)})
    await Certificates(web.fetch).at(f"https://sns.{region}/x.pem")


@pytest.mark.parametrize("name", ["evil.example", "sns-signing.me-south-1.amazonaws.com", "*.amazonaws.com"])
async def test_a_certificate_of_another_name_is_refused(name: str) -> None:
    web = Web({"SimpleNotificationService-1.pem": made(name)})
    with pytest.raises(Unverified, match="not that of Amazon SNS"):
        await Certificates(web.fetch).at(CERTIFICATE_URL)


async def test_what_is_no_certificate_or_no_rsa_key_is_refused() -> None:
    with pytest.raises(Unverified, match="cannot be read"):
        await check(ENVELOPES["notification_v1"], Web(), pinned="-----BEGIN NONSENSE-----")
    with pytest.raises(Unverified, match="RSA"):
        await check(ENVELOPES["notification_v1"], Web(), pinned=made("sns.amazonaws.com", elliptic=True))
    with pytest.raises(Unverified, match="wrong"):
        await check(ENVELOPES["notification_v1"], Web(), pinned=made("sns.amazonaws.com"))


async def test_what_cannot_be_fetched_now_is_answered_so_that_it_comes_again() -> None:
    web = Web({})
    certificates = Certificates(web.fetch)
    for _ in range(2):
        with pytest.raises(Unverified) as refused:
            await certificates.at(CERTIFICATE_URL)
        assert refused.value.status == 503
    assert len(web.fetched) == 2


async def test_a_certificate_is_fetched_once_also_by_many_at_once() -> None:
    web = Web({"SimpleNotificationService-1.pem": made("sns.amazonaws.com")})
    certificates = Certificates(web.fetch)
    await asyncio.gather(*(certificates.at(CERTIFICATE_URL) for _ in range(5)))
    await certificates.at(CERTIFICATE_URL)
    assert web.fetched == [CERTIFICATE_URL]


async def test_few_are_fetched_at_once_and_few_are_kept() -> None:
    web = Web({f"{number}.pem": made("sns.amazonaws.com") for number in range(9)})
    certificates = Certificates(web.fetch)
    urls = [f"https://sns.eu-west-1.amazonaws.com/{number}.pem" for number in range(9)]
    results = await asyncio.gather(*(certificates.at(url) for url in urls), return_exceptions=True)
    refused = [result.status for result in results if isinstance(result, Unverified)]
    assert refused == [503]
    regions = [
        f"https://sns.{region}-1.amazonaws.com/0.pem" for region in ("eu", "us", "ap", "sa", "ca", "me")
    ]
    for url in [
        *urls,
        *regions,
        "https://sns.af-1.amazonaws.com/0.pem",
        "https://sns.il-1.amazonaws.com/0.pem",
    ]:
        await certificates.at(url)
    web.fetched.clear()
    await certificates.at(urls[0])
    assert web.fetched == [urls[0]]
