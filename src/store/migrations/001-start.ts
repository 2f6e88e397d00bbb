export const start = `
CREATE TABLE session (
  n             INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE,
  speaker       TEXT NOT NULL,
  team          TEXT NOT NULL,
  conversation  TEXT NOT NULL UNIQUE,
  resumable     INTEGER NOT NULL,
  current       INTEGER NOT NULL,
  agent_version TEXT,
  cost_so_far   REAL NOT NULL,
  created_at    INTEGER NOT NULL,
  last_used_at  INTEGER NOT NULL,
  asleep_since  INTEGER NOT NULL,
  asleep_reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX session_pair ON session (speaker, team) WHERE current = 1;
CREATE INDEX session_team ON session (team, n);

CREATE TABLE tell (
  n          INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  speaker    TEXT NOT NULL,
  team       TEXT NOT NULL,
  caller     TEXT NOT NULL,
  state      TEXT NOT NULL,
  message    TEXT NOT NULL,
  response   TEXT NOT NULL,
  error      TEXT,
  usage      TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at   INTEGER
) STRICT;
CREATE INDEX tell_session ON tell (session_id, n);
CREATE INDEX tell_team ON tell (team, n);
CREATE INDEX tell_caller ON tell (caller, n);
CREATE INDEX tell_open ON tell (state, n) WHERE state IN ('queued', 'running');

CREATE TABLE event (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  at         INTEGER NOT NULL,
  event      TEXT NOT NULL,
  team       TEXT NOT NULL,
  session_id TEXT NOT NULL,
  tell_id    TEXT,
  data       TEXT NOT NULL
) STRICT;
CREATE INDEX event_session ON event (session_id, event, seq);
CREATE INDEX event_chunk ON event (tell_id, seq) WHERE event = 'tell:chunk';

CREATE TABLE api_key (
  name       TEXT PRIMARY KEY,
  hash       TEXT NOT NULL UNIQUE,
  grants     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
`
