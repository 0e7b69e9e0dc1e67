-- How rooms are set up further: moderation, who sets the topic and who did, a limit of members; and masks,
-- which are patterns of names (R4). topic_by: an account's id, which may be gone.
ALTER TABLE room ADD COLUMN moderated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN open_topic INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN member_limit INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN topic_by BLOB;
ALTER TABLE room ADD COLUMN topic_at INTEGER;

-- kind: 1 ban, 2 exempt, 3 invite, 4 voice. until: nothing for until it is taken away.
CREATE TABLE room_mask (
    room INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    mask TEXT NOT NULL,
    by BLOB NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    reason TEXT,
    PRIMARY KEY (room, kind, mask)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_mask_until ON room_mask (until) WHERE until IS NOT NULL;
