/** Random bytes by name: what this server signs with, so that it knows its own again after a restart. */
export const secret = `
CREATE TABLE secret (
  name TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
`
