-- Runs that failed or were cancelled, and why.
SELECT run_id, name, loss, seed, state, end_reason, attempt AS attempts, exit_code,
       term_signal, ended_at
FROM run_summary
WHERE state IN ('failed', 'cancelled')
ORDER BY ended_at DESC;
