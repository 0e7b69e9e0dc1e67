-- Rooms in which guests without a voice only read, and in which programs ask nothing (R4): 0 or 1.
ALTER TABLE room ADD COLUMN quiet_guests INTEGER NOT NULL DEFAULT 0;
ALTER TABLE room ADD COLUMN quiet_machines INTEGER NOT NULL DEFAULT 0;
