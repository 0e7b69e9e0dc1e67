-- Those who may register under the policy of that name, and how they are shown.
CREATE TABLE roster (
    name TEXT PRIMARY KEY,
    display TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The roster gives accounts their display names, by name.
CREATE INDEX account_name ON account (name);
