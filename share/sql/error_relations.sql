-- Where do mistakes lie in the hierarchy?  Share of each relation among the wrong
-- predictions: an ancestor is too coarse, a descendant more detailed than the label.
SELECT r.experiment, r.model, r.loss, c.evaluation, c.relation, SUM(c.n) AS cells,
       round(100.0 * SUM(c.n) / SUM(SUM(c.n)) OVER (
           PARTITION BY r.experiment, r.model, r.loss, c.evaluation), 1) AS percent
FROM confusion AS c
JOIN run_summary AS r ON r.run_id = c.run_id
WHERE c.is_primary = 1 AND c.true_label <> c.predicted_label
GROUP BY r.experiment, r.model, r.loss, c.evaluation, c.relation
ORDER BY r.experiment, r.model, c.evaluation, c.relation, r.loss;
