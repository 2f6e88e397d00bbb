/** `cursor`: up to where the log has been copied into deliveries. A delivery names its event; what was said stays in the log alone. */
export const webhook = `
CREATE TABLE webhook (
  n               INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT NOT NULL UNIQUE,
  url             TEXT NOT NULL,
  format          TEXT NOT NULL,
  team            TEXT NOT NULL,
  events          TEXT,
  session_id      TEXT,
  owner           TEXT NOT NULL,
  secret          TEXT NOT NULL,
  previous_secret TEXT,
  previous_until  INTEGER,
  cursor          INTEGER NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE webhook_delivery (
  n          INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
  seq        INTEGER NOT NULL,
  event      TEXT NOT NULL,
  team       TEXT NOT NULL,
  session_id TEXT NOT NULL,
  state      TEXT NOT NULL,
  attempts   INTEGER NOT NULL,
  recent     TEXT NOT NULL,
  due_at     INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (webhook_id, seq)
) STRICT;
CREATE INDEX webhook_delivery_list ON webhook_delivery (webhook_id, state, n);
CREATE INDEX webhook_delivery_open ON webhook_delivery (webhook_id, session_id, seq) WHERE state = 'pending';
`
