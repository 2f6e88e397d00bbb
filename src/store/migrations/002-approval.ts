export const approval = `
CREATE TABLE approval (
  n             INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE,
  session_id    TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  team          TEXT NOT NULL,
  tell_id       TEXT,
  tool          TEXT NOT NULL,
  input         TEXT NOT NULL,
  description   TEXT,
  state         TEXT NOT NULL,
  decision      TEXT,
  decided_by    TEXT,
  reason        TEXT,
  rule          TEXT,
  updated_input TEXT,
  created_at    INTEGER NOT NULL,
  expires_at    INTEGER,
  decided_at    INTEGER
) STRICT;
CREATE INDEX approval_session ON approval (session_id, n);
CREATE INDEX approval_team ON approval (team, n);
CREATE INDEX approval_open ON approval (state, n) WHERE state = 'pending';
`
