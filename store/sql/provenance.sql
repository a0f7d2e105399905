-- provenance.sql - what the two sides of a comparison share.

-- name: provenance_read
-- Of each pair of runs that count, those scored on the same cells first, two rows: the
-- baseline and what is compared.  An empty text is as unknown as NULL.  same_labels: 1 the
-- same names of classes, 0 others, NULL not known.  averages: whether the row of all cells
-- averages over more classes than those that have cells.  The last column is the folder of
-- the tree of an imported run: three names up from its own.
WITH both AS (
         SELECT h.seed, c.run_id AS a_run, c.evaluation_id AS a_id,
                h.run_id AS b_run, h.evaluation_id AS b_id,
                h.cells_digest = c.cells_digest AND h.cells_digest <> '' AS same_cells
         FROM counted AS h
         JOIN counted AS c ON c.pair_key = :base_key AND c.loss = :base_loss
                          AND c.seed = h.seed AND c.evaluation = :base_evaluation
         WHERE h.pair_key = :pair_key AND h.loss = :loss AND h.evaluation = :evaluation),
     side (seed, n, run_id, id, same_cells, other_run) AS (
         SELECT seed, 0, a_run, a_id, same_cells, b_run FROM both
         UNION ALL
         SELECT seed, 1, b_run, b_id, same_cells, a_run FROM both)
SELECT side.same_cells,
       CASE WHEN r.label_set_id IS NULL OR q.label_set_id IS NULL THEN NULL
            WHEN r.label_set_id = q.label_set_id THEN 1
            ELSE NOT EXISTS (SELECT label FROM label WHERE label_set_id = r.label_set_id
                             EXCEPT
                             SELECT label FROM label WHERE label_set_id = q.label_set_id)
             AND NOT EXISTS (SELECT label FROM label WHERE label_set_id = q.label_set_id
                             EXCEPT
                             SELECT label FROM label WHERE label_set_id = r.label_set_id)
       END AS same_labels,
       e.n_cells, r.n_train,
       NULLIF(e.cells_digest, ''),
       NULLIF(r.split_digest, ''),
       NULLIF(r.data_digest, ''),
       COALESCE((SELECT NULLIF(COUNT(*), 0) FROM label AS l
                 WHERE l.label_set_id = r.label_set_id)
                || COALESCE(' (' || substr(NULLIF(r.class_digest, ''), 1, 8) || ')', ''),
                NULLIF(r.class_digest, '')) AS classes,
       NULLIF(r.class_digest, ''),
       (SELECT CASE WHEN t.n_classes > n.n THEN 'classes without cells too'
                    ELSE 'classes with cells' END
        FROM score AS t,
             (SELECT COUNT(*) AS n FROM score AS k
              WHERE k.evaluation_id = side.id
                AND k.facet_id = (SELECT word_id FROM word WHERE text = 'class')
                AND k.rule_id = (SELECT word_id FROM word WHERE text = :rule)
                AND k.class_id = 0 AND k.support > 0) AS n
        WHERE t.evaluation_id = side.id AND t.class_id = 0 AND n.n > 0
          AND t.facet_id = (SELECT word_id FROM word WHERE text = 'all')
          AND t.rule_id = (SELECT word_id FROM word WHERE text = :rule)) AS averages,
       -- The same ids in one order are the same genes, whatever names stand beside them.
       CASE WHEN h.digest <> g.digest
                 AND (SELECT MAX(gene_index) FROM gene WHERE gene_set_id = g.gene_set_id)
                     = (SELECT MAX(gene_index) FROM gene
                        WHERE gene_set_id = h.gene_set_id)
                 AND NOT EXISTS (SELECT 1 FROM gene AS a
                                 JOIN gene AS b ON b.gene_set_id = h.gene_set_id
                                               AND b.gene_index = a.gene_index
                                 WHERE a.gene_set_id = g.gene_set_id
                                   AND b.gene_id <> a.gene_id)
            THEN MIN(g.digest, h.digest) ELSE g.digest END,
       e.checkpoint,
       e.name,
       COALESCE(NULLIF(o.version, ''), o.digest),
       r.cell_order,
       r.origin,
       e.origin,
       r.experiment,
       (WITH RECURSIVE up (n, path) AS (
            SELECT 0, r.source_path
            UNION ALL
            SELECT n + 1, rtrim(rtrim(path, replace(path, '/', '')), '/') FROM up
            WHERE n < 3)
        SELECT path FROM up WHERE n = 3 AND path <> '')
FROM side
JOIN run AS r ON r.run_id = side.run_id
JOIN run AS q ON q.run_id = side.other_run
JOIN evaluation AS e ON e.evaluation_id = side.id
LEFT JOIN gene_set AS g ON g.gene_set_id = r.gene_set_id
LEFT JOIN gene_set AS h ON h.gene_set_id = q.gene_set_id
LEFT JOIN ontology AS o ON o.ontology_id = r.ontology_id
ORDER BY side.same_cells DESC, side.seed, side.n;

-- name: who_paired
-- Of either side (0: the baseline) the experiments of the runs that are paired in the
-- evaluations, newest first; those scored on the same cells, or all where none are.
WITH pairs AS (
         SELECT c.run_id AS a, h.run_id AS b,
                h.cells_digest = c.cells_digest AS same_cells
         FROM counted AS h
         JOIN counted AS c ON c.pair_key = :base_key AND c.loss = :base_loss
                          AND c.seed = h.seed AND c.evaluation = :base_evaluation
         WHERE h.pair_key = :pair_key AND h.loss = :loss AND h.evaluation = :evaluation),
     side (n, run_id) AS (
         SELECT 0, a FROM pairs WHERE same_cells = (SELECT MAX(same_cells) FROM pairs)
         UNION ALL
         SELECT 1, b FROM pairs WHERE same_cells = (SELECT MAX(same_cells) FROM pairs))
SELECT side.n, r.experiment, COUNT(*), SUM(r.origin = 'imported'),
       MAX((SELECT p.value FROM run_param AS p
            WHERE p.run_id = r.run_id AND p.name = 'data'
            ORDER BY p.ordinal LIMIT 1))
FROM side
JOIN run AS r ON r.run_id = side.run_id
GROUP BY side.n, r.experiment
ORDER BY side.n, MAX(r.run_id) DESC;

-- name: who_all
-- The same of all runs of the sides.
WITH side (n, pair_key, loss) AS (VALUES (0, :base_key, :base_loss),
                                         (1, :pair_key, :loss))
SELECT side.n, r.experiment, COUNT(*), SUM(r.origin = 'imported'),
       MAX((SELECT p.value FROM run_param AS p
            WHERE p.run_id = r.run_id AND p.name = 'data'
            ORDER BY p.ordinal LIMIT 1))
FROM side
JOIN run AS r ON r.pair_key = side.pair_key AND r.loss = side.loss
GROUP BY side.n, r.experiment
ORDER BY side.n, MAX(r.run_id) DESC;
