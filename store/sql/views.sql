-- views.sql - the public SQL surface.  Columns only ever grow.
--
-- The views are made again after every migration.  Times are ISO 8601 in UTC.

-- name: view_drop_run_summary
DROP VIEW IF EXISTS run_summary;

-- name: view_drop_curve
DROP VIEW IF EXISTS curve;

-- name: view_drop_f1
DROP VIEW IF EXISTS f1;

-- name: view_drop_f1_overall
DROP VIEW IF EXISTS f1_overall;

-- name: view_drop_f1_by_class
DROP VIEW IF EXISTS f1_by_class;

-- name: view_drop_f1_by_tissue
DROP VIEW IF EXISTS f1_by_tissue;

-- name: view_drop_f1_by_tissue_general
DROP VIEW IF EXISTS f1_by_tissue_general;

-- name: view_drop_f1_by_disease
DROP VIEW IF EXISTS f1_by_disease;

-- name: view_drop_f1_by_assay
DROP VIEW IF EXISTS f1_by_assay;

-- name: view_drop_f1_by_dataset
DROP VIEW IF EXISTS f1_by_dataset;

-- name: view_drop_confusion
DROP VIEW IF EXISTS confusion;

-- name: view_drop_queue
DROP VIEW IF EXISTS queue;

-- name: view_drop_counted
DROP VIEW IF EXISTS counted;

-- name: view_drop_pair
DROP VIEW IF EXISTS pair;

-- name: view_drop_comparison
DROP VIEW IF EXISTS comparison;

-- name: view_drop_run_label
DROP VIEW IF EXISTS run_label;

-- name: view_drop_run_ontology
DROP VIEW IF EXISTS run_ontology;

-- name: view_drop_run_size
DROP VIEW IF EXISTS run_size;

-- name: view_drop_gene_importance
DROP VIEW IF EXISTS gene_importance;

-- name: view_drop_run_ontology_term
DROP VIEW IF EXISTS run_ontology_term;

-- name: view_drop_run_ontology_edge
DROP VIEW IF EXISTS run_ontology_edge;

-- name: view_drop_ontology_f1
DROP VIEW IF EXISTS ontology_f1;

-- name: view_drop_f1_average
DROP VIEW IF EXISTS f1_average;

-- name: view_drop_source_param
DROP VIEW IF EXISTS run_source_param;

-- name: view_drop_source_checkpoint
DROP VIEW IF EXISTS run_source_checkpoint;

-- name: view_run_summary
-- cells_per_s: now while it runs, afterwards the mean of the whole training.
CREATE VIEW run_summary AS
SELECT r.run_id, r.uuid, r.pair_key, r.name, r.experiment, r.model, r.loss, r.seed,
       r.state, r.end_reason, r.attempt, r.epoch, r.max_epochs, r.step,
       r.train_loss, r.val_loss, r.val_f1_macro, r.best_val_f1_macro, r.best_epoch,
       CASE WHEN r.state NOT IN ('queued', 'paused') THEN r.cells_per_s END AS cells_per_s,
       CASE WHEN r.state = 'running' THEN r.eta_s END AS eta_s,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.created_us / 1e6, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.started_us / 1e6, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', r.ended_us / 1e6, 'unixepoch') AS ended_at,
       a.host AS host, COALESCE(a.child_pid, a.worker_pid) AS pid,
       r.exit_code, r.term_signal, r.reason, r.priority,
       r.weights_sha256, r.best_weights_sha256, r.cpu_path, r.blas_core,
       CASE WHEN r.started_us IS NULL THEN NULL
            WHEN r.ended_us IS NOT NULL THEN (r.ended_us - r.started_us) / 1e6
            WHEN l.run_id IS NOT NULL
            THEN MAX(0.0, (julianday('now') - 2440587.5) * 86400.0 - r.started_us / 1e6)
       END AS duration_s,
       MAX(0.0, (julianday('now') - 2440587.5) * 86400.0 - l.heartbeat_us / 1e6)
           AS heartbeat_age_s,
       CASE r.request WHEN 1 THEN 'cancel' WHEN 2 THEN 'pause' END AS requested,
       r.n_train, r.n_val, r.n_test, r.n_ood,
       r.data_digest, r.split_digest, r.class_digest, a.threads, r.memory_bytes,
       r.origin, r.source_path, r.source_digest, r.cell_order
FROM run AS r
LEFT JOIN attempt AS a ON a.run_id = r.run_id AND a.attempt = r.attempt
LEFT JOIN lease AS l ON l.run_id = r.run_id;

-- name: view_curve
CREATE VIEW curve AS
SELECT m.run_id, k.name AS metric, m.step, m.epoch, m.wall_s, m.value, m.nonfinite,
       CASE WHEN instr(k.name, '_f1_') = 0 THEN NULL
            WHEN r.origin = 'imported' THEN 'truth or predicted' ELSE 'truth'
       END AS averages_over
FROM metric AS m
JOIN metric_name AS k ON k.metric_id = m.metric_id
JOIN run AS r ON r.run_id = m.run_id;

-- name: view_f1
CREATE VIEW f1 AS
SELECT r.run_id, r.uuid, r.pair_key, r.model, r.loss, r.seed, r.experiment,
       e.name AS evaluation, e.checkpoint, e.is_primary,
       rw.text AS rule, fw.text AS facet, lw.text AS label, cw.text AS class,
       c.precision, c.recall, c.f1, c.f1_weighted, c.f1_micro, c.accuracy,
       c.support, c.n_classes, e.origin
FROM run AS r
JOIN evaluation AS e ON e.run_id = r.run_id
JOIN score AS c ON c.evaluation_id = e.evaluation_id
JOIN word AS rw ON rw.word_id = c.rule_id
JOIN word AS fw ON fw.word_id = c.facet_id
JOIN word AS lw ON lw.word_id = c.label_id
LEFT JOIN word AS cw ON cw.word_id = c.class_id;

-- name: view_f1_overall
CREATE VIEW f1_overall AS
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted,
       f1_micro, accuracy, support, n_classes, origin
FROM f1
WHERE is_primary = 1 AND facet = 'all';

-- name: view_f1_by_class
CREATE VIEW f1_by_class AS
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted,
       f1_micro, accuracy, support, n_classes, origin
FROM f1
WHERE is_primary = 1 AND facet = 'class';

-- name: view_f1_by_tissue
CREATE VIEW f1_by_tissue AS
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted,
       f1_micro, accuracy, support, n_classes, origin
FROM f1
WHERE is_primary = 1 AND facet = 'tissue';

-- name: view_f1_by_tissue_general
CREATE VIEW f1_by_tissue_general AS
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted,
       f1_micro, accuracy, support, n_classes, origin
FROM f1
WHERE is_primary = 1 AND facet = 'tissue_general';

-- name: view_f1_by_disease
CREATE VIEW f1_by_disease AS
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted,
       f1_micro, accuracy, support, n_classes, origin
FROM f1
WHERE is_primary = 1 AND facet = 'disease';

-- name: view_f1_by_assay
CREATE VIEW f1_by_assay AS
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted,
       f1_micro, accuracy, support, n_classes, origin
FROM f1
WHERE is_primary = 1 AND facet = 'assay';

-- name: view_f1_by_dataset
CREATE VIEW f1_by_dataset AS
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted,
       f1_micro, accuracy, support, n_classes, origin
FROM f1
WHERE is_primary = 1 AND facet = 'dataset_id';

-- name: view_confusion
CREATE VIEW confusion AS
SELECT e.run_id, e.name AS evaluation, e.checkpoint,
       tw.text AS true_label, pw.text AS predicted_label, c.n, rw.text AS relation,
       e.is_primary
FROM evaluation AS e
JOIN confusion_count AS c ON c.evaluation_id = e.evaluation_id
JOIN word AS tw ON tw.word_id = c.true_id
JOIN word AS pw ON pw.word_id = c.predicted_id
JOIN word AS rw ON rw.word_id = c.relation_id;

-- name: view_queue
-- position counts from 1 among the queued runs, in the order workers take them.
CREATE VIEW queue AS
SELECT r.run_id,
       CASE WHEN r.state = 'queued'
            THEN ROW_NUMBER() OVER (PARTITION BY r.state
                                    ORDER BY r.priority DESC, r.position, r.run_id)
       END AS position,
       r.priority, r.state,
       CASE WHEN r.state = 'queued'
                 AND EXISTS (SELECT 1 FROM meta WHERE key = 'queue_held_us')
            THEN 'queue is held' ELSE r.reason END AS reason,
       r.attempt,
       l.host AS lease_host,
       CASE WHEN l.child_pid > 0 THEN l.child_pid ELSE l.worker_pid END AS lease_pid,
       MAX(0.0, (julianday('now') - 2440587.5) * 86400.0 - l.heartbeat_us / 1e6)
           AS heartbeat_age_s,
       r.name, r.experiment, r.model, r.loss, r.seed,
       CASE r.request WHEN 1 THEN 'cancel' WHEN 2 THEN 'pause' END AS requested,
       r.memory_bytes
FROM run AS r
LEFT JOIN lease AS l ON l.run_id = r.run_id
WHERE r.state IN ('queued', 'running', 'paused');

-- name: view_counted
-- The evaluations that comparisons count: primary, of the newest succeeded run of each
-- (pair_key, loss, seed, evaluation).
CREATE VIEW counted AS
SELECT r.run_id, r.pair_key, r.experiment, r.model, r.loss, r.seed,
       e.evaluation_id, e.name AS evaluation, e.cells_digest
FROM run AS r
JOIN evaluation AS e ON e.run_id = r.run_id AND e.is_primary = 1
WHERE r.state = 'succeeded'
  AND NOT EXISTS (
      SELECT 1
      FROM run AS q
      JOIN evaluation AS d ON d.run_id = q.run_id AND d.is_primary = 1 AND d.name = e.name
      WHERE q.pair_key = r.pair_key AND q.loss = r.loss AND q.seed = r.seed
        AND q.state = 'succeeded'
        AND (q.ended_us, q.run_id) > (r.ended_us, r.run_id));

-- name: view_pair
-- One row per pair of runs and row of the f1 table: CE and HCE of one seed on the same
-- cells.
CREATE VIEW pair AS
SELECT h.pair_key, h.experiment, h.model, h.evaluation, h.seed,
       c.run_id AS ce_run_id, h.run_id AS hce_run_id,
       rw.text AS rule, fw.text AS facet, lw.text AS label, cw.text AS class,
       cs.f1 AS ce, hs.f1 AS hce, hs.f1 - cs.f1 AS delta, hs.support
FROM counted AS h
JOIN counted AS c ON c.pair_key = h.pair_key AND c.loss = 'ce' AND c.seed = h.seed
                 AND c.evaluation = h.evaluation AND c.cells_digest = h.cells_digest
JOIN score AS hs ON hs.evaluation_id = h.evaluation_id AND hs.f1 IS NOT NULL
JOIN score AS cs ON cs.evaluation_id = c.evaluation_id AND cs.facet_id = hs.facet_id
                AND cs.rule_id = hs.rule_id AND cs.label_id = hs.label_id
                AND cs.class_id = hs.class_id AND cs.f1 IS NOT NULL
JOIN word AS rw ON rw.word_id = hs.rule_id
JOIN word AS fw ON fw.word_id = hs.facet_id
JOIN word AS lw ON lw.word_id = hs.label_id
LEFT JOIN word AS cw ON cw.word_id = hs.class_id
WHERE h.loss = 'hce';

-- name: view_comparison
-- sd in two passes, NULL for n < 2; support is the mean.  The passes are windows and
-- not groups because SQLite then hands conditions on pair_key, evaluation, rule, facet,
-- label and class down to the tables.
CREATE VIEW comparison AS
SELECT pair_key, experiment, model, evaluation, rule, facet, label, class, n_pairs,
       ce_mean, CASE WHEN n_pairs > 1 THEN sqrt(ce_ss / (n_pairs - 1)) END AS ce_sd,
       hce_mean, CASE WHEN n_pairs > 1 THEN sqrt(hce_ss / (n_pairs - 1)) END AS hce_sd,
       delta_mean,
       CASE WHEN n_pairs > 1 THEN sqrt(delta_ss / (n_pairs - 1)) END AS delta_sd,
       wins, losses, support
FROM (SELECT pair_key, experiment, model, evaluation, rule, facet, label, class,
             ce_mean, hce_mean, delta_mean,
             ROW_NUMBER() OVER (same ORDER BY seed DESC) AS nth,
             COUNT(*) OVER same AS n_pairs,
             SUM((ce - ce_mean) * (ce - ce_mean)) OVER same AS ce_ss,
             SUM((hce - hce_mean) * (hce - hce_mean)) OVER same AS hce_ss,
             SUM((delta - delta_mean) * (delta - delta_mean)) OVER same AS delta_ss,
             SUM(delta > 0) OVER same AS wins, SUM(delta < 0) OVER same AS losses,
             AVG(support) OVER same AS support
      FROM (SELECT pair_key, experiment, model, evaluation, rule, facet, label, class,
                   seed, ce, hce, delta, support,
                   AVG(ce) OVER same AS ce_mean, AVG(hce) OVER same AS hce_mean,
                   AVG(delta) OVER same AS delta_mean
            FROM pair
            WINDOW same AS
                (PARTITION BY pair_key, evaluation, rule, facet, label, class))
      WINDOW same AS (PARTITION BY pair_key, evaluation, rule, facet, label, class))
WHERE nth = 1;

-- name: view_run_label
-- The classes of a run.
CREATE VIEW run_label AS
SELECT r.run_id, l.class_index, l.label, NULLIF(l.term_id, '') AS term_id,
       (SELECT COUNT(*) FROM label_edge AS d
        WHERE d.label_set_id = l.label_set_id AND d.descendant = l.class_index)
           AS n_ancestors,
       (SELECT COUNT(*) FROM label_edge AS d
        WHERE d.label_set_id = l.label_set_id AND d.ancestor = l.class_index)
           AS n_descendants
FROM run AS r
JOIN label AS l ON l.label_set_id = r.label_set_id;

-- name: view_run_ontology
-- The ontology that gave a run its hierarchy.
CREATE VIEW run_ontology AS
SELECT r.run_id, o.source, o.version, o.digest,
       (SELECT COUNT(*) FROM ontology_term AS t WHERE t.ontology_id = o.ontology_id)
           AS n_terms,
       (SELECT COUNT(*) FROM label AS l WHERE l.label_set_id = r.label_set_id)
           AS n_classes,
       (SELECT COUNT(*) FROM label_edge AS d WHERE d.label_set_id = r.label_set_id)
           AS n_ancestor_pairs
FROM run AS r
JOIN ontology AS o ON o.ontology_id = r.ontology_id;

-- name: view_run_size
-- What a run takes in the store: rows, and bytes of its checkpoints.
CREATE VIEW run_size AS
SELECT r.run_id,
       (SELECT COUNT(*) FROM checkpoint AS c WHERE c.run_id = r.run_id) AS n_checkpoints,
       (SELECT COALESCE(SUM(c.size_bytes), 0) FROM checkpoint AS c
        WHERE c.run_id = r.run_id) AS checkpoint_bytes,
       (SELECT COUNT(*) FROM metric AS m WHERE m.run_id = r.run_id) AS n_curve_rows,
       (SELECT COUNT(*) FROM evaluation AS e
        JOIN score AS s ON s.evaluation_id = e.evaluation_id
        WHERE e.run_id = r.run_id) AS n_f1_rows
FROM run AS r;

-- name: view_gene_importance
-- The genes that count most for each class: rank counts from 1 within a class,
-- importance is a share of all genes of the class.  Runs of models that know none have
-- no rows.
CREATE VIEW gene_importance AS
SELECT i.run_id, l.label AS class, g.gene_id, NULLIF(g.gene_name, '') AS gene_name,
       i.rank, i.importance
FROM importance AS i
JOIN run AS r ON r.run_id = i.run_id
JOIN label AS l ON l.label_set_id = r.label_set_id AND l.class_index = i.class_index
JOIN gene AS g ON g.gene_set_id = r.gene_set_id AND g.gene_index = i.gene_index;

-- name: view_run_ontology_term
-- The terms of a run's ontology; label: the class that stands for it, NULL: none does.
CREATE VIEW run_ontology_term AS
SELECT r.run_id, t.term_index, t.term_id, t.name, l.class_index, l.label
FROM run AS r
JOIN ontology_term AS t ON t.ontology_id = r.ontology_id
LEFT JOIN label AS l ON l.label_set_id = r.label_set_id AND l.term_id = t.term_id;

-- name: view_run_ontology_edge
-- The is_a edges of a run's ontology.
CREATE VIEW run_ontology_edge AS
SELECT r.run_id, c.term_id AS child_id, c.name AS child_name, p.term_id AS parent_id,
       p.name AS parent_name
FROM run AS r
JOIN ontology_edge AS e ON e.ontology_id = r.ontology_id
JOIN ontology_term AS c ON c.ontology_id = e.ontology_id AND c.term_index = e.child
JOIN ontology_term AS p ON p.ontology_id = e.ontology_id AND p.term_index = e.parent;

-- name: view_ontology_f1
-- Mean F1 over the set of classes at or below a term that have cells: a class counts
-- once, whatever ways lead to it.
CREATE VIEW ontology_f1 AS
WITH RECURSIVE
     used AS (SELECT DISTINCT label_set_id, ontology_id FROM run
              WHERE label_set_id IS NOT NULL AND ontology_id IS NOT NULL),
     above (label_set_id, ontology_id, label, term_index) AS (
         SELECT u.label_set_id, u.ontology_id, l.label, t.term_index
         FROM used AS u
         JOIN label AS l ON l.label_set_id = u.label_set_id
         JOIN ontology_term AS t ON t.ontology_id = u.ontology_id
                                AND t.term_id = l.term_id
         WHERE l.term_id <> ''
         UNION
         SELECT a.label_set_id, a.ontology_id, a.label, e.parent
         FROM above AS a
         JOIN ontology_edge AS e ON e.ontology_id = a.ontology_id
                                AND e.child = a.term_index)
SELECT r.run_id, r.pair_key, r.experiment, r.model, r.loss, r.seed,
       e.name AS evaluation, e.checkpoint, e.is_primary, rw.text AS rule,
       t.term_id, t.name, COUNT(*) AS n_classes, AVG(c.f1) AS f1,
       SUM(c.support) AS support
FROM run AS r
JOIN evaluation AS e ON e.run_id = r.run_id
JOIN score AS c ON c.evaluation_id = e.evaluation_id
               AND c.facet_id = (SELECT word_id FROM word WHERE text = 'class')
               AND c.class_id = 0 AND c.support > 0 AND c.f1 IS NOT NULL
JOIN word AS rw ON rw.word_id = c.rule_id
JOIN word AS lw ON lw.word_id = c.label_id
JOIN above AS a ON a.label_set_id = r.label_set_id AND a.ontology_id = r.ontology_id
               AND a.label = lw.text
JOIN ontology_term AS t ON t.ontology_id = a.ontology_id
                       AND t.term_index = a.term_index
GROUP BY e.evaluation_id, c.rule_id, t.term_index;

-- name: view_f1_average
-- Micro and weighted averages of imported reports, as they stood there.
CREATE VIEW f1_average AS
SELECT e.run_id, e.name AS evaluation, e.checkpoint, e.is_primary, rw.text AS rule,
       fw.text AS facet, lw.text AS label, aw.text AS average,
       a.precision, a.recall, a.f1
FROM evaluation AS e
JOIN score_average AS a ON a.evaluation_id = e.evaluation_id
JOIN word AS rw ON rw.word_id = a.rule_id
JOIN word AS fw ON fw.word_id = a.facet_id
JOIN word AS lw ON lw.word_id = a.label_id
JOIN word AS aw ON aw.word_id = a.average_id;

-- name: view_source_param
CREATE VIEW run_source_param AS
SELECT run_id, ordinal, file, name, value FROM source_param;

-- name: view_source_checkpoint
CREATE VIEW run_source_checkpoint AS
SELECT run_id, path, epoch, score, size_bytes FROM source_checkpoint;
