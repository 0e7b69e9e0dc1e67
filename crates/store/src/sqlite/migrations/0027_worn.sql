-- Names that accounts go by beside their own while they are here (ADR 13). Nobody else is called so, or goes
-- by it, or by what looks like it: `skeleton` and `look` are as an account's. `mark` tells one wearing from
-- the next. The next start forgets all of them.
CREATE TABLE worn_name (
    account INTEGER PRIMARY KEY REFERENCES account (no),
    name TEXT NOT NULL,
    skeleton TEXT NOT NULL UNIQUE,
    look TEXT UNIQUE,
    mark INTEGER NOT NULL
) STRICT;
