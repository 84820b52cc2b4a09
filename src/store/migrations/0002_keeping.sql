-- How long interviews are kept, and whether the file still has to be freed of what was erased.

CREATE TABLE retention_places (
    place TEXT PRIMARY KEY,
    days BIGINT NOT NULL,
    created_at TEXT NOT NULL
);

-- Erasures since the file was last rewritten.
CREATE TABLE upkeep (
    one BIGINT PRIMARY KEY,
    scrubs_due BIGINT NOT NULL
);
INSERT INTO upkeep (one, scrubs_due) VALUES (1, 0);

CREATE INDEX interviews_by_place ON interviews (place, id);
CREATE INDEX interviews_not_erased ON interviews (rubric_id, erased_at, id);
CREATE INDEX idempotency_keys_by_answer ON idempotency_keys (answer);
