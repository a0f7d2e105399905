-- Seeds that cannot be compared because one of the two losses has not succeeded.
WITH seeds AS (
    SELECT pair_key, MAX(experiment) AS experiment, MAX(model) AS model, seed,
           SUM(loss = 'ce' AND state = 'succeeded') AS ce,
           SUM(loss = 'hce' AND state = 'succeeded') AS hce,
           group_concat(CASE WHEN state <> 'succeeded' THEN loss || ' ' || state END, ', ')
               AS others
    FROM run_summary
    GROUP BY pair_key, seed
)
SELECT experiment, model, substr(pair_key, 1, 8) AS pair_key, seed,
       CASE WHEN ce = 0 AND hce = 0 THEN 'both' WHEN ce = 0 THEN 'ce' ELSE 'hce' END
           AS missing,
       others
FROM seeds
WHERE ce = 0 OR hce = 0
ORDER BY experiment, model, pair_key, seed;
