-- Of which rules the detections of a beat are, as JSON, name by name; null: of none that is known.
ALTER TABLE beat ADD COLUMN rules TEXT;
