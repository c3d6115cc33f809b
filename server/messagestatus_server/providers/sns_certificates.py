"""The certificates that Amazon SNS signs with: where they may be fetched, and whose they must be.

Sources: Amazon SNS, "Verifying the signatures of Amazon SNS messages"; the message managers of the AWS SDKs
for Java (names in the certificates of each region) and Ruby.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from messagestatus_server.providers.callback import Unverified
from messagestatus_server.providers.small_fetch import FetchFailed

Fetch = Callable[[str], Awaitable[bytes]]
"""Returns the document at a URL, or raises FetchFailed."""

# The whole URL is matched, so that no parser can see another host in it than the one that is fetched.
_SNS_URL = re.compile(
    r"https://sns\.(?P<region>[a-z0-9-]{3,40})\.(?P<domain>amazonaws\.com(?:\.cn)?)(?P<path>/[!-~]*)"
)
_CERTIFICATE_PATH = re.compile(r"/[A-Za-z0-9._-]+\.pem")
_MOST_KEPT = 16
_MOST_AT_ONCE = 8


def is_of_sns(url: str) -> bool:
    """Tell whether a URL is one of Amazon SNS: of its host, without a user or a port."""
    return _SNS_URL.fullmatch(url) is not None


@lru_cache(_MOST_KEPT)
def read_certificate(pem: bytes) -> x509.Certificate:
    """Return a certificate.

    Raises:
        Unverified: It cannot be read.
    """
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise Unverified("the certificate cannot be read") from None


def check_validity(certificate: x509.Certificate, micros: int) -> None:
    """Check that a certificate is valid at a time.

    Raises:
        Unverified: It is not yet, or no more.
    """
    moment = datetime.fromtimestamp(micros // 1_000_000, UTC)
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise Unverified("the certificate is out of its validity")


class Certificates:
    """The certificates that were fetched; some are kept, and one under way is fetched once for all."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: dict[str, x509.Certificate] = {}
        self._under_way: dict[str, asyncio.Future[bytes]] = {}

    async def at(self, url: str) -> x509.Certificate:
        """Return the certificate at a URL.

        Raises:
            Unverified: The URL or the certificate is not that of Amazon SNS, or it cannot be fetched now.
        """
        place = _SNS_URL.fullmatch(url)
        if place is None or not _CERTIFICATE_PATH.fullmatch(place["path"]):
            raise Unverified("SigningCertURL is not one of Amazon SNS")
        kept = self._kept.get(url)
        if kept is not None:
            return kept
        certificate = read_certificate(await self._fetched(url))
        if _names_in(certificate).isdisjoint(_names_of(place["region"], place["domain"])):
            raise Unverified("the certificate is not that of Amazon SNS")
        if len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[url] = certificate
        return certificate

    async def _fetched(self, url: str) -> bytes:
        """Return what is at a URL. That it cannot be had now is answered so that SNS tries again."""
        fetching = self._under_way.get(url)
        if fetching is None:
            if len(self._under_way) >= _MOST_AT_ONCE:
                raise Unverified("too many certificates are being fetched", 503)
            fetching = asyncio.ensure_future(self._fetch(url))
            self._under_way[url] = fetching
            fetching.add_done_callback(lambda done: self._done(url, done))
        try:
            return await asyncio.shield(fetching)
        except FetchFailed as fault:
            raise Unverified(f"the certificate cannot be fetched: {fault}", 503) from None

    def _done(self, url: str, fetching: asyncio.Future[bytes]) -> None:
        del self._under_way[url]
        # Whoever asked may be gone; a fault that nobody looks at would be reported as forgotten.
        if not fetching.cancelled():
            fetching.exception()


def _names_of(region: str, domain: str) -> set[str]:
    """Return the names that the certificate of a region may have."""
    return {
        "sns.amazonaws.com",
        f"sns.{region}.{domain}",
        f"sns-signing.{region}.{domain}",
        f"sns-{region}.{domain}",
        *({"sns-us-gov-west-1.amazonaws.com"} if region.startswith("us-gov-") else ()),
    }


def _names_in(certificate: x509.Certificate) -> set[str]:
    names = {str(name.value) for name in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    try:
        others = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return names
    return names | set(others.get_values_for_type(x509.DNSName))
