-- What several processes have to agree on.

-- Amounts within the minute that runs; a row is forgotten when its minute is long over.
CREATE TABLE minute_counts (
    name TEXT PRIMARY KEY,
    minute BIGINT NOT NULL,
    amount BIGINT NOT NULL
);

-- When the next turn of something that is rationed is free, in microseconds since 1970.
CREATE TABLE turns (
    name TEXT PRIMARY KEY,
    free_at BIGINT NOT NULL
);

-- What was spent on a day.
CREATE TABLE spendings (
    name TEXT NOT NULL,
    day TEXT NOT NULL,
    tokens BIGINT NOT NULL,
    millionths BIGINT NOT NULL,
    PRIMARY KEY (name, day)
);

-- What candidates said, passage by passage, with its direction in an embedder's space. Words of candidates stand here too.
-- Numbers rise in the order in which transactions end: they are made of the audit log's.
CREATE TABLE passages (
    number BIGINT PRIMARY KEY,
    interview_id TEXT NOT NULL REFERENCES interviews (id),
    evaluation_id TEXT NOT NULL,
    rubric_id TEXT NOT NULL,
    question_id TEXT NOT NULL,
    score BIGINT,
    utterance BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    time_ms BIGINT,
    quote TEXT NOT NULL,
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX passages_of_interview ON passages (interview_id, question_id, number);

-- What an index has to forget: an interview, or its answer to one question, below a number.
CREATE TABLE passage_removals (
    number BIGINT NOT NULL,
    interview_id TEXT NOT NULL,
    question_id TEXT NOT NULL,
    PRIMARY KEY (number, interview_id, question_id)
);

-- How far an index on a server is, and which process is filling it.
CREATE TABLE index_cursors (
    name TEXT PRIMARY KEY,
    reached BIGINT NOT NULL,
    holder TEXT,
    held_until TEXT
);
