-- Messages with their recipients, receipts and changes; people; tenants and keys.
-- A message's `resource` is the answer to its lookup, byte for byte; its other columns are what queries
-- need, and `origin` is what the registration itself claims of the state. States, channels and reasons
-- are the numbers of the contract. Times are microseconds, UTC.

CREATE TABLE tenant (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    operator INTEGER NOT NULL,
    create_time INTEGER NOT NULL
) STRICT;

CREATE TABLE instance (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    name TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    tenant INTEGER NOT NULL REFERENCES tenant (id),
    key_id TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    client TEXT NOT NULL,
    scopes TEXT NOT NULL,
    instance TEXT,
    user_id TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    expire_time INTEGER,
    revoke_time INTEGER,
    PRIMARY KEY (tenant, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    handle INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    instance TEXT NOT NULL,
    phone TEXT,
    reference_key TEXT,
    reference_service TEXT,
    reference_action TEXT,
    channel INTEGER NOT NULL,
    accept_time INTEGER NOT NULL,
    roll_up INTEGER NOT NULL,
    state INTEGER NOT NULL,
    precedence INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    change_time INTEGER NOT NULL,
    receipt_key BLOB NOT NULL,
    origin BLOB NOT NULL,
    resource BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX message_by_id ON message (tenant, message_id, instance);

CREATE INDEX message_by_phone ON message (tenant, phone, accept_time, message_id, instance)
    WHERE phone IS NOT NULL;

CREATE INDEX message_by_reference ON message (tenant, reference_key, accept_time, message_id, instance)
    WHERE reference_key IS NOT NULL;

CREATE TABLE provider_name (
    tenant INTEGER NOT NULL,
    provider TEXT NOT NULL,
    provider_message_id TEXT NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (tenant, provider, provider_message_id, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE recipient (
    tenant INTEGER NOT NULL,
    message INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    named INTEGER NOT NULL,
    state INTEGER NOT NULL,
    precedence INTEGER NOT NULL,
    receipt_key BLOB NOT NULL,
    standing BLOB NOT NULL,
    PRIMARY KEY (tenant, message, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipt (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    receipt_key BLOB NOT NULL,
    message INTEGER,
    parked_id TEXT,
    parked_provider TEXT,
    parked_provider_id TEXT,
    state INTEGER NOT NULL,
    precedence INTEGER NOT NULL,
    occur_time INTEGER NOT NULL,
    receive_time INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX receipt_by_key ON receipt (tenant, receipt_key);

CREATE INDEX receipt_by_message ON receipt (tenant, message) WHERE message IS NOT NULL;

CREATE INDEX receipt_parked_by_id ON receipt (tenant, parked_id) WHERE message IS NULL;

CREATE INDEX receipt_parked_by_provider ON receipt (tenant, parked_provider, parked_provider_id)
    WHERE message IS NULL;

CREATE TABLE change (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    message INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    previous_state INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    change_time INTEGER NOT NULL,
    commit_time INTEGER NOT NULL,
    removed_id TEXT,
    removed_instance TEXT
) STRICT;

CREATE INDEX change_by_tenant ON change (tenant, sequence);

CREATE TABLE person (
    tenant INTEGER NOT NULL,
    user_id TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    email TEXT NOT NULL,
    user_name TEXT NOT NULL,
    company TEXT NOT NULL,
    PRIMARY KEY (tenant, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversation (
    tenant INTEGER NOT NULL,
    conversation_id TEXT NOT NULL,
    view_history INTEGER NOT NULL,
    PRIMARY KEY (tenant, conversation_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE membership (
    tenant INTEGER NOT NULL,
    conversation_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    join_time INTEGER,
    leave_time INTEGER
) STRICT;

CREATE INDEX membership_by_person ON membership (tenant, conversation_id, user_id);
