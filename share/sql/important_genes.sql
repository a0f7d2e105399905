-- The five genes that count most for each class, over the seeds of an experiment: mean
-- share of all genes, and in how many runs the gene is among the 100 that are stored.
-- Only models that know gene importances (tabnet) have rows.
WITH mean AS (
    SELECT r.experiment, r.model, r.loss, i.class, i.gene_id, i.gene_name,
           SUM(i.importance) / (SELECT COUNT(DISTINCT j.run_id)
                                FROM gene_importance AS j
                                JOIN run_summary AS q ON q.run_id = j.run_id
                                WHERE q.experiment = r.experiment AND q.model = r.model
                                  AND q.loss = r.loss) AS importance,
           COUNT(*) AS n_runs
    FROM gene_importance AS i
    JOIN run_summary AS r ON r.run_id = i.run_id
    GROUP BY r.experiment, r.model, r.loss, i.class, i.gene_id, i.gene_name
)
SELECT experiment, model, loss, class, place, gene_id, gene_name, importance, n_runs
FROM (SELECT experiment, model, loss, class, gene_id, gene_name, importance, n_runs,
             ROW_NUMBER() OVER (PARTITION BY experiment, model, loss, class
                                ORDER BY importance DESC, gene_id) AS place
      FROM mean)
WHERE place <= 5
ORDER BY experiment, model, loss, class, place;
