-- What is kept of a password for SCRAM-SHA-256 (RFC 5802), of accounts that asked for it.
CREATE TABLE scram (
    account INTEGER PRIMARY KEY REFERENCES account (no),
    salt BLOB NOT NULL,
    iterations INTEGER NOT NULL,
    stored_key BLOB NOT NULL,
    server_key BLOB NOT NULL
) STRICT;
