-- read.sql - lists of runs, curves, logs.

-- name: runs_list
-- In the order of first sight of the experiment, its pair_keys, losses and seeds.
-- :since: only runs that changed after that, and those that somebody works on.
SELECT run_id, uuid, pair_key, name, experiment, model, loss, seed, state, end_reason,
       reason, attempt, epoch, max_epochs, step, best_epoch, pid, exit_code, term_signal,
       priority, created_at, started_at, ended_at, host, weights_sha256,
       best_weights_sha256, cpu_path, blas_core, train_loss, val_loss, val_f1_macro,
       best_val_f1_macro, cells_per_s, eta_s, duration_s, heartbeat_age_s, threads,
       memory_bytes, n_train,
       (SELECT c.change FROM run_change AS c WHERE c.run_id = run_summary.run_id),
       source_path, cell_order
FROM run_summary
WHERE (:experiment IS NULL OR experiment = :experiment)
  AND (:state IS NULL OR state = :state)
  AND (:model IS NULL OR model = :model)
  AND (:loss IS NULL OR loss = :loss)
  AND (:pair_key IS NULL OR substr(pair_key, 1, length(:pair_key)) = :pair_key)
  AND (:run_id = 0 OR run_id = :run_id)
  AND (:since IS NULL
       OR run_id IN (SELECT run_id FROM run_change WHERE change > :since
                     UNION SELECT run_id FROM lease))
ORDER BY MIN(run_id) OVER (PARTITION BY experiment),
         MIN(run_id) OVER (PARTITION BY experiment, pair_key),
         loss, seed, run_id;

-- name: runs_newest_change
SELECT MAX(change) FROM run_change;

-- name: runs_gone
-- Runs that were deleted after a change.
SELECT COUNT(*)
FROM run_change AS c
WHERE c.change > :since AND NOT EXISTS (SELECT 1 FROM run AS r WHERE r.run_id = c.run_id);

-- name: run_find
-- Candidates for a run_id, a uuid prefix of four or more, or a name; a run_id wins.
SELECT run_id, uuid, name
FROM run
WHERE CAST(run_id AS TEXT) = :text
UNION ALL
SELECT run_id, uuid, name
FROM run
WHERE ((length(:text) >= 4 AND substr(uuid, 1, length(:text)) = lower(:text))
       OR name = :text)
  AND NOT EXISTS (SELECT 1 FROM run WHERE CAST(run_id AS TEXT) = :text)
ORDER BY run_id;

-- name: run_params
SELECT name, value FROM run_param WHERE run_id = :run_id ORDER BY ordinal;

-- name: run_exists
SELECT run_id FROM run WHERE run_id = :run_id;

-- name: curve_read
SELECT step, epoch, wall_s, value, nonfinite
FROM metric
WHERE run_id = :run_id
  AND metric_id = (SELECT metric_id FROM metric_name WHERE name = :metric)
  AND step > :after
ORDER BY step;

-- name: log_read
SELECT log_id, strftime('%Y-%m-%dT%H:%M:%fZ', time_us / 1e6, 'unixepoch'), attempt, level,
       text
FROM log
WHERE run_id IS :run_id AND log_id > :after
ORDER BY log_id;
