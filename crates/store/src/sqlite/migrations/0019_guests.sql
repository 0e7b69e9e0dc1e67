-- Guests are accounts of role 4 that are erased when they leave (A9).
CREATE INDEX account_guest ON account (role) WHERE role = 4;
ALTER TABLE settings ADD COLUMN guests INTEGER NOT NULL DEFAULT 1;

-- Rooms that go with their last member: made by a guest, or the conversation of one.
CREATE TABLE passing_room (
    room INTEGER PRIMARY KEY
) STRICT;
