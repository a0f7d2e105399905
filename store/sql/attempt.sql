-- attempt.sql - what an attempt writes.

-- name: run_platform
SELECT cpu_path, blas_core FROM run WHERE run_id = :run_id;

-- name: attempt_begin
UPDATE attempt SET resume_step = :step WHERE run_id = :run_id AND attempt = :attempt;

-- name: attempt_threads
UPDATE attempt SET threads = :threads WHERE run_id = :run_id AND attempt = :attempt;

-- name: metric_trim
DELETE FROM metric WHERE run_id = :run_id AND step > :step;

-- name: checkpoint_trim
-- What lies past the step, and what was never completed.
DELETE FROM checkpoint WHERE run_id = :run_id AND (step > :step OR complete = 0);

-- name: run_begin
-- The latest values as the remaining rows have them.
UPDATE run
SET cpu_path = :cpu_path, blas_core = :blas_core, step = :step,
    epoch = (SELECT m.epoch FROM metric AS m JOIN metric_name AS k USING (metric_id)
             WHERE m.run_id = :run_id AND k.name = 'train_loss'
             ORDER BY m.step DESC LIMIT 1),
    train_loss = (SELECT m.value FROM metric AS m JOIN metric_name AS k USING (metric_id)
                  WHERE m.run_id = :run_id AND k.name = 'train_loss'
                  ORDER BY m.step DESC LIMIT 1),
    val_loss = (SELECT m.value FROM metric AS m JOIN metric_name AS k USING (metric_id)
                WHERE m.run_id = :run_id AND k.name = 'val_loss'
                ORDER BY m.step DESC LIMIT 1),
    val_f1_macro = (SELECT m.value
                    FROM metric AS m JOIN metric_name AS k USING (metric_id)
                    WHERE m.run_id = :run_id AND k.name = 'val_f1_macro'
                    ORDER BY m.step DESC LIMIT 1),
    (best_val_f1_macro, best_epoch) =
        (SELECT m.value, m.epoch
         FROM metric AS m JOIN metric_name AS k USING (metric_id)
         WHERE m.run_id = :run_id AND k.name = 'val_f1_macro' AND m.nonfinite = 0
         ORDER BY m.value DESC, m.step LIMIT 1)
WHERE run_id = :run_id;

-- name: metric_name_add
INSERT INTO metric_name (name) VALUES (:name) ON CONFLICT (name) DO NOTHING;

-- name: metric_name_find
SELECT metric_id FROM metric_name WHERE name = :name;

-- name: metric_put
INSERT INTO metric (run_id, metric_id, step, epoch, wall_s, value, nonfinite)
VALUES (:run_id, :metric_id, :step, :epoch, :wall_s, :value, :nonfinite)
ON CONFLICT (run_id, metric_id, step)
DO UPDATE SET epoch = excluded.epoch, wall_s = excluded.wall_s, value = excluded.value,
              nonfinite = excluded.nonfinite;

-- name: run_latest
-- A value that the batch lacks (NULL) leaves the older one; a better score is strictly
-- greater.
UPDATE run
SET step = MAX(COALESCE(step, 0), COALESCE(:step, 0)),
    epoch = COALESCE(:epoch, epoch),
    cells_per_s = COALESCE(:cells_per_s, cells_per_s),
    eta_s = CASE WHEN :has_progress THEN :eta_s ELSE eta_s END,
    train_loss = COALESCE(:train_loss, train_loss),
    val_loss = COALESCE(:val_loss, val_loss),
    val_f1_macro = COALESCE(:val_f1_macro, val_f1_macro),
    best_epoch = CASE WHEN :best > COALESCE(best_val_f1_macro, -1) THEN :best_epoch
                      ELSE best_epoch END,
    best_val_f1_macro = CASE WHEN :best > COALESCE(best_val_f1_macro, -1) THEN :best
                             ELSE best_val_f1_macro END
WHERE run_id = :run_id;

-- name: log_insert
INSERT INTO log (run_id, attempt, time_us, level, text)
VALUES (:run_id, :attempt, :now_us, :level, :text);

-- name: attempt_result
UPDATE run
SET exit_code = :exit_code, epoch = COALESCE(:epoch, epoch),
    best_epoch = COALESCE(:best_epoch, best_epoch),
    best_val_f1_macro = COALESCE(:best_score, best_val_f1_macro),
    weights_sha256 = COALESCE(:weights, weights_sha256),
    best_weights_sha256 = COALESCE(:best_weights, best_weights_sha256)
WHERE run_id = :run_id;

-- name: run_survived
UPDATE run SET deaths = 0 WHERE run_id = :run_id;
