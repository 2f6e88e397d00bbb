export const audit = `
CREATE TABLE audit (
  n           INTEGER PRIMARY KEY AUTOINCREMENT,
  at          INTEGER NOT NULL,
  caller      TEXT,
  via         TEXT NOT NULL,
  address     TEXT,
  tool        TEXT NOT NULL,
  team        TEXT,
  session_id  TEXT,
  tell_id     TEXT,
  approval_id TEXT,
  key_name    TEXT,
  decision    TEXT,
  outcome     TEXT NOT NULL,
  skipped     INTEGER NOT NULL,
  previous    TEXT NOT NULL,
  hash        TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
`
