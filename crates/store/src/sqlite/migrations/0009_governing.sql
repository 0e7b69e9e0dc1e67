-- Bans from the server (M2): each of an account, or of a network of addresses as text. No references: an
-- account may be gone before its ban is over. rank: the role of whoever made it, as in account.role.
CREATE TABLE server_ban (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    account BLOB UNIQUE,
    network TEXT UNIQUE,
    actor BLOB,
    rank INTEGER NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    reason TEXT
) STRICT;
CREATE INDEX server_ban_until ON server_ban (until) WHERE until IS NOT NULL;

-- A renamed account's old name is kept for itself (M3): it may take it back.
ALTER TABLE reserved_name ADD COLUMN account BLOB;
