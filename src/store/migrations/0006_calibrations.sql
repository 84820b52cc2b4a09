-- What a calibration said of a version of a rubric, and the profile that is used with it. A report is kept without the words
-- of answers: they may be a candidate's.

CREATE TABLE calibrations (
    id TEXT PRIMARY KEY,
    rubric_version_id TEXT NOT NULL REFERENCES rubric_versions (id),
    eval_set TEXT NOT NULL,
    answers BIGINT NOT NULL,
    ready TEXT NOT NULL,
    digest TEXT NOT NULL,
    profile TEXT NOT NULL,
    report TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (rubric_version_id, digest)
);
CREATE INDEX calibrations_of_version ON calibrations (rubric_version_id, id);

ALTER TABLE rubric_versions ADD COLUMN calibration_id TEXT;
