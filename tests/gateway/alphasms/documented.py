"""The requests and answers that AlphaSMS's documents show.

Sources: AlphaSMS, JSON API, "Message status" (cited as such) and "Viber 2 Way message status" (as "2 Way").
"""

from typing import Any

AUTH = "bb56a4369eb19***cfec6d1776bd25"
"""The key of every example, asterisks and all."""

REQUEST: dict[str, Any] = {"auth": AUTH, "data": [{"type": "status", "id": 100500}]}
"""Request example of "Message status", and of "2 Way"."""

ANSWER: dict[str, Any] = {
    "success": True,
    "data": [{"success": True, "data": {"id": 10500, "type": "viber", "status": "READ"}}],
}
"""Response example "Successful" of "Message status". Its id is not the one of the request."""

DENIED: dict[str, Any] = {"success": False, "error": "Access denied"}
"""Response example "Access denied" of both."""

REPLIES: list[dict[str, Any]] = [
    {"datetime": "2022-05-01T12:01:02+03:00", "message": "Please wait"},
    {
        "datetime": "2022-05-03T14:21:17+03:00",
        "media": {"url": "https://url.com/home/vibermedia/", "filename": "invoice.pdf", "filesize": 67983},
    },
    {
        "datetime": "2022-05-03T14:21:17+03:00",
        "message": "Correct invoice",
        "media": {"url": "https://url.com/home/vibermedia/", "filename": "invoice.pdf", "filesize": 68934},
    },
]
"""The `replies` of the next."""

REPLIED: dict[str, Any] = {
    "success": True,
    "data": [
        {"success": True, "data": {"id": 10500, "type": "viber", "status": "REPLIED", "replies": REPLIES}}
    ],
}
"""Response example "Successful" of "2 Way"."""
