export const fork = `
ALTER TABLE session ADD COLUMN place TEXT;
ALTER TABLE session ADD COLUMN forked_from TEXT;
ALTER TABLE session ADD COLUMN fork_conversation TEXT;
ALTER TABLE session ADD COLUMN fork_place TEXT;
`
