-- Labels on accounts, and groups of accounts (M7).
CREATE TABLE account_label (
    account BLOB NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (account, label)
) STRICT, WITHOUT ROWID;
CREATE TABLE account_group (
    no INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    skeleton TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE group_member (
    account_group INTEGER NOT NULL REFERENCES account_group (no) ON DELETE CASCADE,
    account BLOB NOT NULL,
    PRIMARY KEY (account_group, account)
) STRICT, WITHOUT ROWID;
