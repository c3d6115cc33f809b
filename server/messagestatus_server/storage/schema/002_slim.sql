-- The same facts in fewer bytes. Identifiers that are canonical UUIDs are kept as their 16 bytes, all others
-- as text: `message_text` and `receipt_text` show them readable. Nothing is kept twice that can be told from
-- what stands beside it:
-- `origin` leaves out the provider where it is the one that `resource` shows, and the time, which is
-- `accept_time`; a receipt's `content` leaves out the message_id where `named` says that it had one (it is the
-- message's, or `parked_id`), and the time, which is `occur_time`, NULL where the carrier told none.
-- `receipt_key` of a message is that of the receipt that decides, and 16 zeros while none does: a row that
-- does not grow at its first receipt stays on its page.

ALTER TABLE message RENAME TO message_001;

ALTER TABLE provider_name RENAME TO provider_name_001;

ALTER TABLE receipt RENAME TO receipt_001;

ALTER TABLE change RENAME TO change_001;

DROP INDEX message_by_id;

DROP INDEX message_by_phone;

DROP INDEX message_by_reference;

DROP INDEX receipt_by_key;

DROP INDEX receipt_by_message;

DROP INDEX receipt_parked_by_id;

DROP INDEX receipt_parked_by_provider;

DROP INDEX change_by_tenant;

CREATE TABLE message (
    handle INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    message_id ANY NOT NULL,
    instance TEXT NOT NULL,
    phone TEXT,
    reference_key ANY,
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

INSERT INTO message
SELECT handle, tenant, packed(message_id), instance, phone, packed(reference_key), reference_service,
    reference_action, channel, accept_time, roll_up, state, precedence, reason, change_time,
    CASE receipt_key WHEN x'' THEN zeroblob(16) ELSE receipt_key END,
    slim_origin(origin, resource), resource
FROM message_001 ORDER BY handle;

-- Handles are given out once, also those of messages that were deleted.
INSERT INTO sqlite_sequence (name, seq)
SELECT 'message', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'message');

UPDATE sqlite_sequence
SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'message_001'), 0))
WHERE name = 'message';

CREATE UNIQUE INDEX message_by_id ON message (tenant, message_id, instance);

-- UUIDs and other identifiers apart: each kind is in its own right order, and a page takes from both.
CREATE INDEX message_by_phone
ON message (tenant, phone, (typeof(message_id) = 'blob'), accept_time, message_id, instance)
WHERE phone IS NOT NULL;

CREATE INDEX message_by_reference
ON message (tenant, reference_key, (typeof(message_id) = 'blob'), accept_time, message_id, instance)
WHERE reference_key IS NOT NULL;

CREATE TABLE provider_name (
    tenant INTEGER NOT NULL,
    provider TEXT NOT NULL,
    provider_message_id ANY NOT NULL,
    message INTEGER NOT NULL,
    PRIMARY KEY (tenant, provider, provider_message_id, message)
) STRICT, WITHOUT ROWID;

INSERT INTO provider_name
SELECT tenant, provider, packed(provider_message_id), message FROM provider_name_001;

CREATE TABLE receipt (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    receipt_key BLOB NOT NULL,
    message INTEGER,
    named INTEGER NOT NULL,
    parked_id ANY,
    parked_provider TEXT,
    parked_provider_id ANY,
    state INTEGER NOT NULL,
    precedence INTEGER NOT NULL,
    occur_time INTEGER,
    receive_time INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;

INSERT INTO receipt
SELECT id, tenant, receipt_key, message, is_named(content), packed(parked_id), parked_provider,
    packed(parked_provider_id), state, precedence, CASE WHEN is_timed(content) THEN occur_time END, receive_time,
    slim_receipt(content)
FROM receipt_001 ORDER BY id;

CREATE UNIQUE INDEX receipt_by_key ON receipt (tenant, receipt_key);

CREATE INDEX receipt_by_message ON receipt (tenant, message) WHERE message IS NOT NULL;

CREATE INDEX receipt_parked_by_id ON receipt (tenant, parked_id) WHERE message IS NULL;

CREATE INDEX receipt_parked_by_provider ON receipt (tenant, parked_provider, parked_provider_id)
WHERE message IS NULL;

CREATE TABLE change (
    tenant INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    message INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    previous_state INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    change_time INTEGER NOT NULL,
    commit_time INTEGER NOT NULL,
    PRIMARY KEY (tenant, sequence)
) STRICT, WITHOUT ROWID;

INSERT INTO change
SELECT tenant, sequence, message, kind, previous_state, state, reason, change_time, commit_time
FROM change_001 ORDER BY tenant, sequence;

-- What messages were called that a change removed.
CREATE TABLE removal (
    tenant INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    message_id ANY NOT NULL,
    instance TEXT NOT NULL,
    PRIMARY KEY (tenant, sequence)
) STRICT, WITHOUT ROWID;

INSERT INTO removal
SELECT tenant, sequence, packed(removed_id), removed_instance
FROM change_001 WHERE removed_id IS NOT NULL ORDER BY tenant, sequence;

-- The last sequence that was given out: none is given out twice, also when old changes are forgotten.
CREATE TABLE feed (
    tenant INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT;

INSERT INTO feed SELECT tenant, max(sequence) FROM change GROUP BY tenant;

DROP TABLE message_001;

DROP TABLE provider_name_001;

DROP TABLE receipt_001;

DROP TABLE change_001;

CREATE VIEW message_text AS
SELECT handle, tenant,
    CASE typeof(message_id) WHEN 'text' THEN message_id ELSE lower(
        substr(hex(message_id), 1, 8) || '-' || substr(hex(message_id), 9, 4) || '-'
        || substr(hex(message_id), 13, 4) || '-' || substr(hex(message_id), 17, 4) || '-'
        || substr(hex(message_id), 21)
    ) END AS message_id,
    instance, phone,
    CASE typeof(reference_key) WHEN 'blob' THEN lower(
        substr(hex(reference_key), 1, 8) || '-' || substr(hex(reference_key), 9, 4) || '-'
        || substr(hex(reference_key), 13, 4) || '-' || substr(hex(reference_key), 17, 4) || '-'
        || substr(hex(reference_key), 21)
    ) ELSE reference_key END AS reference_key,
    reference_service, reference_action, channel, accept_time, state, reason, change_time
FROM message;

CREATE VIEW receipt_text AS
SELECT receipt.id, receipt.tenant, lower(hex(receipt.receipt_key)) AS receipt_key, receipt.message,
    message_text.message_id, message_text.instance, receipt.state, receipt.precedence,
    coalesce(receipt.occur_time, receipt.receive_time) AS occur_time, receipt.receive_time
FROM receipt LEFT JOIN message_text ON message_text.handle = receipt.message;
