CREATE TABLE server (
    alias   TEXT PRIMARY KEY COLLATE NOCASE,
    link    TEXT NOT NULL,
    name    TEXT NOT NULL,
    account TEXT NOT NULL,
    token   TEXT,
    used    INTEGER NOT NULL
) STRICT;
CREATE TABLE cursor (
    alias TEXT NOT NULL COLLATE NOCASE REFERENCES server (alias) ON DELETE CASCADE,
    room  TEXT NOT NULL,
    log   TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (alias, room)
) STRICT, WITHOUT ROWID;
