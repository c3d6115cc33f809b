"""How these tests post a document: its bytes exactly as given."""

import orjson

from tests.gateway.raw_http import RawAnswer, exchange

JSON = b"content-type: application/json"


def post(url: str, document: bytes, *headers: bytes) -> RawAnswer:
    """Posts one document, as JSON unless headers are given."""
    lines = (
        b"POST /api/json.php HTTP/1.1",
        b"host: alphasms",
        b"connection: close",
        b"content-length: %d" % len(document),
        *(headers or (JSON,)),
    )
    return exchange(int(url.rpartition(":")[2]), b"\r\n".join(lines) + b"\r\n\r\n" + document)


def document_of(auth: str, *items: object) -> bytes:
    """Makes a document; an item that is bytes stands in it as it is."""
    written = b",".join(item if isinstance(item, bytes) else orjson.dumps(item) for item in items)
    return b'{"auth":%s,"data":[%s]}' % (orjson.dumps(auth), written)


def status_of(message_id: object) -> dict[str, object]:
    """Makes the item that asks for a message."""
    return {"type": "status", "id": message_id}
