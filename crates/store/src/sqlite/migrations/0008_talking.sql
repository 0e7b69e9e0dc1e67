-- Mentions and reactions. Of a message, "of" is the message that it answers; "mentions" holds the 16 bytes
-- of each account that it mentions, one after the other.
ALTER TABLE event ADD COLUMN mentions BLOB;
-- What an edit of a message is looked up by: a message may have many answers and reactions besides.
CREATE INDEX event_edit ON event (room, of, seq) WHERE kind = 5;

CREATE TABLE mention (
    account INTEGER NOT NULL,
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (account, room, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX mention_room ON mention (room, seq);

-- The reactions that stand. seq: the event that put it there.
CREATE TABLE reaction (
    room INTEGER NOT NULL,
    of INTEGER NOT NULL,
    emoji TEXT NOT NULL,
    account INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (room, of, emoji, account)
) STRICT, WITHOUT ROWID;
