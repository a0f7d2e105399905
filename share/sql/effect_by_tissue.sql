-- Does the hierarchy help, tissue by tissue?  Mean macro F1 of both losses over the
-- seeds, their difference, and in how many seeds HCE won (+) and lost (-).
SELECT experiment, model, evaluation, label AS tissue, n_pairs,
       round(ce_mean, 4) AS ce, round(hce_mean, 4) AS hce,
       round(delta_mean, 4) AS delta, round(delta_sd, 4) AS delta_sd,
       wins || '+/' || losses || '-' AS signs, round(support) AS cells
FROM comparison
WHERE facet = 'tissue' AND rule = 'hierarchy' AND class IS NULL
ORDER BY experiment, model, evaluation, delta_mean DESC;
