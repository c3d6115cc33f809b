"""Every statement about messages, receipts and changes; each is about one tenant, and on an index."""

from messagestatus_server.storage.sqlite.statement import Insert, Statement, TenantlessStatement

# Lookups.

RESOURCES = Statement("SELECT resource FROM message WHERE tenant = ?1 AND message_id = ?2")

RESOURCE_OF_INSTANCE = Statement(
    "SELECT resource FROM message WHERE tenant = ?1 AND message_id = ?2 AND instance = ?3"
)

# One step for all the places, as with inserts.
KNOWN_PLACES = Statement("""
    SELECT message_id, instance FROM json_each(?2) AS place CROSS JOIN message
    WHERE tenant = ?1 AND message_id = place.value ->> 0 AND instance = place.value ->> 1
""")

_MESSAGE = "SELECT handle, roll_up, precedence, receipt_key, origin, resource FROM message"

MESSAGES = Statement(f"{_MESSAGE} WHERE tenant = ?1 AND message_id = ?2")

MESSAGE_OF_INSTANCE = Statement(f"{_MESSAGE} WHERE tenant = ?1 AND message_id = ?2 AND instance = ?3")

# From the name to its message: the other way round, every message of the tenant would be looked at.
MESSAGES_OF_PROVIDER = Statement("""
    SELECT handle, roll_up, precedence, receipt_key, origin, resource
    FROM provider_name CROSS JOIN message ON message.handle = provider_name.message
    WHERE provider_name.tenant = ?1 AND provider = ?2 AND provider_message_id = ?3 AND message.tenant = ?1
""")

_PAGE = """
    SELECT resource, accept_time, message_id, instance FROM message
    WHERE tenant = ?1 AND {key} = ?2
        AND (accept_time, message_id, instance) < (?3, ?4, ?5)
        AND (?7 IS NULL OR instance = ?7)
        AND (?8 IS NULL OR state IN (SELECT value FROM json_each(?8)))
        AND (?9 IS NULL OR channel IN (SELECT value FROM json_each(?9)))
        {more}
    ORDER BY accept_time DESC, message_id DESC, instance DESC LIMIT ?6
"""

PAGE_BY_PHONE = Statement(_PAGE.format(key="phone", more=""))

PAGE_BY_REFERENCE = Statement(
    _PAGE.format(
        key="reference_key",
        more="AND (?10 IS NULL OR reference_service = ?10) AND (?11 IS NULL OR reference_action = ?11)",
    )
)

RECIPIENTS = Statement("""
    SELECT user_id, named, state, precedence, receipt_key, standing FROM recipient
    WHERE tenant = ?1 AND message = ?2
""")

_RECEIPT = "SELECT receipt_key, precedence, occur_time, receive_time, content FROM receipt"

JOURNAL = Statement(f"{_RECEIPT} WHERE tenant = ?1 AND message = ?2 ORDER BY id")

RECEIPT = Statement(f"{_RECEIPT} WHERE tenant = ?1 AND receipt_key = ?2")

PARKED_BY_ID = Statement(f"{_RECEIPT} WHERE tenant = ?1 AND message IS NULL AND parked_id = ?2 ORDER BY id")

PARKED_BY_PROVIDER = Statement(f"""
    {_RECEIPT}
    WHERE tenant = ?1 AND message IS NULL AND parked_provider = ?2 AND parked_provider_id = ?3
    ORDER BY id
""")

HAS_PARKED = Statement(
    "SELECT 1 FROM receipt INDEXED BY receipt_parked_by_id WHERE tenant = ?1 AND message IS NULL LIMIT 1"
)

# Writes.

INSERT_MESSAGE = Insert(
    "message",
    "handle",
    "message_id",
    "instance",
    "phone",
    "reference_key",
    "reference_service",
    "reference_action",
    "channel",
    "accept_time",
    "roll_up",
    "state",
    "precedence",
    "reason",
    "change_time",
    "receipt_key",
    "origin",
    "resource",
)

LAST_HANDLE = TenantlessStatement(
    "SELECT seq FROM sqlite_sequence WHERE name = 'message'",
    why="handles are given out once in the whole database, also after a deletion",
)

SAVE_MESSAGE = Statement("""
    UPDATE message
    SET channel = ?3, state = ?4, precedence = ?5, reason = ?6, change_time = ?7, receipt_key = ?8,
        resource = ?9
    WHERE tenant = ?1 AND handle = ?2
""")

SAVE_REGISTRATION = Statement("""
    UPDATE message
    SET phone = ?3, reference_key = ?4, reference_service = ?5, reference_action = ?6, roll_up = ?7,
        origin = ?8
    WHERE tenant = ?1 AND handle = ?2
""")

DELETE_MESSAGE = Statement("DELETE FROM message WHERE tenant = ?1 AND handle = ?2")

DELETE_RECIPIENTS = Statement("DELETE FROM recipient WHERE tenant = ?1 AND message = ?2")

DELETE_RECEIPTS = Statement("DELETE FROM receipt WHERE tenant = ?1 AND message = ?2")

DELETE_PROVIDER_NAME = Statement("""
    DELETE FROM provider_name
    WHERE tenant = ?1 AND provider = ?2 AND provider_message_id = ?3 AND message = ?4
""")

NAME_REMOVED = Statement("""
    INSERT INTO change (tenant, message, kind, previous_state, state, reason, change_time, commit_time,
        removed_id, removed_instance)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
""")

PUT_RECIPIENT = Statement("""
    INSERT INTO recipient (tenant, message, user_id, named, state, precedence, receipt_key, standing)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (tenant, message, user_id) DO UPDATE
    SET named = excluded.named, state = excluded.state, precedence = excluded.precedence,
        receipt_key = excluded.receipt_key, standing = excluded.standing
""")

ADD_PROVIDER_NAME = Insert(
    "provider_name", "provider", "provider_message_id", "message", conflict="ON CONFLICT DO NOTHING"
)

ADD_RECEIPT = Insert(
    "receipt",
    "receipt_key",
    "message",
    "parked_id",
    "parked_provider",
    "parked_provider_id",
    "state",
    "precedence",
    "occur_time",
    "receive_time",
    "content",
)

CLAIM_RECEIPT = Statement("""
    UPDATE receipt SET message = ?3, parked_id = NULL, parked_provider = NULL, parked_provider_id = NULL
    WHERE tenant = ?1 AND receipt_key = ?2 AND message IS NULL
""")

APPEND_CHANGE = Insert(
    "change",
    "message",
    "kind",
    "previous_state",
    "state",
    "reason",
    "change_time",
    "commit_time",
)
