-- What the owner told everyone (M1), and how far each account has seen it.
CREATE TABLE announcement (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor BLOB NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE announcement_seen (
    account BLOB PRIMARY KEY,
    no INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Reports of messages (M5). state: 1 open, 2 resolved, 3 dismissed, 4 escalated. server: it is, or was when
-- it was decided, the server's moderators' to decide. body: the words as the reporter saw them; nothing
-- else takes them away, so decided reports are forgotten after a time.
CREATE TABLE report (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    reporter BLOB NOT NULL,
    room BLOB NOT NULL,
    seq INTEGER NOT NULL,
    author BLOB NOT NULL,
    body TEXT NOT NULL,
    why TEXT,
    state INTEGER NOT NULL,
    server INTEGER NOT NULL,
    decided_by BLOB,
    UNIQUE (reporter, room, seq)
) STRICT;
CREATE INDEX report_room ON report (room);
CREATE INDEX report_state ON report (state, server);
