"""What RyzeAPI's pages show, as data: "Message delivery status", guides "Authentication" and "Errors"."""

INSTANCE = "line-1"
MESSAGE_ID = "3EB08FCF27E532F1B0F5"
CHAT = "5511999999999@s.whatsapp.net"
TRAVELLED = "2026-04-28T14:30:00Z"

# "Example": four languages, one request. What the languages' clients send beside it differs.
EXAMPLE_PATH = f"/api/chat/status/{INSTANCE}?messageId={MESSAGE_ID}"
EXAMPLE_CLIENTS = {
    "Example, cURL": [b"user-agent: curl/8.5.0", b"accept: */*"],
    "Example, JavaScript": [
        b"accept: */*",
        b"accept-language: *",
        b"sec-fetch-mode: cors",
        b"user-agent: node",
        b"accept-encoding: br, gzip, deflate",
    ],
    "Example, Python": [
        b"user-agent: python-requests/2.32.3",
        b"accept-encoding: gzip, deflate",
        b"accept: */*",
    ],
    "Example, Go": [b"user-agent: Go-http-client/1.1", b"accept-encoding: gzip"],
}

# "Success response", byte for byte but for the blanks between.
EXAMPLE_ANSWER = (
    b'{"success":true,"message":"Message status retrieved successfully",'
    b'"message_id":"3EB08FCF27E532F1B0F5","status":"read","status_code":4,"direction":"sent",'
    b'"chat_jid":"5511999999999@s.whatsapp.net","timestamp":"2026-04-28T14:30:00Z"}'
)

# "Error responses", the example below the table.
EXAMPLE_ERROR = b'{"success":false,"error":{"message":"Message not found"}}'

# "`status` map".
CODES = {"pending": 0, "sent": 1, "delivered": 2, "received": 3, "read": 4, "played": 5, "error": -1}

# "Error responses", and of the guides the two that the page itself lacks.
INSTANCE_REQUIRED = (400, "Instance name is required")
MESSAGE_ID_REQUIRED = (400, "messageId query parameter is required")
INVALID_TOKEN = (401, "Invalid token")
INSTANCE_NOT_FOUND = (404, "Instance not found")
MESSAGE_NOT_FOUND = (404, "Message not found")
ELSEWHERE = (404, "Message does not belong to this instance")
INSTANCE_DENIED = (403, "Instance token does not match the requested instance")
FORBIDDEN = (403, "Forbidden")
NOT_FOUND = (404, "Not Found")
BAD_REQUEST = (400, "Bad Request")
NOT_ALLOWED = (405, "Method Not Allowed")
