"""Every statement about routes, callbacks and what is in quarantine."""

from messagestatus_server.storage.sqlite.statement import Insert, Statement, TenantlessStatement

_ROUTE = """
    SELECT handle, tenant, name, provider, provider_name, spec, sealed_secrets, path_digest, create_time
    FROM route
"""

FIND_ROUTE = TenantlessStatement(f"{_ROUTE} WHERE name = ?1", why="a route tells whose callback it is")

ROUTES = Statement(f"{_ROUTE} WHERE tenant = ?1 ORDER BY name")

ADD_ROUTE = Statement("""
    INSERT INTO route (tenant, name, provider, provider_name, spec, sealed_secrets, path_digest, create_time)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
""")

REPLACE_ROUTE = Statement("""
    UPDATE route SET provider_name = ?3, spec = ?4, sealed_secrets = ?5, path_digest = ?6
    WHERE tenant = ?1 AND handle = ?2
""")

DELETE_ROUTE = Statement("DELETE FROM route WHERE tenant = ?1 AND handle = ?2")

DELETE_CALLBACKS = Statement("DELETE FROM callback WHERE tenant = ?1 AND route = ?2")

DELETE_TALLIES = Statement("DELETE FROM callback_tally WHERE tenant = ?1 AND route = ?2")

_CALLBACK = """
    SELECT id, route, receive_time, verdict, explanation, items, quarantined, method, query, headers,
        deflated, content
    FROM callback
"""

CALLBACK_TIME = Statement("SELECT receive_time FROM callback WHERE tenant = ?1 AND id = ?2")

CALLBACKS = Statement(f"""
    {_CALLBACK} WHERE tenant = ?1 AND route = ?2 AND (receive_time, id) < (?3, ?4)
        AND (?5 IS NULL OR verdict IN (SELECT value FROM json_each(?5)))
    ORDER BY receive_time DESC, id DESC LIMIT ?6
""")

# Of those that were simply taken, there are too many to look for the others among them.
CALLBACKS_IN_DOUBT = Statement(f"""
    {_CALLBACK} WHERE tenant = ?1 AND route = ?2 AND verdict = ?5 AND verdict <> 1
        AND (receive_time, id) < (?3, ?4)
    ORDER BY receive_time DESC, id DESC LIMIT ?6
""")

CALLBACKS_SINCE = Statement(f"""
    {_CALLBACK} WHERE tenant = ?1 AND route = ?2 AND (receive_time, id) > (?3, ?4) AND verdict <= ?5
    ORDER BY receive_time, id LIMIT ?6
""")

LAST_CALLBACK = TenantlessStatement(
    "SELECT seq FROM sqlite_sequence WHERE name = 'callback'",
    why="numbers of callbacks are given out once in the whole database",
)

ADD_CALLBACK = Insert(
    "callback",
    "id",
    "route",
    "receive_time",
    "verdict",
    "explanation",
    "items",
    "quarantined",
    "method",
    "query",
    "headers",
    "deflated",
    "content",
)

COUNT_CALLBACKS = Statement("""
    INSERT INTO callback_tally (tenant, route, verdict, callbacks, last_time) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (tenant, route, verdict) DO UPDATE
    SET callbacks = callbacks + excluded.callbacks, last_time = max(last_time, excluded.last_time)
""")

# The plus keeps SQLite from looking at every callback of the tenant.
FORGET_CALLBACKS = Statement("""
    DELETE FROM callback WHERE +tenant = ?1 AND id IN (
        SELECT id FROM callback WHERE tenant = ?1 AND route = ?2 AND receive_time < ?3
        ORDER BY receive_time LIMIT ?4
    )
    RETURNING 1
""")

ADD_QUARANTINED = Insert(
    "quarantine",
    "route",
    "callback",
    "item",
    "receipt_key",
    "provider",
    "word",
    "code",
    "fault",
    "receive_time",
    conflict="ON CONFLICT DO NOTHING",
)

RELEASE = Statement("DELETE FROM quarantine WHERE tenant = ?1 AND receipt_key = ?2")

RELEASE_ITEMS = Statement(
    "DELETE FROM quarantine WHERE tenant = ?1 AND callback = ?2 AND receipt_key IS NULL"
)

REPETITIONS = Statement("""
    SELECT receipt_key, times, last_time FROM carray(?2) AS asked CROSS JOIN repetition
    WHERE tenant = ?1 AND receipt_key = asked.value
""")

ADD_REPETITION = Statement("""
    INSERT INTO repetition (tenant, receipt_key, times, last_time) VALUES (?1, ?2, 1, ?3)
    ON CONFLICT (tenant, receipt_key) DO UPDATE
    SET times = times + 1, last_time = max(last_time, excluded.last_time)
""")
