"""Every statement about messages that wait for a receipt, or waited in vain."""

from messagestatus_server.storage.sqlite.statement import Insert, Statement, TenantlessStatement

_MESSAGE = "message.handle, roll_up, precedence, receipt_key, origin, resource"

NEXT_WAITING_TENANT = TenantlessStatement(
    "SELECT tenant FROM awaiting WHERE tenant > ?1 ORDER BY tenant LIMIT 1",
    why="the timer asks whose messages wait; of each tenant it then asks by itself",
)

DUE = Statement(f"""
    SELECT provider, awaiting.channel, due_time, {_MESSAGE}
    FROM awaiting CROSS JOIN message ON message.handle = awaiting.message
    WHERE awaiting.tenant = ?1 AND mark_time IS NULL AND due_time <= ?2 AND message.tenant = ?1
    ORDER BY due_time LIMIT ?3
""")

STUCK = Statement("""
    SELECT handle, message_id, instance, state, due_time, mark_time
    FROM awaiting CROSS JOIN message ON message.handle = awaiting.message
    WHERE awaiting.tenant = ?1 AND provider = ?2 AND awaiting.channel = ?3 AND mark_time IS NOT NULL
        AND (due_time, awaiting.message) > (?4, ?5) AND message.tenant = ?1
    ORDER BY due_time, awaiting.message LIMIT ?6
""")

WAITING = Statement("""
    SELECT provider, channel, awaited, stuck FROM awaiting_tally
    WHERE tenant = ?1 ORDER BY provider, channel
""")

EXPECT = Insert(
    "awaiting",
    "message",
    "provider",
    "channel",
    "due_time",
    conflict="""
        ON CONFLICT (tenant, message) DO UPDATE
        SET provider = excluded.provider, channel = excluded.channel, due_time = excluded.due_time
        WHERE mark_time IS NULL
    """,
)

SETTLE = Statement("DELETE FROM awaiting WHERE tenant = ?1 AND message = ?2")

SETTLE_MARKED = Statement("DELETE FROM awaiting WHERE tenant = ?1 AND message = ?2 AND mark_time IS NOT NULL")

MARK = Statement("""
    UPDATE awaiting SET mark_time = ?3 WHERE tenant = ?1 AND message = ?2 AND mark_time IS NULL
""")

BEGUN_SWEEP = TenantlessStatement(
    """
    SELECT tenant, provider, begin_time, after_id, after_message FROM deadline_sweep
    WHERE begin_time <= ?1 ORDER BY begin_time LIMIT 1
    """,
    why="the timer asks whose deadlines have changed",
)

REQUEST_SWEEP = Statement("""
    INSERT INTO deadline_sweep (tenant, provider, begin_time, after_id, after_message)
    VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (tenant, provider) DO UPDATE
    SET begin_time = excluded.begin_time, after_id = excluded.after_id, after_message = excluded.after_message
""")

STANDING_SWEEP = Statement("""
    SELECT 1 FROM deadline_sweep
    WHERE tenant = ?1 AND provider = ?2 AND begin_time = ?3 AND after_id = ?4 AND after_message = ?5
""")

END_SWEEP = Statement("DELETE FROM deadline_sweep WHERE tenant = ?1 AND provider = ?2")

MESSAGES_OF_SWEEP = Statement(f"""
    SELECT provider_message_id, state, {_MESSAGE}
    FROM provider_name CROSS JOIN message ON message.handle = provider_name.message
    WHERE provider_name.tenant = ?1 AND provider = ?2
        AND (provider_message_id, provider_name.message) > (?3, ?4) AND message.tenant = ?1
    ORDER BY provider_message_id, provider_name.message LIMIT ?5
""")
