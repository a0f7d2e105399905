-- Within each tissue, the classes that gain most from the hierarchy.
SELECT experiment, evaluation, label AS tissue, class, n_pairs,
       round(ce_mean, 4) AS ce, round(hce_mean, 4) AS hce,
       round(delta_mean, 4) AS delta, wins || '+/' || losses || '-' AS signs
FROM comparison
WHERE facet = 'tissue' AND rule = 'hierarchy' AND class IS NOT NULL
ORDER BY experiment, evaluation, tissue, delta_mean DESC;
