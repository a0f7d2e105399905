-- How runs ended: every reason with its runs, what failed or was cancelled first.
SELECT state, end_reason, COUNT(*) AS runs, group_concat(run_id, ' ') AS run_ids,
       MAX(attempt) AS most_attempts, MAX(ended_at) AS newest
FROM run_summary
WHERE state IN ('failed', 'cancelled', 'succeeded')
GROUP BY state, end_reason
ORDER BY state = 'succeeded', runs DESC, newest DESC;
