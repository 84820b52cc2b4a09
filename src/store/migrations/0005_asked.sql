-- The calibration whose profile an evaluation is made with. Settled when the evaluation is asked for, so that one that is
-- interrupted goes on with the same.

ALTER TABLE evaluations ADD COLUMN calibration_id TEXT;
