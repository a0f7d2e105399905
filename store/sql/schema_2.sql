-- schema_2.sql - migration 2: which genes count for which class.

-- name: m2_importance
-- The genes that count most for each class of a run, from its primary checkpoint.
CREATE TABLE importance (
    run_id      INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    class_index INTEGER NOT NULL,       -- of the run's label set
    rank        INTEGER NOT NULL,       -- within the class, from 1
    gene_index  INTEGER NOT NULL,       -- of the run's gene set
    importance  REAL NOT NULL,          -- 0..1; all genes of a class sum to 1
    PRIMARY KEY (run_id, class_index, rank)
) STRICT, WITHOUT ROWID;

-- name: m2_version
PRAGMA user_version = 2;
