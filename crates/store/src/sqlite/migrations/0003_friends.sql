-- Friends, blocks, and whom one lets reach one (D2, D3, D4).

-- friends: 0 while the asked one has not answered. One row a pair, whoever asked.
CREATE TABLE friendship (
    asker INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    friends INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (asker, asked)
) STRICT, WITHOUT ROWID;
CREATE INDEX friendship_asked ON friendship (asked);

CREATE TABLE block (
    account INTEGER NOT NULL,
    other INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX block_other ON block (other);

ALTER TABLE account ADD COLUMN strangers INTEGER NOT NULL DEFAULT 1;
