"""The reference: it speaks of every path there is, and its page needs nothing from elsewhere."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest

from messagestatus_gateway.callbacks import Callbacks
from messagestatus_gateway.caller_address import Proxies
from messagestatus_gateway.dialect import Dialect
from messagestatus_gateway.dialects import DIALECTS
from messagestatus_gateway.dialects.alphasms import AlphaSms

from .gateway_process import GatewayProcess
from .reference import DOCUMENT, REFERENCE
from .ryze.documented import CODES

PAGE = ["docs.html", "docs.css", "docs.js"]
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def routes() -> set[tuple[str, str]]:
    """Gives what the dialects answer, but for paths that lack what they should name."""
    made: list[Dialect] = [dialect(None) for dialect in DIALECTS]  # type: ignore[arg-type] # none is called
    made.append(Callbacks(None, Proxies()))  # type: ignore[arg-type] # as above
    return {
        (route.template, method)
        for dialect in made
        for route in dialect.routes
        for method in (route.method, *route.also)
        if "{" in route.template or isinstance(dialect, AlphaSms)
    }


def test_it_has_every_route_and_no_other() -> None:
    documented = {
        (path, method.upper())
        for path, item in DOCUMENT["paths"].items()
        for method in item.keys() - {"parameters"}
    }
    assert documented == routes() | {("/healthz", "GET"), ("/readyz", "GET"), ("/v1/watch", "GET")}


def test_every_reference_in_it_leads_somewhere() -> None:
    def follow(node: Any) -> None:
        if isinstance(node, dict) and "$ref" in node:
            target: Any = DOCUMENT
            for key in node["$ref"].removeprefix("#/").split("/"):
                target = target[key]
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            follow(child)

    follow(DOCUMENT)


def test_its_words_are_those_of_the_dialects() -> None:
    ryze = SCHEMAS["RyzeStatus"]["properties"]
    assert dict(zip(ryze["status"]["enum"], ryze["status_code"]["enum"], strict=True)) == CODES


def test_it_is_served_as_it_stands_in_the_package(gateway: GatewayProcess) -> None:
    served = httpx2.get(f"{gateway.url}/openapi.json")
    assert (served.status_code, served.headers["content-type"]) == (200, "application/json")
    assert served.json() == DOCUMENT
    assert served.headers["content-encoding"] == "gzip"


class _Links(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"link", "script", "img"}:
            self.found += [value or "" for name, value in attrs if name in {"href", "src"}]


def test_all_that_the_page_loads_is_there(gateway: GatewayProcess) -> None:
    page = httpx2.get(f"{gateway.url}/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    links = _Links()
    links.feed(page.text)
    local = [link for link in links.found if not link.startswith("data:")]
    kinds = {httpx2.get(urljoin(str(page.url), link)).headers["content-type"] for link in local}
    assert kinds == {"text/css; charset=utf-8", "text/javascript; charset=utf-8"}


@pytest.mark.parametrize("name", PAGE)
def test_the_page_names_no_other_place(name: str) -> None:
    assert not re.search(r"https?://|[\"'(]//|@import|url\(", (REFERENCE / name).read_text())


@pytest.mark.parametrize("path", ["/docs", "/docs/docs.css", "/docs/docs.js", "/openapi.json"])
def test_nothing_from_elsewhere_may_come_in(path: str, gateway: GatewayProcess) -> None:
    headers = httpx2.get(gateway.url + path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert httpx2.head(gateway.url + path).status_code == 200


def test_the_page_shows_every_kind_of_node_that_the_document_has() -> None:
    """The page draws objects, lists, choices, constants, values and plain types; nothing else may occur."""
    known = {"type", "properties", "items", "oneOf", "const", "enum", "$ref"}
    plain = {"description", "required", "additionalProperties", "example", "pattern", "format"}
    bounds = {"minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "default"}

    def check(schema: dict[str, Any]) -> None:
        assert schema.keys() <= known | plain | bounds
        assert schema.keys() & known
        for child in (*schema.get("properties", {}).values(), *schema.get("oneOf", ())):
            check(child)
        if "items" in schema:
            check(schema["items"])

    for schema in SCHEMAS.values():
        check(schema)
