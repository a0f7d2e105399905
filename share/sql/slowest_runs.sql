-- The ten runs that took longest, with the attempts they needed.
SELECT run_id, name, model, loss, seed, state, attempt AS attempts, epoch,
       round(duration_s, 1) AS seconds,
       round(duration_s / (epoch + 1), 2) AS seconds_per_epoch, host
FROM run_summary
WHERE duration_s IS NOT NULL
ORDER BY duration_s DESC
LIMIT 10;
