-- The judge that an evaluation was asked of, where that is another than the service's own.

ALTER TABLE evaluations ADD COLUMN judge TEXT;
