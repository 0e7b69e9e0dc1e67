-- The first schema. Rows on the hot path name rooms and accounts by number, not by their 16 bytes.
-- Hot tables (log, event, member, marker, retry_key) carry no foreign keys: each would be one more
-- search per append.

CREATE TABLE argon2 (
    no INTEGER PRIMARY KEY,
    memory_kib INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    lanes INTEGER NOT NULL,
    UNIQUE (memory_kib, passes, lanes)
) STRICT;

CREATE TABLE account (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    skeleton TEXT NOT NULL UNIQUE,
    display TEXT,
    role INTEGER NOT NULL,
    record BLOB NOT NULL,
    argon2 INTEGER NOT NULL REFERENCES argon2 (no),
    rules INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX account_argon2 ON account (argon2);
-- 3 is the owner.
CREATE INDEX account_owner ON account (role) WHERE role = 3;

-- Names that were freed lately (DECISIONS 2). kind: 1 account, 2 room.
CREATE TABLE reserved_name (
    kind INTEGER NOT NULL,
    skeleton TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (kind, skeleton)
) STRICT, WITHOUT ROWID;

-- kind: 1 lobby, 2 ordinary, 3 direct (of accounts one and other, as they were given).
CREATE TABLE room (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    kind INTEGER NOT NULL,
    one INTEGER REFERENCES account (no),
    other INTEGER REFERENCES account (no),
    name TEXT NOT NULL,
    skeleton TEXT UNIQUE,
    access INTEGER NOT NULL,
    password_tag BLOB,
    history INTEGER NOT NULL,
    retention INTEGER NOT NULL,
    founder INTEGER REFERENCES account (no),
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX room_lobby ON room (kind) WHERE kind = 1;
CREATE UNIQUE INDEX room_pair ON room (min(one, other), max(one, other)) WHERE kind = 3;
CREATE INDEX room_one ON room (one) WHERE one IS NOT NULL;
CREATE INDEX room_other ON room (other) WHERE other IS NOT NULL;
CREATE INDEX room_founder ON room (founder) WHERE founder IS NOT NULL;
CREATE INDEX room_listed ON room (kind, name, no) WHERE kind < 3;

-- What a room's log counts, apart from the room: every append rewrites this row, so it is small.
-- life: how often the log was renewed; a retry key of an earlier life answers nothing.
CREATE TABLE log (
    room INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    life INTEGER NOT NULL,
    first INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    rules INTEGER NOT NULL,
    members INTEGER NOT NULL
) STRICT;

-- kind: 2 message, 3 joined, 4 left, 5 edited, 6 deleted, 7 a message taken back, 8 an edit taken back.
-- Never 0 or 1, which SQLite keeps in no byte at all: blanking overwrites a row in its place, at its
-- length, so that the words leave the page they stand on and no copy of it is made (DECISIONS 8).
CREATE TABLE event (
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    of INTEGER,
    body TEXT
) STRICT;
CREATE UNIQUE INDEX event_seq ON event (room, seq);
CREATE INDEX event_of ON event (room, of) WHERE of IS NOT NULL;

-- joined and messages: the seq of the joining, and the messages in the log before it.
CREATE TABLE member (
    room INTEGER NOT NULL,
    account INTEGER NOT NULL,
    joined INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_account ON member (account);

-- messages: how many the log had up to seq, so that unread is one subtraction (DECISIONS 6).
CREATE TABLE marker (
    account INTEGER NOT NULL,
    room INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    PRIMARY KEY (account, room)
) STRICT, WITHOUT ROWID;
CREATE INDEX marker_room ON marker (room);

CREATE TABLE retry_key (
    account INTEGER NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    room INTEGER NOT NULL,
    life INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (no),
    newest BLOB NOT NULL UNIQUE,
    before BLOB,
    client TEXT NOT NULL,
    address TEXT,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_before ON session (before) WHERE before IS NOT NULL;
CREATE INDEX session_account ON session (account);

-- scope: 1 irc, 2 read, 3 send.
CREATE TABLE token (
    no INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    account INTEGER NOT NULL REFERENCES account (no),
    hash BLOB NOT NULL UNIQUE,
    label TEXT NOT NULL,
    scope INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    UNIQUE (account, label)
) STRICT;

CREATE TABLE invite (
    code_hash BLOB PRIMARY KEY,
    made_by INTEGER REFERENCES account (no),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by INTEGER REFERENCES account (no)
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_expires ON invite (expires_at);

CREATE TABLE settings (
    no INTEGER PRIMARY KEY CHECK (no = 1),
    registration INTEGER NOT NULL,
    inviters INTEGER NOT NULL,
    plain_passwords INTEGER NOT NULL,
    access_code_tag BLOB,
    owner_code BLOB,
    owner_code_until INTEGER
) STRICT;
