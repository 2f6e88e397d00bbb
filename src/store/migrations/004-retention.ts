export const retention = `
CREATE TABLE event_floor (seq INTEGER NOT NULL) STRICT;
INSERT INTO event_floor VALUES (0);
`
