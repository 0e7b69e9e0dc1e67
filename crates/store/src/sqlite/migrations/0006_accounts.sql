-- Codes that are for one account. kind: 1 a new password for a forgotten one, 2 a new device while others
-- guess at the account's password. hash: the code under the server's key, which is outside of here.
CREATE TABLE account_code (
    hash BLOB PRIMARY KEY,
    kind INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES account (no),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_code_account ON account_code (account, kind);
CREATE INDEX account_code_expires ON account_code (expires_at);

CREATE INDEX session_seen ON session (seen_at);
CREATE INDEX invite_maker ON invite (made_by) WHERE made_by IS NOT NULL;
