-- Callbacks of carriers: the routes they come in by, what came as it came, and what waits to be settled.

CREATE TABLE route (
    handle INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_name TEXT NOT NULL,
    spec TEXT NOT NULL,
    sealed_secrets BLOB NOT NULL,
    path_digest BLOB,
    create_time INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX route_by_name ON route (name);

CREATE INDEX route_by_tenant ON route (tenant, name);

-- `content` holds the body, deflated where `deflated` says so.
CREATE TABLE callback (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    route INTEGER NOT NULL,
    receive_time INTEGER NOT NULL,
    verdict INTEGER NOT NULL,
    explanation TEXT NOT NULL,
    items INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    method TEXT NOT NULL,
    query TEXT NOT NULL,
    headers TEXT NOT NULL,
    deflated INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;

CREATE INDEX callback_by_route ON callback (tenant, route, receive_time);

CREATE TABLE callback_tally (
    tenant INTEGER NOT NULL,
    route INTEGER NOT NULL,
    verdict INTEGER NOT NULL,
    callbacks INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    PRIMARY KEY (tenant, route, verdict)
) STRICT, WITHOUT ROWID;

-- An item has a receipt, or a fault that tells why it could not be read.
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    route INTEGER,
    callback INTEGER,
    item INTEGER,
    receipt_key BLOB,
    provider TEXT NOT NULL,
    word TEXT NOT NULL,
    code TEXT NOT NULL,
    fault TEXT NOT NULL,
    receive_time INTEGER NOT NULL
) STRICT;

CREATE INDEX quarantine_by_tenant ON quarantine (tenant, id);

CREATE UNIQUE INDEX quarantine_by_receipt ON quarantine (tenant, receipt_key) WHERE receipt_key IS NOT NULL;

CREATE UNIQUE INDEX quarantine_by_item ON quarantine (tenant, callback, item) WHERE receipt_key IS NULL;

-- How often a receipt came again.
CREATE TABLE repetition (
    tenant INTEGER NOT NULL,
    receipt_key BLOB NOT NULL,
    times INTEGER NOT NULL,
    last_time INTEGER NOT NULL,
    PRIMARY KEY (tenant, receipt_key)
) STRICT, WITHOUT ROWID;

-- Messages that wait for a receipt, and those of them that were marked because none came in time. Its triggers
-- keep `awaiting_tally`: how many there are of either kind, of each provider on each channel.
CREATE TABLE awaiting (
    tenant INTEGER NOT NULL,
    message INTEGER NOT NULL,
    provider TEXT NOT NULL,
    channel INTEGER NOT NULL,
    due_time INTEGER NOT NULL,
    mark_time INTEGER,
    PRIMARY KEY (tenant, message)
) STRICT, WITHOUT ROWID;

CREATE INDEX awaiting_due ON awaiting (tenant, due_time) WHERE mark_time IS NULL;

CREATE INDEX awaiting_marked ON awaiting (tenant, provider, channel, due_time, message)
WHERE mark_time IS NOT NULL;

CREATE TABLE awaiting_tally (
    tenant INTEGER NOT NULL,
    provider TEXT NOT NULL,
    channel INTEGER NOT NULL,
    awaited INTEGER NOT NULL,
    stuck INTEGER NOT NULL,
    PRIMARY KEY (tenant, provider, channel)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER awaiting_begun AFTER INSERT ON awaiting BEGIN
    INSERT INTO awaiting_tally (tenant, provider, channel, awaited, stuck)
    VALUES (new.tenant, new.provider, new.channel, new.mark_time IS NULL, new.mark_time IS NOT NULL)
    ON CONFLICT (tenant, provider, channel) DO UPDATE
    SET awaited = awaited + excluded.awaited, stuck = stuck + excluded.stuck; END;

CREATE TRIGGER awaiting_ended AFTER DELETE ON awaiting BEGIN
    UPDATE awaiting_tally
    SET awaited = awaited - (old.mark_time IS NULL), stuck = stuck - (old.mark_time IS NOT NULL)
    WHERE tenant = old.tenant AND provider = old.provider AND channel = old.channel; END;

CREATE TRIGGER awaiting_changed AFTER UPDATE ON awaiting BEGIN
    UPDATE awaiting_tally
    SET awaited = awaited - (old.mark_time IS NULL), stuck = stuck - (old.mark_time IS NOT NULL)
    WHERE tenant = old.tenant AND provider = old.provider AND channel = old.channel; INSERT
    INTO awaiting_tally (tenant, provider, channel, awaited, stuck)
    VALUES (new.tenant, new.provider, new.channel, new.mark_time IS NULL, new.mark_time IS NOT NULL)
    ON CONFLICT (tenant, provider, channel) DO UPDATE
    SET awaited = awaited + excluded.awaited, stuck = stuck + excluded.stuck; END;

-- Providers whose deadlines have changed, and the last of their messages that was looked at since.
CREATE TABLE deadline_sweep (
    tenant INTEGER NOT NULL,
    provider TEXT NOT NULL,
    begin_time INTEGER NOT NULL,
    after_id ANY NOT NULL,
    after_message INTEGER NOT NULL,
    PRIMARY KEY (tenant, provider)
) STRICT, WITHOUT ROWID;

CREATE INDEX deadline_sweep_by_time ON deadline_sweep (begin_time);

CREATE INDEX receipt_parked_by_time ON receipt (tenant, receive_time, id) WHERE message IS NULL;

-- Words that had no mapping when they were reported.
INSERT INTO quarantine (tenant, receipt_key, provider, word, code, fault, receive_time)
SELECT tenant, receipt_key, told_provider(content), told_status(content), told_code(content), '', receive_time
FROM receipt WHERE state = 0 AND NOT has_finality(content) ORDER BY id;
