-- The audit log (M6). Names stand beside ids as they were then; an account may be gone by the time that
-- somebody reads it, so nothing refers to other tables.
CREATE TABLE audit (
    no INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor BLOB,
    actor_name TEXT,
    action TEXT NOT NULL,
    account BLOB,
    account_name TEXT,
    room BLOB,
    room_name TEXT,
    address TEXT,
    until INTEGER,
    why TEXT,
    details TEXT
) STRICT;
CREATE INDEX audit_actor ON audit (actor) WHERE actor IS NOT NULL;
CREATE INDEX audit_account ON audit (account) WHERE account IS NOT NULL;
CREATE INDEX audit_action ON audit (action);
