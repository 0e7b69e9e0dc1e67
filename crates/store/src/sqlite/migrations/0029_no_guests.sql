-- Accounts to which no guest writes, but whom they wrote to (D4): 0 or 1.
ALTER TABLE account ADD COLUMN no_guests INTEGER NOT NULL DEFAULT 0;
