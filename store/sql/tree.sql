-- tree.sql - what a run is made of, for the tree of files that export writes.

-- name: tree_run
SELECT r.uuid, r.name, r.experiment, r.pair_key, r.model, r.loss, r.seed, r.state,
       r.end_reason, r.epoch, r.max_epochs, r.step, r.val_f1_macro, r.best_epoch,
       r.best_val_f1_macro, r.cells_per_s, r.weights_sha256, r.best_weights_sha256,
       r.cpu_path, r.blas_core, r.cell_order, r.data_digest, r.split_digest, r.class_digest,
       r.n_train, r.n_val, r.n_test, r.n_ood, r.origin, r.train_loss, r.val_loss,
       r.created_us, r.started_us, r.ended_us,
       COALESCE(r.started_us, r.created_us) / 1e6 AS start_s, r.ended_us / 1e6 AS end_s,
       a.host, COALESCE(a.child_pid, a.worker_pid) AS pid,
       o.source AS ontology_source, o.version AS ontology_version,
       o.digest AS ontology_digest,
       COALESCE((SELECT NULLIF(COUNT(*), 0) FROM gene AS g
                 WHERE g.gene_set_id = r.gene_set_id),
                (SELECT CAST(p.value AS INTEGER) FROM source_param AS p
                 WHERE p.run_id = r.run_id AND p.name = 'gene_dim')) AS n_genes,
       COALESCE((SELECT NULLIF(COUNT(*), 0) FROM label AS l
                 WHERE l.label_set_id = r.label_set_id),
                (SELECT CAST(p.value AS INTEGER) FROM source_param AS p
                 WHERE p.run_id = r.run_id AND p.name = 'type_dim')) AS n_classes
FROM run AS r
LEFT JOIN attempt AS a ON a.run_id = r.run_id AND a.attempt = r.attempt
LEFT JOIN ontology AS o ON o.ontology_id = r.ontology_id
WHERE r.run_id = :run_id;

-- name: tree_runs
-- Runs that have something to show.
SELECT run_id
FROM run
WHERE state = 'succeeded' AND (:experiment IS NULL OR experiment = :experiment)
ORDER BY run_id;

-- name: tree_params
SELECT name, value FROM run_param WHERE run_id = :run_id ORDER BY ordinal;

-- name: tree_metrics
SELECT DISTINCT k.name
FROM metric AS m
JOIN metric_name AS k ON k.metric_id = m.metric_id
WHERE m.run_id = :run_id;

-- name: tree_curve
-- In the order in which a training writes.
SELECT k.name, m.step, m.epoch, m.wall_s, m.value
FROM metric AS m
JOIN metric_name AS k ON k.metric_id = m.metric_id
WHERE m.run_id = :run_id
ORDER BY m.step, m.wall_s, k.name;

-- name: tree_evaluations
SELECT evaluation_id, name, checkpoint, is_primary, cells_digest, n_cells, n_unknown
FROM evaluation
WHERE run_id = :run_id
ORDER BY name, is_primary DESC, checkpoint;

-- name: tree_scores
SELECT f.text AS facet, l.text AS label, k.text AS class, c.precision, c.recall, c.f1,
       c.f1_weighted, c.f1_micro, c.accuracy, c.support, m.precision AS micro_precision,
       w.precision AS weighted_precision, w.recall AS weighted_recall
FROM score AS c
JOIN word AS f ON f.word_id = c.facet_id
JOIN word AS l ON l.word_id = c.label_id
LEFT JOIN word AS k ON k.word_id = c.class_id
LEFT JOIN score_average AS m
       ON m.evaluation_id = c.evaluation_id AND m.facet_id = c.facet_id
      AND m.rule_id = c.rule_id AND m.label_id = c.label_id AND c.class_id = 0
      AND m.average_id = (SELECT word_id FROM word WHERE text = 'micro')
LEFT JOIN score_average AS w
       ON w.evaluation_id = c.evaluation_id AND w.facet_id = c.facet_id
      AND w.rule_id = c.rule_id AND w.label_id = c.label_id AND c.class_id = 0
      AND w.average_id = (SELECT word_id FROM word WHERE text = 'weighted')
WHERE c.evaluation_id = :evaluation_id
  AND c.rule_id = (SELECT word_id FROM word WHERE text = :rule)
ORDER BY f.text, l.text, k.text;

-- What import reads back, table by table; names of columns are those of the files.

-- name: own_evaluations
SELECT name AS evaluation, checkpoint, is_primary, origin, cells_digest, n_cells, n_unknown
FROM evaluation
WHERE run_id = :run_id
ORDER BY name, checkpoint;

-- name: own_f1
SELECT evaluation, checkpoint, rule, facet, label, class, precision, recall, f1,
       f1_weighted, f1_micro, accuracy, support, n_classes
FROM f1
WHERE run_id = :run_id
ORDER BY evaluation, checkpoint, facet, rule, label, class;

-- name: own_averages
SELECT evaluation, checkpoint, rule, facet, label, average, precision, recall, f1
FROM f1_average
WHERE run_id = :run_id
ORDER BY evaluation, checkpoint, facet, rule, label, average;

-- name: own_confusions
SELECT evaluation, checkpoint, true_label, predicted_label, n, relation
FROM confusion
WHERE run_id = :run_id
ORDER BY evaluation, checkpoint, true_label, predicted_label;

-- name: own_curves
SELECT metric, step, epoch, wall_s, value, nonfinite
FROM curve
WHERE run_id = :run_id
ORDER BY metric, step;

-- name: own_importance
SELECT class_index AS class, rank, gene_index AS gene, importance
FROM importance
WHERE run_id = :run_id
ORDER BY class_index, rank;

-- name: own_class_edges
SELECT d.ancestor, d.descendant
FROM label_edge AS d
JOIN run AS r ON r.label_set_id = d.label_set_id
WHERE r.run_id = :run_id
ORDER BY d.ancestor, d.descendant;

-- name: own_terms
SELECT t.term_id, t.name
FROM ontology_term AS t
JOIN run AS r ON r.ontology_id = t.ontology_id
WHERE r.run_id = :run_id
ORDER BY t.term_index;

-- name: own_term_edges
SELECT e.child, e.parent
FROM ontology_edge AS e
JOIN run AS r ON r.ontology_id = e.ontology_id
WHERE r.run_id = :run_id
ORDER BY e.child, e.parent;

-- name: own_source_params
SELECT file, name, value, value IS NULL AS is_null
FROM source_param
WHERE run_id = :run_id
ORDER BY ordinal;

-- name: own_source_checkpoints
SELECT path, epoch, score, size_bytes
FROM source_checkpoint
WHERE run_id = :run_id
ORDER BY path;
