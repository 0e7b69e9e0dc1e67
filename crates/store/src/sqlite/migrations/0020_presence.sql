-- What people say of themselves: whether a program speaks there, and keys with values of accounts and rooms.
ALTER TABLE account ADD COLUMN bot INTEGER NOT NULL DEFAULT 0;
CREATE TABLE account_metadata (
    account INTEGER NOT NULL REFERENCES account (no) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE room_metadata (
    room INTEGER NOT NULL REFERENCES room (no) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (room, key)
) STRICT, WITHOUT ROWID;
