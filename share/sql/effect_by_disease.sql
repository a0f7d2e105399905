-- Does the hierarchy help, disease by disease?  Mean macro F1 of both losses over the
-- seeds, their difference, and in how many seeds HCE won (+) and lost (-).
SELECT experiment, model, evaluation, label AS disease, n_pairs,
       round(ce_mean, 4) AS ce, round(hce_mean, 4) AS hce,
       round(delta_mean, 4) AS delta, round(delta_sd, 4) AS delta_sd,
       wins || '+/' || losses || '-' AS signs, round(support) AS cells
FROM comparison
WHERE facet = 'disease' AND rule = 'hierarchy' AND class IS NULL
ORDER BY experiment, model, evaluation, delta_mean DESC;
