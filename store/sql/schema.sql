-- schema.sql - migration 1: the tables of the results store.
--
-- Private: other programs read the views of views.sql.  Times are microseconds since
-- 1970 in UTC (*_us) or seconds (*_s); sizes are bytes; digests are sha256 in lower-case
-- hexadecimal.  Blocks m<N>_* make migration N, in order; never edited after release.

-- name: m1_meta
-- Facts about the file itself: 'created_us'; 'host': the one host that writes the store
-- while it lies on a network file system.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- name: m1_word
-- Every label, class, facet, rule and relation of the result tables, once.
CREATE TABLE word (
    word_id INTEGER PRIMARY KEY,        -- from 1; 0 stands for "none"
    text    TEXT NOT NULL UNIQUE
) STRICT;

-- name: m1_label_set
-- The classes of a run, stored once per digest.
CREATE TABLE label_set (
    label_set_id INTEGER PRIMARY KEY,
    digest       TEXT NOT NULL UNIQUE
) STRICT;

-- name: m1_label
CREATE TABLE label (
    label_set_id INTEGER NOT NULL REFERENCES label_set (label_set_id) ON DELETE CASCADE,
    class_index  INTEGER NOT NULL,      -- from 0, the order of the model's outputs
    label        TEXT NOT NULL,
    term_id      TEXT,                  -- NULL or '': unknown to the ontology
    PRIMARY KEY (label_set_id, class_index)
) STRICT, WITHOUT ROWID;

-- name: m1_label_edge
-- Strict reachability among the classes: descendant is below ancestor.
CREATE TABLE label_edge (
    label_set_id INTEGER NOT NULL REFERENCES label_set (label_set_id) ON DELETE CASCADE,
    ancestor     INTEGER NOT NULL,      -- class_index
    descendant   INTEGER NOT NULL,      -- class_index
    PRIMARY KEY (label_set_id, ancestor, descendant)
) STRICT, WITHOUT ROWID;

-- name: m1_ontology
-- The ontology of a run, stored once per digest.
CREATE TABLE ontology (
    ontology_id INTEGER PRIMARY KEY,
    digest      TEXT NOT NULL UNIQUE,
    source      TEXT,                   -- file name, or 'built-in'
    version     TEXT                    -- data-version of the file
) STRICT;

-- name: m1_ontology_term
CREATE TABLE ontology_term (
    ontology_id INTEGER NOT NULL REFERENCES ontology (ontology_id) ON DELETE CASCADE,
    term_index  INTEGER NOT NULL,       -- from 0
    term_id     TEXT NOT NULL,          -- 'CL:0000084'
    name        TEXT,
    PRIMARY KEY (ontology_id, term_index)
) STRICT, WITHOUT ROWID;

-- name: m1_ontology_edge
-- Direct is_a edges.
CREATE TABLE ontology_edge (
    ontology_id INTEGER NOT NULL REFERENCES ontology (ontology_id) ON DELETE CASCADE,
    child       INTEGER NOT NULL,       -- term_index
    parent      INTEGER NOT NULL,       -- term_index
    PRIMARY KEY (ontology_id, child, parent)
) STRICT, WITHOUT ROWID;

-- name: m1_gene_set
-- The genes of a run, stored once per digest.
CREATE TABLE gene_set (
    gene_set_id INTEGER PRIMARY KEY,
    digest      TEXT NOT NULL UNIQUE
) STRICT;

-- name: m1_gene
CREATE TABLE gene (
    gene_set_id INTEGER NOT NULL REFERENCES gene_set (gene_set_id) ON DELETE CASCADE,
    gene_index  INTEGER NOT NULL,       -- from 0, the order of the model's inputs
    gene_id     TEXT NOT NULL,
    gene_name   TEXT,
    PRIMARY KEY (gene_set_id, gene_index)
) STRICT, WITHOUT ROWID;

-- name: m1_run
-- One training.  The columns from step to eta_s are the latest values, kept up to date
-- by whoever writes metrics, so that no list of runs ever reads a curve.
CREATE TABLE run (
    run_id              INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid                TEXT NOT NULL UNIQUE,
    pair_key            TEXT NOT NULL,  -- digest
    name                TEXT NOT NULL,
    experiment          TEXT NOT NULL,
    model               TEXT NOT NULL,
    loss                TEXT NOT NULL,
    seed                INTEGER NOT NULL,
    max_epochs          INTEGER NOT NULL,
    data_digest         TEXT,
    split_digest        TEXT,
    class_digest        TEXT,
    memory_bytes        INTEGER NOT NULL, -- estimate of the peak
    state               TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused',
                            'succeeded', 'failed', 'cancelled')),
    end_reason          TEXT,           -- why it ended
    reason              TEXT,           -- why it waits
    request             INTEGER NOT NULL DEFAULT 0, -- 0 none, 1 cancel, 2 pause
    priority            INTEGER NOT NULL, -- higher goes first
    position            INTEGER NOT NULL, -- lower goes first within a priority
    attempt             INTEGER NOT NULL DEFAULT 0, -- attempts begun
    deaths              INTEGER NOT NULL DEFAULT 0, -- in a row without a new checkpoint
    created_us          INTEGER NOT NULL,
    started_us          INTEGER,        -- first claim
    ended_us            INTEGER,        -- succeeded, failed or cancelled
    exit_code           INTEGER,        -- of the last child
    term_signal         INTEGER,        -- that ended the last child
    cpu_path            TEXT,           -- kernels in use
    blas_core           TEXT,
    step                INTEGER,        -- optimiser steps done
    epoch               INTEGER,        -- from 0
    train_loss          REAL,           -- nats
    val_loss            REAL,           -- nats
    val_f1_macro        REAL,           -- 0..1
    best_val_f1_macro   REAL,           -- 0..1
    best_epoch          INTEGER,        -- from 0
    cells_per_s         REAL,
    eta_s               REAL,
    weights_sha256      TEXT,           -- parameters after the last epoch
    best_weights_sha256 TEXT,
    n_train             INTEGER,        -- cells
    n_val               INTEGER,        -- cells
    n_test              INTEGER,        -- cells
    n_ood               INTEGER,        -- cells
    label_set_id        INTEGER REFERENCES label_set (label_set_id),
    ontology_id         INTEGER REFERENCES ontology (ontology_id),
    gene_set_id         INTEGER REFERENCES gene_set (gene_set_id)
) STRICT;

-- name: m1_run_by_state
CREATE INDEX run_by_state ON run (state, priority DESC, position);

-- name: m1_run_by_pair
CREATE INDEX run_by_pair ON run (pair_key, loss, seed, state);

-- name: m1_run_by_experiment
CREATE INDEX run_by_experiment ON run (experiment);

-- name: m1_run_by_name
CREATE INDEX run_by_name ON run (name);

-- name: m1_run_param
-- The spec of a run as text, in the order it was given.
CREATE TABLE run_param (
    run_id   INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,          -- from 0
    name     TEXT NOT NULL,
    position INTEGER NOT NULL,          -- within a list, from 0
    value    TEXT NOT NULL,
    PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

-- name: m1_run_evaluation
-- The cells that an evaluation name of a run stands for, bound when it is queued.
CREATE TABLE run_evaluation (
    run_id       INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    cells_digest TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;

-- name: m1_run_facet
-- Columns that the results of a run are grouped by.
CREATE TABLE run_facet (
    run_id  INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,           -- from 0
    facet   TEXT NOT NULL,
    PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

-- name: m1_input_file
-- What was read, file by file, and what was decided about it.
CREATE TABLE input_file (
    run_id          INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    ordinal         INTEGER NOT NULL,   -- from 0
    path            TEXT NOT NULL,
    layer           TEXT,               -- matrix that was taken
    normalize       TEXT,
    decision        TEXT,               -- why, in words
    n_cells         INTEGER,            -- in the file
    n_kept          INTEGER,            -- cells after filters
    n_genes         INTEGER,            -- in the file
    n_genes_missing INTEGER,            -- of the run, not in the file
    n_genes_dropped INTEGER,            -- of the file, not in the run
    PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

-- name: m1_attempt
-- One try at a run; attempt counts from 1 and never goes back.
CREATE TABLE attempt (
    run_id      INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    attempt     INTEGER NOT NULL,
    host        TEXT NOT NULL,
    worker_pid  INTEGER NOT NULL,
    child_pid   INTEGER,                -- NULL until known
    started_us  INTEGER NOT NULL,
    ended_us    INTEGER,
    resume_step INTEGER,                -- optimiser steps it went on from
    end_state   TEXT,                   -- state of the run after it
    end_reason  TEXT,
    exit_code   INTEGER,
    term_signal INTEGER,
    PRIMARY KEY (run_id, attempt)
) STRICT, WITHOUT ROWID;

-- name: m1_lease
-- Who may write for a run now.  No row: nobody.
CREATE TABLE lease (
    run_id       INTEGER PRIMARY KEY REFERENCES run (run_id) ON DELETE CASCADE,
    attempt      INTEGER NOT NULL,
    host         TEXT NOT NULL,
    boot_id      TEXT NOT NULL,
    worker_pid   INTEGER NOT NULL,
    worker_ticks INTEGER NOT NULL,      -- clock ticks from boot to its start
    child_pid    INTEGER NOT NULL DEFAULT 0, -- 0: unknown
    child_ticks  INTEGER NOT NULL DEFAULT 0,
    heartbeat_us INTEGER NOT NULL
) STRICT;

-- name: m1_worker
CREATE TABLE worker (
    host         TEXT NOT NULL,
    boot_id      TEXT NOT NULL,
    pid          INTEGER NOT NULL,
    start_ticks  INTEGER NOT NULL,      -- clock ticks from boot to its start
    jobs         INTEGER NOT NULL,      -- runs at a time
    n_running    INTEGER NOT NULL,
    started_us   INTEGER NOT NULL,
    heartbeat_us INTEGER NOT NULL,
    PRIMARY KEY (host, boot_id, pid, start_ticks)
) STRICT, WITHOUT ROWID;

-- name: m1_metric_name
CREATE TABLE metric_name (
    metric_id INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE
) STRICT;

-- name: m1_metric
-- Curves, clustered by run and metric.
CREATE TABLE metric (
    run_id    INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    metric_id INTEGER NOT NULL REFERENCES metric_name (metric_id),
    step      INTEGER NOT NULL,         -- optimiser steps, from 1
    epoch     INTEGER NOT NULL,         -- from 0
    wall_s    REAL NOT NULL,            -- training time without pauses
    value     REAL,                     -- NULL: not a number
    nonfinite INTEGER NOT NULL,         -- 1: NaN or an infinity
    PRIMARY KEY (run_id, metric_id, step)
) STRICT, WITHOUT ROWID;

-- name: m1_log
CREATE TABLE log (
    log_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id  INTEGER REFERENCES run (run_id) ON DELETE CASCADE, -- NULL: of a worker
    attempt INTEGER,
    time_us INTEGER NOT NULL,
    level   TEXT NOT NULL,
    text    TEXT NOT NULL
) STRICT;

-- name: m1_log_by_run
CREATE INDEX log_by_run ON log (run_id, log_id);

-- name: m1_checkpoint
-- Parameters or the whole state of a training; counts only when complete.
CREATE TABLE checkpoint (
    checkpoint_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id         INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    attempt        INTEGER NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('state', 'best', 'last')),
    epoch          INTEGER NOT NULL,    -- from 0
    step           INTEGER NOT NULL,    -- optimiser steps done
    score          REAL,                -- val_f1_macro
    weights_sha256 TEXT,
    size_bytes     INTEGER NOT NULL,
    complete       INTEGER NOT NULL,    -- 1: every chunk is there
    created_us     INTEGER NOT NULL
) STRICT;

-- name: m1_checkpoint_by_run
CREATE INDEX checkpoint_by_run ON checkpoint (run_id, kind, epoch);

-- name: m1_checkpoint_chunk
-- The bytes of a checkpoint, 1 MiB a row.
CREATE TABLE checkpoint_chunk (
    chunk_id      INTEGER PRIMARY KEY,
    checkpoint_id INTEGER NOT NULL
                  REFERENCES checkpoint (checkpoint_id) ON DELETE CASCADE,
    seq           INTEGER NOT NULL,     -- from 0
    data          BLOB NOT NULL,
    UNIQUE (checkpoint_id, seq)
) STRICT;

-- name: m1_evaluation
-- One checkpoint scored on one named set of cells.
CREATE TABLE evaluation (
    evaluation_id INTEGER PRIMARY KEY,
    run_id        INTEGER NOT NULL REFERENCES run (run_id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    checkpoint    TEXT NOT NULL,        -- 'best', 'last', 'epoch N'
    is_primary    INTEGER NOT NULL,     -- 1: the checkpoint that counts
    cells_digest  TEXT NOT NULL,
    n_cells       INTEGER NOT NULL,
    n_unknown     INTEGER NOT NULL,     -- cells left out: label is no class
    created_us    INTEGER NOT NULL,
    UNIQUE (run_id, name, checkpoint)
) STRICT;

-- name: m1_evaluation_primary
CREATE UNIQUE INDEX evaluation_primary ON evaluation (run_id, name) WHERE is_primary = 1;

-- name: m1_evaluation_facet
-- Facets for which an evaluation has rows.
CREATE TABLE evaluation_facet (
    evaluation_id INTEGER NOT NULL REFERENCES evaluation (evaluation_id) ON DELETE CASCADE,
    facet_id      INTEGER NOT NULL,     -- word_id
    PRIMARY KEY (evaluation_id, facet_id)
) STRICT, WITHOUT ROWID;

-- name: m1_score
-- Precision, recall and F1 of classes and groups.  class_id 0: no class, which keeps
-- the key unique where NULL would not.
CREATE TABLE score (
    evaluation_id INTEGER NOT NULL REFERENCES evaluation (evaluation_id) ON DELETE CASCADE,
    facet_id      INTEGER NOT NULL,     -- word_id
    rule_id       INTEGER NOT NULL,     -- word_id
    label_id      INTEGER NOT NULL,     -- word_id: 'all', the class, or the group
    class_id      INTEGER NOT NULL,     -- word_id of a class within a group, or 0
    precision     REAL,                 -- 0..1, as the rest
    recall        REAL,
    f1            REAL,
    f1_weighted   REAL,
    f1_micro      REAL,
    accuracy      REAL,
    support       INTEGER NOT NULL,     -- cells
    n_classes     INTEGER NOT NULL,     -- classes averaged
    PRIMARY KEY (evaluation_id, facet_id, rule_id, label_id, class_id)
) STRICT, WITHOUT ROWID;

-- name: m1_confusion_count
CREATE TABLE confusion_count (
    evaluation_id INTEGER NOT NULL REFERENCES evaluation (evaluation_id) ON DELETE CASCADE,
    true_id       INTEGER NOT NULL,     -- word_id
    predicted_id  INTEGER NOT NULL,     -- word_id
    n             INTEGER NOT NULL,     -- cells
    relation_id   INTEGER NOT NULL,     -- word_id
    PRIMARY KEY (evaluation_id, true_id, predicted_id)
) STRICT, WITHOUT ROWID;

-- name: m1_created
INSERT INTO meta (key, value)
VALUES ('created_us', CAST(unixepoch('now') * 1000000 AS TEXT));

-- name: m1_application_id
-- 'HCEL'
PRAGMA application_id = 1212368204;

-- name: m1_version
PRAGMA user_version = 1;
