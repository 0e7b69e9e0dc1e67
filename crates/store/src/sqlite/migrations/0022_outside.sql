-- May those who are not in a room speak in it (R4)? 0 or 1.
ALTER TABLE room ADD COLUMN outside INTEGER NOT NULL DEFAULT 0;
