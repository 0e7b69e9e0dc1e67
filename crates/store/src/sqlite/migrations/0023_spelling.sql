-- Names are shown as they were written (ADR 10). `name` stays what they are looked up and listed by, in
-- lower case; `written` is NULL where that is how it was written. `look` is the skeleton of how it was
-- written, where that is another than `skeleton`: both together are unique.
ALTER TABLE account ADD COLUMN written TEXT;
ALTER TABLE account ADD COLUMN look TEXT;
CREATE UNIQUE INDEX account_look ON account (look) WHERE look IS NOT NULL;
ALTER TABLE room ADD COLUMN written TEXT;
ALTER TABLE room ADD COLUMN look TEXT;
CREATE UNIQUE INDEX room_look ON room (look) WHERE look IS NOT NULL;
