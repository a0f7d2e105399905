-- schema_5.sql - migration 5: runs and evaluations that were made elsewhere.

-- name: m5_run_origin
-- 'imported': trained by another program, and read from its files.
ALTER TABLE run ADD COLUMN origin TEXT NOT NULL DEFAULT 'trained'
    CHECK (origin IN ('trained', 'imported'));

-- name: m5_run_source_path
-- Folder or file that an imported run was read from; NULL: trained here.
ALTER TABLE run ADD COLUMN source_path TEXT;

-- name: m5_run_source_digest
-- Of what was read; NULL: trained here.
ALTER TABLE run ADD COLUMN source_digest TEXT;

-- name: m5_evaluation_origin
-- 'imported': the scores were read from tables, or made of predictions in a file.
ALTER TABLE evaluation ADD COLUMN origin TEXT NOT NULL DEFAULT 'scored'
    CHECK (origin IN ('scored', 'imported'));

-- name: m5_source_param
-- What the files of an imported run say about it, word for word.
CREATE TABLE source_param (
    run_id  INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,           -- from 0, in the order of the files
    file    TEXT NOT NULL,              -- 'hparams.yaml', 'parameters.json'
    name    TEXT NOT NULL,              -- parts of nested names are joined by dots
    value   TEXT,                       -- NULL: null
    PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

-- name: m5_source_checkpoint
-- Checkpoint files beside an imported run, whether their weights are stored or not.
CREATE TABLE source_checkpoint (
    run_id     INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    epoch      INTEGER,                 -- from 0; as its name says, as the rest
    score      REAL,                    -- val_f1_macro
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (run_id, path)
) STRICT, WITHOUT ROWID;

-- name: m5_score_average
-- Averages beside those of score: rows 'micro' and 'weighted' of published reports.
CREATE TABLE score_average (
    evaluation_id INTEGER NOT NULL REFERENCES evaluation (evaluation_id) ON DELETE CASCADE,
    facet_id      INTEGER NOT NULL,     -- word_id
    rule_id       INTEGER NOT NULL,     -- word_id
    label_id      INTEGER NOT NULL,     -- word_id: 'all' or the group
    average_id    INTEGER NOT NULL,     -- word_id
    precision     REAL,                 -- 0..1, as the rest
    recall        REAL,
    f1            REAL,
    PRIMARY KEY (evaluation_id, facet_id, rule_id, label_id, average_id)
) STRICT, WITHOUT ROWID;

-- name: m5_version
PRAGMA user_version = 5;
