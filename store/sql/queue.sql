-- queue.sql - runs before and between attempts.

-- name: run_insert
INSERT INTO run (uuid, pair_key, name, experiment, model, loss, seed, max_epochs,
                 data_digest, split_digest, class_digest, memory_bytes, n_train, state,
                 priority, position, created_us)
VALUES (:uuid, :pair_key, :name, :experiment, :model, :loss, :seed, :max_epochs,
        :data_digest, :split_digest, :class_digest, :memory_bytes, :n_train, 'queued',
        :priority,
        (SELECT COALESCE(MAX(position), 0) + 1 FROM run WHERE state = 'queued'), :now_us);

-- name: run_param_insert
INSERT INTO run_param (run_id, ordinal, name, position, value)
VALUES (:run_id, :ordinal, :name, :position, :value);

-- name: run_evaluation_insert
INSERT INTO run_evaluation (run_id, name, cells_digest)
VALUES (:run_id, :name, :cells_digest)
ON CONFLICT (run_id, name) DO UPDATE SET cells_digest = excluded.cells_digest;

-- name: run_existing
-- The run that makes another of the same kind needless.
SELECT run_id
FROM run
WHERE pair_key = :pair_key AND loss = :loss AND seed = :seed
  AND state IN ('queued', 'running', 'paused', 'succeeded')
ORDER BY state = 'succeeded' DESC, run_id DESC
LIMIT 1;

-- name: run_evaluation_conflict
-- A run of the experiment for which the name stands for other cells.  A run that has
-- ended without scoring them binds nothing.
SELECT r.run_id
FROM run AS r
JOIN run_evaluation AS b ON b.run_id = r.run_id
WHERE r.experiment = :experiment AND b.name = :name AND b.cells_digest <> :cells_digest
  AND r.run_id <> :but_run_id
  AND (r.state IN ('queued', 'running', 'paused')
       OR EXISTS (SELECT 1 FROM evaluation AS e
                  WHERE e.run_id = r.run_id AND e.name = b.name))
ORDER BY r.run_id
LIMIT 1;

-- name: run_evaluation_scored
SELECT COUNT(*) FROM evaluation WHERE run_id = :run_id AND name = :name;

-- name: run_bindings
SELECT b.name, b.cells_digest, r.experiment
FROM run_evaluation AS b
JOIN run AS r ON r.run_id = b.run_id
WHERE b.run_id = :run_id
ORDER BY b.name;

-- name: run_param_joined
-- All values of one parameter of a run.
SELECT group_concat(value, ' ')
FROM (SELECT value FROM run_param
      WHERE run_id = :run_id AND name = :name
      ORDER BY position);

-- name: run_experiment
SELECT experiment FROM run WHERE run_id = :run_id;

-- name: run_state
SELECT state, attempt, request, name, origin = 'imported' FROM run WHERE run_id = :run_id;

-- name: run_request
UPDATE run SET request = :request WHERE run_id = :run_id;

-- name: run_cancel
UPDATE run
SET state = 'cancelled', end_reason = 'cancelled on request', reason = NULL, request = 0,
    ended_us = :now_us
WHERE run_id = :run_id;

-- name: run_pause
UPDATE run SET state = 'paused', reason = NULL, request = 0 WHERE run_id = :run_id;

-- name: run_requeue
-- Back into the queue, behind the others of its priority.
UPDATE run
SET state = 'queued', end_reason = NULL, reason = NULL, request = 0, deaths = 0,
    ended_us = NULL, exit_code = NULL, term_signal = NULL,
    position = (SELECT COALESCE(MAX(position), 0) + 1 FROM run WHERE state = 'queued')
WHERE run_id = :run_id;

-- name: run_forget
-- What a restart from nothing must not see.
UPDATE run
SET started_us = NULL, cpu_path = NULL, blas_core = NULL, step = NULL, epoch = NULL,
    train_loss = NULL, val_loss = NULL, val_f1_macro = NULL, best_val_f1_macro = NULL,
    best_epoch = NULL, cells_per_s = NULL, eta_s = NULL, weights_sha256 = NULL,
    best_weights_sha256 = NULL, cell_order = NULL
WHERE run_id = :run_id;

-- name: run_metrics_delete
DELETE FROM metric WHERE run_id = :run_id;

-- name: run_checkpoints_delete
DELETE FROM checkpoint WHERE run_id = :run_id;

-- name: run_evaluations_delete
DELETE FROM evaluation WHERE run_id = :run_id;

-- name: run_priority
UPDATE run SET priority = :priority WHERE run_id = :run_id;

-- name: run_first
-- Before every other run that waits.
UPDATE run
SET priority = MAX(priority, (SELECT COALESCE(MAX(priority), 0) FROM run
                              WHERE state = 'queued')),
    position = (SELECT COALESCE(MIN(position), 1) - 1 FROM run WHERE state = 'queued')
WHERE run_id = :run_id;

-- name: queue_hold
-- Workers take no new run while there is such a row; its value is when it was put.
INSERT INTO meta (key, value) VALUES ('queue_held_us', CAST(:now_us AS TEXT))
ON CONFLICT (key) DO NOTHING;

-- name: queue_release
DELETE FROM meta WHERE key = 'queue_held_us';

-- name: queue_held
SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'queue_held_us';

-- name: queue_delete
DELETE FROM run WHERE state = 'queued' AND attempt = 0;

-- name: queue_cancel
-- Runs that were begun keep what they have.
UPDATE run
SET state = 'cancelled', end_reason = 'removed from the queue', reason = NULL,
    request = 0, ended_us = :now_us
WHERE state = 'queued';

-- name: run_reason
UPDATE run SET reason = :reason WHERE run_id = :run_id AND reason IS NOT :reason;
