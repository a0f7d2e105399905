-- board.sql - the queue as people look at it: runs, workers, how long past runs took.

-- name: board_runs
-- What runs, what waits in the order workers take it, what is paused; with :ended also
-- what failed or was cancelled, newest first.
SELECT r.run_id, r.seed, r.priority, r.attempt, r.epoch, r.max_epochs, r.n_train,
       r.memory_bytes, r.request, r.name, r.experiment, r.model, r.loss, r.pair_key,
       r.state, CASE WHEN r.state IN ('failed', 'cancelled') THEN r.end_reason
                     ELSE r.reason END,
       r.eta_s, (:now_us - a.started_us) / 1e6,
       l.host, l.boot_id, l.worker_pid, l.worker_ticks, (:now_us - l.heartbeat_us) / 1e6,
       NULLIF(l.child_pid, 0)
FROM run AS r
LEFT JOIN lease AS l ON l.run_id = r.run_id
LEFT JOIN attempt AS a ON a.run_id = r.run_id AND a.attempt = r.attempt
WHERE r.state IN ('running', 'queued', 'paused')
   OR (:ended AND r.state IN ('failed', 'cancelled'))
ORDER BY CASE r.state WHEN 'running' THEN 0 WHEN 'queued' THEN 1 WHEN 'paused' THEN 2
                      ELSE 3 END,
         CASE r.state WHEN 'running' THEN r.run_id END,
         CASE WHEN r.state IN ('queued', 'paused') THEN -r.priority END,
         CASE WHEN r.state IN ('queued', 'paused') THEN r.position END,
         -r.ended_us, r.run_id;

-- name: board_workers
SELECT w.host, w.boot_id, w.pid, w.start_ticks, w.jobs, w.n_running, w.drains, w.leaving,
       (:now_us - w.heartbeat_us) / 1e6,
       (SELECT group_concat(run_id, ', ')
        FROM (SELECT l.run_id FROM lease AS l
              WHERE l.host = w.host AND l.boot_id = w.boot_id AND l.worker_pid = w.pid
                AND l.worker_ticks = w.start_ticks
              ORDER BY l.run_id))
FROM worker AS w
ORDER BY w.host, w.started_us, w.pid;

-- name: board_past
-- How long runs that succeeded were worked on: the attempts of each together, without
-- pauses and waits between.
SELECT pair_key, model, n_train, max_epochs, COUNT(*), AVG(work_s)
FROM (SELECT r.pair_key, r.model, r.n_train, r.max_epochs,
             (SELECT SUM(a.ended_us - a.started_us) / 1e6
              FROM attempt AS a WHERE a.run_id = r.run_id) AS work_s
      FROM run AS r
      WHERE r.state = 'succeeded')
WHERE work_s > 0
GROUP BY pair_key, model, n_train, max_epochs
ORDER BY pair_key, n_train, max_epochs;
