-- schema_3.sql - migration 3: workers that leave, threads of an attempt, rates of runs
-- that have ended, and the key 'queue_held_us' of meta: since when workers take no run.

-- name: m3_worker_drains
-- 1: leaves when nothing is queued or running.
ALTER TABLE worker ADD COLUMN drains INTEGER NOT NULL DEFAULT 0;

-- name: m3_worker_leaving
-- 1: takes no new run and leaves when those that it has have ended.
ALTER TABLE worker ADD COLUMN leaving INTEGER NOT NULL DEFAULT 0;

-- name: m3_attempt_threads
-- Threads that trained; NULL: not known.
ALTER TABLE attempt ADD COLUMN threads INTEGER;

-- name: m3_run_rate
-- run.cells_per_s of a run that has ended: the mean of its training, cells over time.
UPDATE run
SET cells_per_s =
        (SELECT SUM(steps) / SUM(steps / value)
         FROM (SELECT step - LAG(step, 1, 0) OVER (ORDER BY step) AS steps, value
               FROM metric
               WHERE metric.run_id = run.run_id
                 AND metric_id = (SELECT metric_id FROM metric_name
                                  WHERE name = 'cells_per_s'))
         WHERE value > 0)
WHERE state IN ('succeeded', 'failed', 'cancelled');

-- name: m3_version
PRAGMA user_version = 3;
