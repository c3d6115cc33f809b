"""Every statement about what waits for people, and about what is understood better than when it came."""

from messagestatus_server.storage.sqlite.statement import Insert, Statement

ORPHANS = Statement("""
    SELECT id, receipt_key, precedence, occur_time, receive_time, content, CASE WHEN named THEN parked_id END
    FROM receipt WHERE tenant = ?1 AND message IS NULL AND (receive_time, id) > (?2, ?3)
    ORDER BY receive_time, id LIMIT ?4
""")

# The index alone tells the counts; the times are looked up for one receipt of each provider.
ORPHAN_COUNTS = Statement("""
    SELECT parked_provider, count(*), min(id) FROM receipt INDEXED BY receipt_parked_by_provider
    WHERE tenant = ?1 AND message IS NULL GROUP BY parked_provider
""")

RECEIVE_TIME = Statement("SELECT receive_time FROM receipt WHERE tenant = ?1 AND id = ?2")

_QUARANTINED = """
    SELECT provider, receive_time, route, callback, item, receipt_key, word, code, fault, id FROM quarantine
"""

QUARANTINED = Statement(f"{_QUARANTINED} WHERE tenant = ?1 AND id > ?2 ORDER BY id LIMIT ?3")

FIND_QUARANTINED = Statement(f"{_QUARANTINED} WHERE tenant = ?1 AND id = ?2")

FAULTS = Statement(f"{_QUARANTINED} WHERE tenant = ?1 AND callback = ?2 AND receipt_key IS NULL")

QUARANTINED_COUNT = Statement("SELECT count(*) FROM quarantine WHERE tenant = ?1")

TALLIES = Statement("SELECT route, verdict, callbacks, last_time FROM callback_tally WHERE tenant = ?1")

RECEIPT_HANDLES = Statement("""
    SELECT receipt_key, message FROM carray(?2) AS asked CROSS JOIN receipt
    WHERE tenant = ?1 AND receipt_key = asked.value
""")

REPLACE_RECEIPT = Statement("""
    UPDATE receipt
    SET named = ?3, parked_id = CASE WHEN message IS NULL THEN ?4 END,
        parked_provider = CASE WHEN message IS NULL THEN ?5 END,
        parked_provider_id = CASE WHEN message IS NULL THEN ?6 END,
        state = ?7, precedence = ?8, occur_time = ?9, content = ?10
    WHERE tenant = ?1 AND receipt_key = ?2
""")

OLD_PARKED = Statement("""
    SELECT receipt_key FROM receipt WHERE tenant = ?1 AND message IS NULL AND receive_time < ?2
    ORDER BY receive_time LIMIT ?3
""")

REMOVE_PARKED = Statement("""
    DELETE FROM receipt WHERE tenant = ?1 AND receipt_key = ?2 AND message IS NULL RETURNING receipt_key
""")

FORGET_REPETITION = Statement("DELETE FROM repetition WHERE tenant = ?1 AND receipt_key = ?2")

PUT_FAULT = Insert(
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
    conflict="""
        ON CONFLICT (tenant, callback, item) WHERE receipt_key IS NULL DO UPDATE
        SET provider = excluded.provider, word = excluded.word, code = excluded.code, fault = excluded.fault
    """,
)

RETELL_QUARANTINED = Statement("""
    UPDATE quarantine SET provider = ?3, word = ?4, code = ?5 WHERE tenant = ?1 AND receipt_key = ?2
""")

DROP_QUARANTINED = Statement("DELETE FROM quarantine WHERE tenant = ?1 AND id = ?2 RETURNING id")

UPDATE_CALLBACK = Statement("""
    UPDATE callback SET verdict = ?3, explanation = ?4, items = ?5, quarantined = ?6
    WHERE tenant = ?1 AND id = ?2
""")
