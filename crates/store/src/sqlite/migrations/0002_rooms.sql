-- The account that an event is about, where that is not the one who did it. Details of such events
-- are compact JSON in body.
ALTER TABLE event ADD COLUMN subject INTEGER;
