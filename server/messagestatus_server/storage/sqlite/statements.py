"""Every statement about messages, receipts and changes; each is about one tenant, and on an index."""

from messagestatus_server.storage.sqlite.statement import Insert, Statement, TenantlessStatement

# Lookups.

RESOURCES = Statement("SELECT resource FROM message WHERE tenant = ?1 AND message_id = ?2")

RESOURCE_OF_INSTANCE = Statement(
    "SELECT resource FROM message WHERE tenant = ?1 AND message_id = ?2 AND instance = ?3"
)

# Many are asked for in one statement, as many rows are inserted by one.
RESOURCES_OF_MANY = Statement("""
    SELECT message_id, instance, resource FROM carray(?2) AS asked CROSS JOIN message
    WHERE tenant = ?1 AND message_id = asked.value
""")

KNOWN_PLACES = Statement("""
    SELECT message_id, instance FROM carray(?2) AS asked CROSS JOIN message
    WHERE tenant = ?1 AND message_id = asked.value
""")

_MESSAGE = "SELECT handle, roll_up, precedence, receipt_key, origin, resource FROM message"

MESSAGES = Statement(f"{_MESSAGE} WHERE tenant = ?1 AND message_id = ?2")

MESSAGE_OF_INSTANCE = Statement(f"{_MESSAGE} WHERE tenant = ?1 AND message_id = ?2 AND instance = ?3")

MESSAGE_OF_HANDLE = Statement(f"{_MESSAGE} WHERE tenant = ?1 AND handle = ?2")

MESSAGES_OF_MANY = Statement("""
    SELECT handle, roll_up, precedence, receipt_key, origin, resource
    FROM carray(?2) AS asked CROSS JOIN message
    WHERE tenant = ?1 AND message_id = asked.value
""")

# From the name to its message: the other way round, every message of the tenant would be looked at.
MESSAGES_OF_PROVIDER = Statement("""
    SELECT provider_message_id, handle, roll_up, precedence, receipt_key, origin, resource
    FROM carray(?2) AS asked CROSS JOIN provider_name
    CROSS JOIN message ON message.handle = provider_name.message
    WHERE provider_name.tenant = ?1 AND provider = ?3 AND provider_message_id = asked.value
        AND message.tenant = ?1
""")

_PAGE = """
    SELECT resource, accept_time, message_id, instance FROM message
    WHERE tenant = ?1 AND {key} = ?2 AND (typeof(message_id) = 'blob') = ?3
        AND (accept_time, message_id, instance) < (?4, ?5, ?6)
        AND (?8 IS NULL OR instance = ?8)
        AND (?9 IS NULL OR state IN (SELECT value FROM json_each(?9)))
        AND (?10 IS NULL OR channel IN (SELECT value FROM json_each(?10)))
        {more}
    ORDER BY accept_time DESC, message_id DESC, instance DESC LIMIT ?7
"""

PAGE_BY_PHONE = Statement(_PAGE.format(key="phone", more=""))

PAGE_BY_REFERENCE = Statement(
    _PAGE.format(
        key="reference_key",
        more="AND (?11 IS NULL OR reference_service = ?11) AND (?12 IS NULL OR reference_action = ?12)",
    )
)

RECIPIENTS = Statement("""
    SELECT user_id, named, state, precedence, receipt_key, standing FROM recipient
    WHERE tenant = ?1 AND message = ?2
""")

_RECEIPT = """
    SELECT receipt.receipt_key, receipt.precedence, occur_time, receive_time, content,
        CASE WHEN named THEN coalesce(parked_id, message_id) END
"""
_OF_MESSAGE = "LEFT JOIN message ON message.tenant = ?1 AND handle = receipt.message"

JOURNAL = Statement(f"""
    {_RECEIPT} FROM receipt {_OF_MESSAGE}
    WHERE receipt.tenant = ?1 AND receipt.message = ?2 ORDER BY id
""")

RECEIPTS = Statement(f"""
    {_RECEIPT} FROM carray(?2) AS asked CROSS JOIN receipt {_OF_MESSAGE}
    WHERE receipt.tenant = ?1 AND receipt.receipt_key = asked.value
""")

PARKED_BY_ID = Statement(f"""
    {_RECEIPT} FROM receipt {_OF_MESSAGE}
    WHERE receipt.tenant = ?1 AND receipt.message IS NULL AND parked_id = ?2 ORDER BY id
""")

PARKED_BY_PROVIDER = Statement(f"""
    {_RECEIPT} FROM receipt {_OF_MESSAGE}
    WHERE receipt.tenant = ?1 AND receipt.message IS NULL AND parked_provider = ?2 AND parked_provider_id = ?3
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
        origin = ?9, resource = ?10
    WHERE tenant = ?1 AND handle = ?2
""")

SAVE_REGISTRATION = Statement("""
    UPDATE message
    SET phone = ?3, reference_key = ?4, reference_service = ?5, reference_action = ?6, roll_up = ?7
    WHERE tenant = ?1 AND handle = ?2
""")

DELETE_MESSAGE = Statement("DELETE FROM message WHERE tenant = ?1 AND handle = ?2")

DELETE_RECIPIENTS = Statement("DELETE FROM recipient WHERE tenant = ?1 AND message = ?2")

DELETE_QUARANTINED = Statement("""
    DELETE FROM quarantine WHERE tenant = ?1 AND receipt_key IN (
        SELECT receipt_key FROM receipt WHERE tenant = ?1 AND message = ?2
    )
""")

DELETE_REPETITIONS = Statement("""
    DELETE FROM repetition WHERE tenant = ?1 AND receipt_key IN (
        SELECT receipt_key FROM receipt WHERE tenant = ?1 AND message = ?2
    )
""")

DELETE_RECEIPTS = Statement("DELETE FROM receipt WHERE tenant = ?1 AND message = ?2")

DELETE_PROVIDER_NAME = Statement("""
    DELETE FROM provider_name
    WHERE tenant = ?1 AND provider = ?2 AND provider_message_id = ?3 AND message = ?4
""")

ADD_REMOVAL = Statement("""
    INSERT INTO removal (tenant, sequence, message_id, instance, message) VALUES (?1, ?2, ?3, ?4, ?5)
""")

LAST_SEQUENCE = Statement("SELECT sequence FROM feed WHERE tenant = ?1")

SAVE_LAST_SEQUENCE = Statement("""
    INSERT INTO feed (tenant, sequence) VALUES (?1, ?2)
    ON CONFLICT (tenant) DO UPDATE SET sequence = excluded.sequence
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
    "named",
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
    "sequence",
    "message",
    "kind",
    "previous_state",
    "state",
    "reason",
    "change_time",
    "commit_time",
)
