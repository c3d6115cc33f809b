"""Every statement about the feed of changes."""

from messagestatus_server.storage.sqlite.statement import Statement, TenantlessStatement

IDENTITY = TenantlessStatement(
    "SELECT feed FROM identity", why="it tells the whole database from every other one"
)

SPAN = Statement("SELECT forgotten, sequence FROM feed WHERE tenant = ?1")

# A change of a message that was deleted later has its name from the removal.
HAPPENINGS = Statement("""
    SELECT change.sequence, kind, previous_state, change.state, change.reason, change.change_time,
        commit_time, coalesce(message.message_id, removal.message_id),
        coalesce(message.instance, removal.instance), resource, phone, reference_key, channel
    FROM change
    LEFT JOIN message ON message.tenant = ?1 AND handle = change.message
    LEFT JOIN removal ON removal.tenant = ?1 AND message.handle IS NULL AND removal.message = change.message
    WHERE change.tenant = ?1 AND change.sequence > ?2
    ORDER BY change.sequence LIMIT ?3
""")

OLD_CHANGES = Statement("""
    SELECT sequence, commit_time FROM change WHERE tenant = ?1 ORDER BY sequence LIMIT ?2
""")

FORGET_CHANGES = Statement("DELETE FROM change WHERE tenant = ?1 AND sequence <= ?2")

FORGET_REMOVALS = Statement("DELETE FROM removal WHERE tenant = ?1 AND sequence <= ?2")

FORGOTTEN = Statement("UPDATE feed SET forgotten = ?2 WHERE tenant = ?1")
