"""Every statement about webhook endpoints, what waits for them, and what was tried."""

from messagestatus_server.storage.sqlite.statement import Insert, Statement, TenantlessStatement

# Endpoints.

_ENDPOINT = """
    SELECT tenant, endpoint_id, spec, sealed_secrets, public_key, disabled_reason, failing_since,
        previous_secret_expire_time, create_time
    FROM webhook_endpoint
"""

ENDPOINTS = Statement(f"{_ENDPOINT} WHERE tenant = ?1")

FIND_ENDPOINT = Statement(f"{_ENDPOINT} WHERE tenant = ?1 AND endpoint_id = ?2")

LISTENERS = Statement("SELECT endpoint_id, disabled_reason, spec FROM webhook_endpoint WHERE tenant = ?1")

PUT_ENDPOINT = Statement("""
    INSERT INTO webhook_endpoint (tenant, endpoint_id, spec, sealed_secrets, public_key, disabled_reason,
        failing_since, previous_secret_expire_time, create_time)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (tenant, endpoint_id) DO UPDATE
    SET spec = excluded.spec, sealed_secrets = excluded.sealed_secrets, public_key = excluded.public_key,
        disabled_reason = excluded.disabled_reason, failing_since = excluded.failing_since,
        previous_secret_expire_time = excluded.previous_secret_expire_time
""")

DELETE_ENDPOINT = Statement("DELETE FROM webhook_endpoint WHERE tenant = ?1 AND endpoint_id = ?2")

# The plus keeps SQLite from looking at all that waits for the endpoint.
DELETE_EVENTS = Statement("""
    DELETE FROM outbox WHERE tenant = ?1 AND endpoint = ?2 AND sequence IN (
        SELECT sequence FROM outbox WHERE tenant = ?1 AND endpoint = ?2 ORDER BY sequence LIMIT ?3
    )
    RETURNING 1
""")

DELETE_ATTEMPTS = Statement("""
    DELETE FROM webhook_attempt WHERE +tenant = ?1 AND id IN (
        SELECT id FROM webhook_attempt WHERE tenant = ?1 AND endpoint = ?2 LIMIT ?3
    )
    RETURNING 1
""")

# What waits.

QUEUE = Insert(
    "outbox",
    "endpoint",
    "sequence",
    "message",
    "kind",
    "previous_state",
    "state",
    "reason",
    "change_time",
    "commit_time",
    "queue_time",
    "due_time",
    "message_id",
    "instance",
    conflict="ON CONFLICT DO NOTHING",
)

NAME_EVENTS = Statement("""
    UPDATE outbox SET message_id = ?4, instance = ?5 WHERE tenant = ?1 AND endpoint = ?2 AND message = ?3
""")

NEXT_WAITING = TenantlessStatement(
    """
    SELECT tenant, endpoint, due_time FROM outbox
    WHERE (tenant, endpoint) > (?1, ?2) AND due_time IS NOT NULL
    ORDER BY tenant, endpoint, due_time LIMIT 1
    """,
    why="events of every tenant are told, each of them to endpoints of its own tenant",
)

LEASED = Statement("""
    SELECT count(DISTINCT lease) FROM outbox INDEXED BY outbox_leased
    WHERE tenant = ?1 AND endpoint = ?2 AND lease IS NOT NULL AND due_time > ?3
""")

_OUTGOING = """
    sequence, message, kind, previous_state, state, reason, change_time, commit_time, message_id, instance,
    attempts, skipped, lease
"""

DUE = Statement(f"""
    SELECT {_OUTGOING}, EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE earlier.tenant = ?1 AND earlier.endpoint = ?2 AND earlier.message = outbox.message
            AND earlier.sequence < outbox.sequence AND earlier.dead_time IS NULL
    )
    FROM outbox WHERE tenant = ?1 AND endpoint = ?2 AND due_time <= ?3
    ORDER BY due_time, sequence LIMIT ?4
""")

FOLLOWING = Statement(f"""
    SELECT {_OUTGOING} FROM outbox
    WHERE tenant = ?1 AND endpoint = ?2 AND message = ?3 AND sequence > ?4 AND commit_time <= ?5
        AND dead_time IS NULL
    ORDER BY sequence LIMIT ?6
""")

PARK = Statement("UPDATE outbox SET due_time = NULL WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3")

LEASE = Statement("""
    UPDATE outbox SET due_time = ?4, lease = ?5 WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3
""")

JOIN = Statement("""
    UPDATE outbox SET kind = ?4, previous_state = ?5, skipped = ?6
    WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3
""")

DROP = Statement("DELETE FROM outbox WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3")

FINISH = Statement("""
    DELETE FROM outbox WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3 AND lease = ?4
""")

DEFER = Statement("""
    UPDATE outbox SET due_time = ?5, lease = NULL, attempts = ?6
    WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3 AND lease = ?4
""")

BURY = Statement("""
    UPDATE outbox SET due_time = NULL, lease = NULL, dead_time = ?5, attempts = ?6
    WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3 AND lease = ?4
""")

# The first of what waits of a message goes on, unless it is on its way already.
RELEASE = Statement("""
    UPDATE outbox SET due_time = ?4
    WHERE tenant = ?1 AND endpoint = ?2 AND due_time IS NULL AND sequence = (
        SELECT first.sequence FROM outbox AS first
        WHERE first.tenant = ?1 AND first.endpoint = ?2 AND first.message = ?3 AND first.dead_time IS NULL
        ORDER BY first.sequence LIMIT 1
    )
""")

DEAD = Statement(f"""
    SELECT {_OUTGOING}, dead_time FROM outbox
    WHERE tenant = ?1 AND endpoint = ?2 AND (dead_time, sequence) > (?3, ?4) AND dead_time IS NOT NULL
    ORDER BY dead_time, sequence LIMIT ?5
""")

REVIVE = Statement("""
    UPDATE outbox SET dead_time = NULL, due_time = ?4, queue_time = ?4, attempts = 0
    WHERE tenant = ?1 AND endpoint = ?2 AND sequence = ?3 AND dead_time IS NOT NULL
""")

KNOWN_EVENTS = Statement("""
    SELECT sequence FROM outbox
    WHERE tenant = ?1 AND endpoint = ?2 AND sequence BETWEEN ?3 AND ?4 ORDER BY sequence
""")

OLD_DEAD = Statement("""
    SELECT sequence, message FROM outbox
    WHERE tenant = ?1 AND endpoint = ?2 AND dead_time < ?3 ORDER BY dead_time LIMIT ?4
""")

OLDEST_EVENTS = Statement("""
    SELECT sequence, message, queue_time FROM outbox
    WHERE tenant = ?1 AND endpoint = ?2 ORDER BY sequence LIMIT ?3
""")

# What the feed and the messages tell.

KNOWN_MESSAGE = Statement("""
    SELECT handle, roll_up, precedence, receipt_key, origin, resource FROM message
    WHERE tenant = ?1 AND handle = ?2
""")

COMMIT_TIME = Statement("""
    SELECT sequence, commit_time FROM change WHERE tenant = ?1 AND sequence >= ?2 ORDER BY sequence LIMIT 1
""")

CHANGES = Statement("""
    SELECT change.sequence, change.message, kind, previous_state, state, reason, change_time, commit_time,
        removal.message_id, removal.instance, 0, 0, NULL
    FROM change LEFT JOIN removal ON removal.tenant = ?1 AND removal.message = change.message
    WHERE change.tenant = ?1 AND change.sequence > ?2
    ORDER BY change.sequence LIMIT ?3
""")

# Attempts.

ADD_ATTEMPT = Insert(
    "webhook_attempt",
    "endpoint",
    "sequence",
    "message_id",
    "instance",
    "number",
    "attempt_time",
    "duration",
    "http_status",
    "fault",
    "answer",
    "result",
    "next_time",
    "event_id",
)

_ATTEMPT = """
    SELECT sequence, message_id, instance, number, attempt_time, duration, http_status, fault, answer, result,
        next_time, event_id, id
    FROM webhook_attempt
"""

ATTEMPTS = Statement(f"""
    {_ATTEMPT} WHERE tenant = ?1 AND endpoint = ?2 AND result = ?3 AND id < ?4 ORDER BY id DESC LIMIT ?5
""")

ATTEMPTS_OF_MESSAGE = Statement(f"""
    {_ATTEMPT} WHERE tenant = ?1 AND endpoint = ?2 AND message_id = ?3 AND id < ?4
        AND (?6 IS NULL OR result IN (SELECT value FROM json_each(?6)))
    ORDER BY id DESC LIMIT ?5
""")

OLDEST_ATTEMPTS = Statement("""
    SELECT id, attempt_time FROM webhook_attempt
    WHERE tenant = ?1 AND endpoint = ?2 AND result = ?3 ORDER BY id LIMIT ?4
""")

FORGET_ATTEMPTS = Statement("""
    DELETE FROM webhook_attempt WHERE tenant = ?1 AND endpoint = ?2 AND result = ?3 AND id <= ?4
""")
