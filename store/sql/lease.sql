-- lease.sql - workers, claims, heartbeats.

-- name: worker_beat
-- leaving stays once it is set, by people or by the worker.
INSERT INTO worker (host, boot_id, pid, start_ticks, jobs, n_running, drains, leaving,
                    started_us, heartbeat_us)
VALUES (:host, :boot_id, :pid, :start_ticks, :jobs, :n_running, :drains, :leaving,
        :now_us, :now_us)
ON CONFLICT (host, boot_id, pid, start_ticks)
DO UPDATE SET jobs = excluded.jobs, n_running = excluded.n_running,
              drains = excluded.drains, leaving = MAX(leaving, excluded.leaving),
              heartbeat_us = excluded.heartbeat_us
RETURNING leaving;

-- name: worker_relieve
UPDATE worker SET leaving = 1 WHERE heartbeat_us BETWEEN :since_us AND :until_us;

-- name: worker_gone
DELETE FROM worker
WHERE host = :host AND boot_id = :boot_id AND pid = :pid AND start_ticks = :start_ticks;

-- name: worker_expire
-- Of this host: what a reboot ended.  Of any host: no sign of life, or one of a time to
-- come because the clock was set back.
DELETE FROM worker
WHERE heartbeat_us NOT BETWEEN :since_us AND :until_us
   OR (host = :host AND boot_id <> :boot_id);

-- name: worker_processes
SELECT host, boot_id, pid, start_ticks, jobs, n_running, drains, leaving
FROM worker
ORDER BY host, pid;

-- name: worker_count
-- Those that take runs.
SELECT COUNT(*)
FROM worker
WHERE leaving = 0 AND heartbeat_us BETWEEN :since_us AND :until_us;

-- name: queue_any
-- A queue that is held gives only the run that is asked for.
SELECT run_id
FROM run
WHERE state = 'queued' AND (:only_run_id = 0 OR run_id = :only_run_id)
  AND (:only_run_id <> 0
       OR NOT EXISTS (SELECT 1 FROM meta WHERE key = 'queue_held_us'))
LIMIT 1;

-- name: queue_candidates
SELECT run_id, attempt, memory_bytes, reason
FROM run
WHERE state = 'queued' AND (:only_run_id = 0 OR run_id = :only_run_id)
  AND (:only_run_id <> 0
       OR NOT EXISTS (SELECT 1 FROM meta WHERE key = 'queue_held_us'))
ORDER BY priority DESC, position, run_id;

-- name: run_claim
UPDATE run
SET state = 'running', attempt = attempt + 1, reason = NULL, request = 0,
    end_reason = NULL, ended_us = NULL, exit_code = NULL, term_signal = NULL,
    cells_per_s = NULL, eta_s = NULL, started_us = COALESCE(started_us, :now_us)
WHERE run_id = :run_id;

-- name: attempt_insert
INSERT INTO attempt (run_id, attempt, host, worker_pid, started_us)
VALUES (:run_id, :attempt, :host, :pid, :now_us);

-- name: lease_insert
INSERT INTO lease (run_id, attempt, host, boot_id, worker_pid, worker_ticks, heartbeat_us)
VALUES (:run_id, :attempt, :host, :boot_id, :pid, :start_ticks, :now_us);

-- name: run_threads
SELECT CAST(value AS INTEGER) FROM run_param WHERE run_id = :run_id AND name = 'threads';

-- name: lease_list
SELECT run_id, attempt, host, boot_id, worker_pid, worker_ticks, child_pid, child_ticks,
       heartbeat_us
FROM lease
ORDER BY run_id;

-- name: lease_attempt
SELECT attempt FROM lease WHERE run_id = :run_id;

-- name: lease_beat
UPDATE lease SET heartbeat_us = :now_us WHERE run_id = :run_id;

-- name: lease_child
UPDATE lease
SET child_pid = :pid, child_ticks = :start_ticks
WHERE run_id = :run_id;

-- name: attempt_child
UPDATE attempt SET child_pid = :pid WHERE run_id = :run_id AND attempt = :attempt;

-- name: lease_delete
DELETE FROM lease WHERE run_id = :run_id;

-- name: attempt_end
UPDATE attempt
SET ended_us = :now_us, end_state = :state, end_reason = :reason, exit_code = :exit_code,
    term_signal = :term_signal
WHERE run_id = :run_id AND attempt = :attempt;

-- name: run_hand_back
-- To the front of the queue within its priority, unless it is paused.
UPDATE run
SET state = :state, reason = :reason, request = 0, cells_per_s = NULL, eta_s = NULL,
    position = (SELECT COALESCE(MIN(position), 1) - 1 FROM run WHERE state = 'queued')
WHERE run_id = :run_id;

-- name: run_end
-- The rate becomes the mean of the whole training: cells over time, row by row.
UPDATE run
SET state = :state, end_reason = :reason, reason = NULL, request = 0, eta_s = NULL,
    ended_us = :now_us,
    cells_per_s = COALESCE(
        (SELECT SUM(steps) / SUM(steps / value)
         FROM (SELECT step - LAG(step, 1, 0) OVER (ORDER BY step) AS steps, value
               FROM metric
               WHERE run_id = :run_id
                 AND metric_id = (SELECT metric_id FROM metric_name
                                  WHERE name = 'cells_per_s'))
         WHERE value > 0), cells_per_s)
WHERE run_id = :run_id;

-- name: run_death
UPDATE run
SET deaths = deaths + 1, exit_code = :exit_code, term_signal = :term_signal
WHERE run_id = :run_id
RETURNING deaths;

-- name: run_wish
SELECT request FROM run WHERE run_id = :run_id;
