/**
 * An event stands in one index: a piece of a running answer in that of its tell, any other in that of its session. What of a
 * session is its cache is read from the rows: most of them are.
 */
export const oneIndex = `
CREATE INDEX event_kept ON event (session_id) WHERE event <> 'tell:chunk';
DROP INDEX event_line;
DROP INDEX event_cache;
`
