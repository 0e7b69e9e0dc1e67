-- pruned: messages before `first`, so that unread counts leave them out. blanked: events up to this
-- number that are out of sight have lost their words; those between it and `first` will.
ALTER TABLE log ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN blanked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX log_unblanked ON log (room) WHERE blanked < first - 1;
CREATE INDEX log_blanked ON log (room) WHERE blanked > 0;
