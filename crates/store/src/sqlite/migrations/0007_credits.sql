-- Credits (C1, C2, C3): a purse for each account that has or had some, and every movement with its two
-- sides. Account 0 is the server, the only one that may owe.

CREATE TABLE purse (
    account INTEGER PRIMARY KEY,
    balance INTEGER NOT NULL,
    CHECK (account = 0 OR balance >= 0)
) STRICT;
INSERT INTO purse (account, balance) VALUES (0, 0);

-- cause: 1 grant, 2 transfer, 3 vip. Rows are only ever added.
CREATE TABLE movement (
    no INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    cause INTEGER NOT NULL,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    why TEXT
) STRICT;
CREATE INDEX movement_debit ON movement (debit, no);
CREATE INDEX movement_credit ON movement (credit, no);

ALTER TABLE account ADD COLUMN vip_until INTEGER;
ALTER TABLE settings ADD COLUMN credits INTEGER NOT NULL DEFAULT 0;
ALTER TABLE settings ADD COLUMN vip_price INTEGER NOT NULL DEFAULT 0;
