-- The twenty most frequent mistakes per loss, over all seeds of an experiment.
WITH mistakes AS (
    SELECT r.experiment, r.loss, c.evaluation, c.true_label, c.predicted_label,
           c.relation, SUM(c.n) AS cells,
           ROW_NUMBER() OVER (PARTITION BY r.experiment, r.loss, c.evaluation
                              ORDER BY SUM(c.n) DESC) AS place
    FROM confusion AS c
    JOIN run_summary AS r ON r.run_id = c.run_id
    WHERE c.is_primary = 1 AND c.true_label <> c.predicted_label
    GROUP BY r.experiment, r.loss, c.evaluation, c.true_label, c.predicted_label
)
SELECT experiment, loss, evaluation, true_label, predicted_label, relation, cells
FROM mistakes
WHERE place <= 20
ORDER BY experiment, loss, evaluation, place;
