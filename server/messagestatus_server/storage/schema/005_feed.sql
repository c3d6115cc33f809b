-- The feed can be read, and forgotten from its old end.

CREATE TABLE identity (
    feed BLOB NOT NULL
) STRICT;

-- Tells this feed from that of any other database, whose places mean nothing here.
INSERT INTO identity VALUES (randomblob(8));

-- Up to where the feed of a tenant is forgotten.
ALTER TABLE feed ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;

ALTER TABLE removal ADD COLUMN message INTEGER NOT NULL DEFAULT 0;

UPDATE removal SET message = (
    SELECT message FROM change WHERE change.tenant = removal.tenant AND change.sequence = removal.sequence
);

CREATE INDEX removal_by_message ON removal (tenant, message);
