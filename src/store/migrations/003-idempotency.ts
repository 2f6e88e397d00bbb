export const idempotency = `
CREATE TABLE idempotency (
  caller     TEXT NOT NULL,
  key        TEXT NOT NULL,
  tool       TEXT NOT NULL,
  input_hash TEXT NOT NULL,
  team       TEXT,
  work_id    TEXT NOT NULL,
  outcome    TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (caller, key)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (created_at);

ALTER TABLE tell ADD COLUMN parent_id TEXT;
ALTER TABLE tell ADD COLUMN root_id TEXT;
ALTER TABLE tell ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
UPDATE tell SET root_id = id;
`
