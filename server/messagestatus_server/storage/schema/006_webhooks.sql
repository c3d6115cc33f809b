-- Webhooks: endpoints, the changes that they are to be told of, and the attempts to tell them.

CREATE TABLE webhook_endpoint (
    tenant INTEGER NOT NULL,
    endpoint_id TEXT NOT NULL,
    spec TEXT NOT NULL,
    sealed_secrets BLOB NOT NULL,
    public_key TEXT NOT NULL,
    disabled_reason INTEGER NOT NULL,
    failing_since INTEGER,
    previous_secret_expire_time INTEGER,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (tenant, endpoint_id)
) STRICT, WITHOUT ROWID;

-- `due_time` is when the next attempt is due. While there is a `lease`, an attempt is under way, and `due_time`
-- is when it counts as lost. It is NULL behind an earlier change of the same message, and once `dead_time` says
-- that nothing is tried any more. `message_id` and `instance` are known when the message is deleted.
CREATE TABLE outbox (
    tenant INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    message INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    previous_state INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    change_time INTEGER NOT NULL,
    commit_time INTEGER NOT NULL,
    queue_time INTEGER NOT NULL,
    due_time INTEGER,
    lease INTEGER,
    dead_time INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    message_id ANY,
    instance TEXT,
    PRIMARY KEY (tenant, endpoint, sequence)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (tenant, endpoint, due_time) WHERE due_time IS NOT NULL;

CREATE INDEX outbox_leased ON outbox (tenant, endpoint, lease, due_time) WHERE lease IS NOT NULL;

CREATE INDEX outbox_by_message ON outbox (tenant, endpoint, message, sequence);

CREATE INDEX outbox_dead ON outbox (tenant, endpoint, dead_time) WHERE dead_time IS NOT NULL;

-- An attempt on several events in one request is a row for each of them. `event_id` is set where there is no
-- change that it could be told from.
CREATE TABLE webhook_attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    message_id ANY NOT NULL,
    instance TEXT NOT NULL,
    number INTEGER NOT NULL,
    attempt_time INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    http_status INTEGER NOT NULL,
    fault INTEGER NOT NULL,
    answer TEXT NOT NULL,
    result INTEGER NOT NULL,
    next_time INTEGER,
    event_id TEXT NOT NULL
) STRICT;

CREATE INDEX webhook_attempt_by_result ON webhook_attempt (tenant, endpoint, result);

CREATE INDEX webhook_attempt_by_message ON webhook_attempt (tenant, endpoint, message_id);
