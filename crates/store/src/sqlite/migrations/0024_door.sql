-- Addresses that are let past the door. until: nothing for until they are taken out.
CREATE TABLE allowed_address (
    no INTEGER PRIMARY KEY AUTOINCREMENT,
    network TEXT NOT NULL UNIQUE,
    actor BLOB NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    reason TEXT
) STRICT;
-- The lockdown, if there is one. level: 1 on, 2 closed.
CREATE TABLE lockdown (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    level INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT
) STRICT;
