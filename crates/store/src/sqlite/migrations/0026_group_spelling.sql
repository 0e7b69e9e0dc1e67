-- Groups are shown as they were written, as accounts and rooms are (ADR 10).
ALTER TABLE account_group ADD COLUMN written TEXT;
ALTER TABLE account_group ADD COLUMN look TEXT;
CREATE UNIQUE INDEX account_group_look ON account_group (look) WHERE look IS NOT NULL;
