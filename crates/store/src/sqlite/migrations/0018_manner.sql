-- How a message was said, as compact JSON: blanked with its words. Events of kind 22 are tags (compact JSON in
-- body); of kind 6, body says why.
ALTER TABLE event ADD COLUMN manner TEXT;

-- Until when an account says it has read. target: the room's id, or the other account's id for the direct
-- conversation with it, begun or not. Outlasts leaving a room.
CREATE TABLE read_until (
    account INTEGER NOT NULL,
    target BLOB NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (account, target)
) STRICT, WITHOUT ROWID;
