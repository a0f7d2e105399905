-- The overall effect under both scoring rules: how much of the gain of HCE is there
-- only because a predicted descendant counts as right?
SELECT experiment, model, evaluation, rule, n_pairs,
       round(ce_mean, 4) AS ce, round(hce_mean, 4) AS hce,
       round(delta_mean, 4) AS delta, wins || '+/' || losses || '-' AS signs
FROM comparison
WHERE facet = 'all'
ORDER BY experiment, model, evaluation, rule;
