"""How these tests ask for the status of a message: a path exactly as given, and a session."""

from typing import Any

from tests.gateway.raw_http import RawAnswer, get


def ask(url: str, target: str, session: str = "", *headers: bytes, method: bytes = b"GET") -> RawAnswer:
    """Sends one request; without a session, none is named."""
    named = [b"sessionToken: " + session.encode()] if session else []
    return get(int(url.rpartition(":")[2]), target.encode(), *named, *headers, method=method)


def status_path(message_id: str, base: str = "/pod/v1") -> str:
    """Gives the path of a status, as the document writes it."""
    return f"{base}/message/{message_id}/status"


def user_ids(answer: RawAnswer) -> dict[str, Any]:
    """Tells who stands in which array, in order."""
    assert answer.status == 200, answer
    return {
        array: [user["userId"] for user in users] for array, users in answer.json.items() if array != "author"
    }
