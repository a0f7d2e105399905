-- Classes for which HCE lost against CE in at least one seed, the worst first.
SELECT experiment, model, evaluation, label AS class, n_pairs,
       round(ce_mean, 4) AS ce, round(hce_mean, 4) AS hce,
       round(delta_mean, 4) AS delta, wins || '+/' || losses || '-' AS signs,
       round(support) AS cells
FROM comparison
WHERE facet = 'class' AND rule = 'hierarchy' AND losses > 0
ORDER BY delta_mean
LIMIT 20;
