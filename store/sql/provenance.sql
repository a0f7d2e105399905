-- provenance.sql - what the two sides of a comparison share.

-- name: provenance_read
-- Of each pair of runs that count, those scored on the same cells first: three columns,
-- then two for each fact of provenance.def.  An empty text is as unknown as NULL.
-- same_labels: 1 the same names of classes, 0 others, NULL not known.  averages: whether
-- the row of all cells averages over more classes than those that have cells.
WITH both AS (
         SELECT h.seed, c.run_id AS a_run, c.evaluation_id AS a_id,
                h.run_id AS b_run, h.evaluation_id AS b_id
         FROM counted AS h
         JOIN counted AS c ON c.pair_key = :base_key AND c.loss = :base_loss
                          AND c.seed = h.seed AND c.evaluation = :base_evaluation
         WHERE h.pair_key = :pair_key AND h.loss = :loss AND h.evaluation = :evaluation),
     classes (run_id, name) AS (
         SELECT r.run_id,
                COALESCE((SELECT NULLIF(COUNT(*), 0) FROM label AS l
                          WHERE l.label_set_id = r.label_set_id)
                         || COALESCE(' (' || substr(NULLIF(r.class_digest, ''), 1, 8) || ')',
                                     ''),
                         NULLIF(r.class_digest, ''))
         FROM run AS r
         WHERE r.run_id IN (SELECT a_run FROM both UNION SELECT b_run FROM both)),
     used (id) AS (SELECT a_id FROM both UNION SELECT b_id FROM both),
     averages (id, over) AS (
         SELECT id, (SELECT CASE WHEN t.n_classes > n.n THEN 'classes without cells too'
                                 ELSE 'classes with cells' END
                     FROM score AS t,
                          (SELECT COUNT(*) AS n FROM score AS k
                           WHERE k.evaluation_id = used.id
                             AND k.facet_id = (SELECT word_id FROM word WHERE text = 'class')
                             AND k.rule_id = (SELECT word_id FROM word WHERE text = :rule)
                             AND k.class_id = 0 AND k.support > 0) AS n
                     WHERE t.evaluation_id = used.id AND t.class_id = 0 AND n.n > 0
                       AND t.facet_id = (SELECT word_id FROM word WHERE text = 'all')
                       AND t.rule_id = (SELECT word_id FROM word WHERE text = :rule))
         FROM used)
SELECT ea.cells_digest = eb.cells_digest AND ea.cells_digest <> '' AS same_cells,
       1 AS trained_here,
       CASE WHEN ra.label_set_id IS NULL OR rb.label_set_id IS NULL THEN NULL
            WHEN ra.label_set_id = rb.label_set_id THEN 1
            ELSE NOT EXISTS (SELECT label FROM label WHERE label_set_id = ra.label_set_id
                             EXCEPT
                             SELECT label FROM label WHERE label_set_id = rb.label_set_id)
             AND NOT EXISTS (SELECT label FROM label WHERE label_set_id = rb.label_set_id
                             EXCEPT
                             SELECT label FROM label WHERE label_set_id = ra.label_set_id)
       END AS same_labels,
       NULLIF(ea.cells_digest, ''), NULLIF(eb.cells_digest, ''),
       NULLIF(ra.split_digest, ''), NULLIF(rb.split_digest, ''),
       NULLIF(ra.data_digest, ''), NULLIF(rb.data_digest, ''),
       na.name, nb.name,
       NULLIF(ra.class_digest, ''), NULLIF(rb.class_digest, ''),
       va.over, vb.over,
       ga.digest, gb.digest,
       ea.checkpoint, eb.checkpoint,
       ea.name, eb.name,
       COALESCE(NULLIF(oa.version, ''), oa.digest), COALESCE(NULLIF(ob.version, ''), ob.digest)
FROM both
JOIN run AS ra ON ra.run_id = both.a_run
JOIN run AS rb ON rb.run_id = both.b_run
JOIN evaluation AS ea ON ea.evaluation_id = both.a_id
JOIN evaluation AS eb ON eb.evaluation_id = both.b_id
JOIN classes AS na ON na.run_id = both.a_run
JOIN classes AS nb ON nb.run_id = both.b_run
JOIN averages AS va ON va.id = both.a_id
JOIN averages AS vb ON vb.id = both.b_id
LEFT JOIN gene_set AS ga ON ga.gene_set_id = ra.gene_set_id
LEFT JOIN gene_set AS gb ON gb.gene_set_id = rb.gene_set_id
LEFT JOIN ontology AS oa ON oa.ontology_id = ra.ontology_id
LEFT JOIN ontology AS ob ON ob.ontology_id = rb.ontology_id
ORDER BY same_cells DESC, both.seed;
