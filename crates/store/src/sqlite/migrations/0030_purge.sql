-- What was taken back by a purge stands blanked for all until then, and is there again if the purge is undone; from then
-- on its words are gone (M4). kind 9: such a message, 10: an edit of one, 11: one is there again.
CREATE TABLE purge (
    account INTEGER PRIMARY KEY REFERENCES account (no) ON DELETE CASCADE,
    until INTEGER NOT NULL
) STRICT;
CREATE INDEX event_purged ON event (actor) WHERE kind IN (9, 10);
