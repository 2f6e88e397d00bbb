export const parts = `
ALTER TABLE tell ADD COLUMN attachments TEXT;
ALTER TABLE tell ADD COLUMN answer_schema TEXT;
ALTER TABLE tell ADD COLUMN structured TEXT;

CREATE TABLE tell_attachment (
  tell_id TEXT NOT NULL REFERENCES tell (id) ON DELETE CASCADE,
  place   INTEGER NOT NULL,
  data    BLOB NOT NULL,
  PRIMARY KEY (tell_id, place)
) STRICT;
`
