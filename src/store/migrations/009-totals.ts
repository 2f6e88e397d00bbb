/**
 * How much is kept of each session, and in the row without a name of all: counted as it comes and goes, so that nobody has to
 * look through the log. The pieces of a running answer do not count: they go with its end.
 * `size` is about what an event takes on the disk, its places in the indexes too.
 */
export const totals = `
ALTER TABLE event ADD COLUMN size INTEGER GENERATED ALWAYS AS (octet_length(data) + 300) VIRTUAL;
CREATE INDEX event_line ON event (session_id, seq);
CREATE INDEX event_cache ON event (session_id, seq) WHERE event = 'cache:message';
DROP INDEX event_session;

CREATE TABLE event_total (
  session_id TEXT PRIMARY KEY,
  events     INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  floor      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO event_total (session_id, events, bytes) SELECT session_id, count(*), sum(size) FROM event WHERE event <> 'tell:chunk' GROUP BY session_id;
INSERT INTO event_total (session_id, events, bytes) SELECT '', coalesce(sum(events), 0), coalesce(sum(bytes), 0) FROM event_total;

CREATE TRIGGER event_added AFTER INSERT ON event WHEN NEW.event <> 'tell:chunk' BEGIN
  INSERT INTO event_total (session_id, events, bytes) VALUES (NEW.session_id, 1, NEW.size), ('', 1, NEW.size)
    ON CONFLICT (session_id) DO UPDATE SET events = events + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER event_dropped AFTER DELETE ON event WHEN OLD.event <> 'tell:chunk' BEGIN
  UPDATE event_total SET events = events - 1, bytes = bytes - OLD.size WHERE session_id IN (OLD.session_id, '');
END;
`
