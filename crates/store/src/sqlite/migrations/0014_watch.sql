-- May the owner watch what is said in open rooms (O7)?
ALTER TABLE settings ADD COLUMN watch_open_rooms INTEGER NOT NULL DEFAULT 0;
