-- Order in rooms: roles, bans, mutes, invitations, and how a room is set up (R2, R4).
-- room.listed, archived: 0 or 1. member.role: 1 member, 2 admin; the founder is room.founder.
ALTER TABLE room ADD COLUMN listed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE room ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN slow_mode_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN role INTEGER NOT NULL DEFAULT 1;

-- kind: 1 ban, 2 mute. until: nothing for until it is lifted.
CREATE TABLE sanction (
    room INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    account INTEGER NOT NULL,
    until INTEGER,
    reason TEXT,
    PRIMARY KEY (room, kind, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX sanction_account ON sanction (account, room);
CREATE INDEX sanction_until ON sanction (until) WHERE until IS NOT NULL;

-- invited: the account; by: who invited them.
CREATE TABLE room_invitation (
    room INTEGER NOT NULL,
    invited INTEGER NOT NULL,
    by INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room, invited)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_invitation_invited ON room_invitation (invited, at);

-- Whose name it was: that one may have it back (DECISIONS 2).
ALTER TABLE reserved_name ADD COLUMN holder BLOB;
