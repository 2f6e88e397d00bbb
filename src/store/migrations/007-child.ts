export const child = `
CREATE TABLE child (
  nonce      TEXT PRIMARY KEY,
  pid        INTEGER NOT NULL,
  birth      TEXT NOT NULL,
  command    TEXT NOT NULL,
  session_id TEXT NOT NULL,
  at         INTEGER NOT NULL
) STRICT;
`
