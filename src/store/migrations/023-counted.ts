/** Up to which event the totals say what there is: what came after is added to them now and then. */
export const counted = `
CREATE TABLE event_counted (seq INTEGER NOT NULL) STRICT;
INSERT INTO event_counted SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'event'), 0);
`
