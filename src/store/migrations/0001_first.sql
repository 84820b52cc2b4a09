-- Only TEXT, BIGINT and BLOB, so that one text serves both databases (BLOB is BYTEA on PostgreSQL).
-- Times are RFC 3339 in UTC with milliseconds, ids are UUIDs of version 7: both sort as text.
-- Words of a candidate stand in transcripts, evaluation_questions, review_evidence, review_comments, review_decisions
-- (reason), audit_payloads and the columns title and candidate of interviews: nowhere else, so that they can be erased.

CREATE TABLE people (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT,
    oidc_issuer TEXT,
    oidc_subject TEXT,
    is_active BIGINT NOT NULL,
    failed_signins BIGINT NOT NULL,
    locked_until TEXT,
    version BIGINT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX people_by_subject ON people (oidc_issuer, oidc_subject);

CREATE TABLE setup_links (
    digest TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    used_at TEXT
);

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    digest TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
);
CREATE INDEX sessions_of_person ON sessions (person_id, id);

CREATE TABLE api_tokens (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT
);
CREATE INDEX api_tokens_of_person ON api_tokens (person_id, id);

CREATE TABLE rubrics (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    mode TEXT NOT NULL,
    active_version_id TEXT,
    retention_days BIGINT,
    version BIGINT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE rubric_versions (
    id TEXT PRIMARY KEY,
    rubric_id TEXT NOT NULL REFERENCES rubrics (id),
    number TEXT NOT NULL,
    digest TEXT NOT NULL,
    source TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (rubric_id, number)
);

CREATE TABLE interviews (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    candidate TEXT,
    rubric_id TEXT NOT NULL REFERENCES rubrics (id),
    status TEXT NOT NULL,
    digest TEXT NOT NULL,
    format TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    utterances BIGINT NOT NULL,
    parse_report TEXT NOT NULL,
    speaker TEXT,
    place TEXT,
    consent TEXT,
    keep_until TEXT,
    is_held BIGINT NOT NULL,
    erased_at TEXT,
    created_by TEXT NOT NULL REFERENCES people (id),
    created_at TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX interviews_by_status ON interviews (status, id);
CREATE INDEX interviews_by_rubric ON interviews (rubric_id, id);
CREATE INDEX interviews_by_rubric_and_status ON interviews (rubric_id, status, id);
CREATE INDEX interviews_by_uploader ON interviews (created_by, id);
CREATE INDEX interviews_by_end ON interviews (keep_until, id);

CREATE TABLE transcripts (
    interview_id TEXT PRIMARY KEY REFERENCES interviews (id),
    content BLOB NOT NULL
);

CREATE TABLE assignments (
    person_id TEXT NOT NULL REFERENCES people (id),
    interview_id TEXT NOT NULL REFERENCES interviews (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (person_id, interview_id)
);
CREATE INDEX assignments_of_interview ON assignments (interview_id);

CREATE TABLE spans (
    interview_id TEXT NOT NULL REFERENCES interviews (id),
    rubric_id TEXT NOT NULL,
    question_id TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    answer TEXT NOT NULL,
    moved_by TEXT NOT NULL,
    moved_at TEXT NOT NULL,
    PRIMARY KEY (interview_id, rubric_id, question_id)
);

CREATE TABLE evaluations (
    id TEXT PRIMARY KEY,
    interview_id TEXT NOT NULL REFERENCES interviews (id),
    rubric_version_id TEXT NOT NULL REFERENCES rubric_versions (id),
    state TEXT NOT NULL,
    questions BIGINT NOT NULL,
    speaker TEXT,
    head TEXT,
    summary TEXT,
    failure TEXT,
    replaces TEXT,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    finished_at TEXT
);
CREATE INDEX evaluations_of_interview ON evaluations (interview_id, id);

CREATE TABLE evaluation_questions (
    evaluation_id TEXT NOT NULL REFERENCES evaluations (id),
    place BIGINT NOT NULL,
    question_id TEXT NOT NULL,
    score BIGINT,
    outcome TEXT NOT NULL,
    result TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    PRIMARY KEY (evaluation_id, place)
);

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    interview_id TEXT NOT NULL REFERENCES interviews (id),
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    not_before TEXT NOT NULL,
    lease_owner TEXT,
    lease_until TEXT,
    failure TEXT,
    created_at TEXT NOT NULL,
    finished_at TEXT
);
CREATE INDEX jobs_to_take ON jobs (state, not_before, id);
CREATE INDEX jobs_by_subject ON jobs (subject);

CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    interview_id TEXT NOT NULL REFERENCES interviews (id),
    person_id TEXT NOT NULL REFERENCES people (id),
    rubric_version_id TEXT NOT NULL REFERENCES rubric_versions (id),
    revision BIGINT NOT NULL,
    mode TEXT NOT NULL,
    state TEXT NOT NULL,
    reopened_because TEXT,
    created_at TEXT NOT NULL,
    submitted_at TEXT,
    version BIGINT NOT NULL,
    UNIQUE (interview_id, person_id, revision)
);
CREATE INDEX reviews_by_state ON reviews (state, id);

CREATE TABLE review_decisions (
    id TEXT PRIMARY KEY,
    review_id TEXT NOT NULL REFERENCES reviews (id),
    question_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    score BIGINT,
    suggested BIGINT,
    evaluation_id TEXT,
    reason_code TEXT,
    reason TEXT,
    decided_at TEXT NOT NULL
);
CREATE INDEX review_decisions_of_review ON review_decisions (review_id, question_id, id);

CREATE TABLE review_evidence (
    id TEXT PRIMARY KEY,
    review_id TEXT NOT NULL REFERENCES reviews (id),
    question_id TEXT NOT NULL,
    criterion TEXT,
    evidence TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX review_evidence_of_review ON review_evidence (review_id, id);

CREATE TABLE review_comments (
    id TEXT PRIMARY KEY,
    review_id TEXT NOT NULL REFERENCES reviews (id),
    question_id TEXT,
    text TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX review_comments_of_review ON review_comments (review_id, id);

CREATE TABLE idempotency_keys (
    person_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (person_id, idempotency_key)
);

CREATE TABLE audit (
    sequence BIGINT PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    interview_id TEXT,
    subject TEXT NOT NULL,
    facts TEXT NOT NULL,
    payload TEXT,
    thread TEXT,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_of_interview ON audit (interview_id, sequence);

CREATE TABLE audit_head (
    one BIGINT PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (one, sequence, hash) VALUES (1, 0, 'start');

CREATE TABLE audit_payloads (
    sequence BIGINT PRIMARY KEY,
    interview_id TEXT,
    content TEXT NOT NULL
);
CREATE INDEX audit_payloads_of_interview ON audit_payloads (interview_id);
