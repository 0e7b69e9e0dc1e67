-- The second factor (A7) of accounts that asked for one. The app's secret is made of the salt and the
-- server's key; step is the newest step of time whose code was used, so that no code is used twice.
CREATE TABLE second_factor (
    account INTEGER PRIMARY KEY REFERENCES account (no),
    salt BLOB NOT NULL,
    step INTEGER NOT NULL
) STRICT;

-- Recovery codes that are not used up, as tags under the server's key.
CREATE TABLE recovery_code (
    account INTEGER NOT NULL REFERENCES account (no),
    tag BLOB NOT NULL,
    PRIMARY KEY (account, tag)
) STRICT, WITHOUT ROWID;
