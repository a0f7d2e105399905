-- Does the hierarchy help, branch by branch of the ontology?  Mean F1 over the set of
-- classes at or below a term that have cells (n_classes of them), of both losses over the
-- seeds, and their difference.
SELECT p.experiment, p.model, p.evaluation, h.term_id, h.name, h.n_classes,
       COUNT(*) AS n_pairs, round(AVG(c.f1), 4) AS ce, round(AVG(h.f1), 4) AS hce,
       round(AVG(h.f1 - c.f1), 4) AS delta,
       SUM(h.f1 > c.f1) || '+/' || SUM(h.f1 < c.f1) || '-' AS signs,
       round(AVG(h.support)) AS cells
FROM pair AS p
JOIN ontology_f1 AS h ON h.run_id = p.hce_run_id AND h.evaluation = p.evaluation
                     AND h.rule = p.rule AND h.is_primary = 1
JOIN ontology_f1 AS c ON c.run_id = p.ce_run_id AND c.evaluation = p.evaluation
                     AND c.rule = p.rule AND c.is_primary = 1 AND c.term_id = h.term_id
WHERE p.facet = 'all' AND p.rule = 'hierarchy'
GROUP BY p.pair_key, p.evaluation, h.term_id
ORDER BY p.experiment, p.model, p.evaluation, delta DESC;
