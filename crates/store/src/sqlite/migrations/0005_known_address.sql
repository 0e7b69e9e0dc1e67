-- Where an account has signed in from, as tags under a key that is not here (DECISIONS 15).
CREATE TABLE known_address (
    account INTEGER NOT NULL REFERENCES account (no),
    tag BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (account, tag)
) STRICT, WITHOUT ROWID;
