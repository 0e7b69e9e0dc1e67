-- The groups of accounts that a room is open to (M7).
CREATE TABLE room_group (
    room INTEGER NOT NULL REFERENCES room (no) ON DELETE CASCADE,
    account_group INTEGER NOT NULL REFERENCES account_group (no) ON DELETE CASCADE,
    PRIMARY KEY (room, account_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_group_of ON room_group (account_group);
-- The groups that somebody is in.
CREATE INDEX group_member_of ON group_member (account);
