-- export.sql - read-only statements that other layers run by name.

-- name: export_runs
SELECT run_id, uuid, pair_key, name, experiment, model, loss, seed, state, end_reason,
       attempt, epoch, max_epochs, step, train_loss, val_loss, val_f1_macro,
       best_val_f1_macro, best_epoch, cells_per_s, eta_s, created_at, started_at, ended_at,
       duration_s, host, pid, exit_code, term_signal, weights_sha256, best_weights_sha256
FROM run_summary
WHERE (:experiment IS NULL OR experiment = :experiment)
  AND (:run_id IS NULL OR run_id = :run_id)
ORDER BY run_id;

-- name: export_curve
SELECT run_id, metric, step, epoch, wall_s, value, nonfinite
FROM curve
WHERE (:run_id IS NULL OR run_id = :run_id)
  AND (:experiment IS NULL
       OR run_id IN (SELECT run_id FROM run WHERE experiment = :experiment))
  AND (:metric IS NULL OR metric = :metric)
ORDER BY run_id, metric, step;

-- name: export_f1
SELECT run_id, uuid, pair_key, model, loss, seed, experiment, evaluation, checkpoint,
       is_primary, rule, facet, label, class, precision, recall, f1, f1_weighted, f1_micro,
       accuracy, support, n_classes
FROM f1
WHERE (:run_id IS NULL OR run_id = :run_id)
  AND (:experiment IS NULL OR experiment = :experiment)
  AND (:evaluation IS NULL OR evaluation = :evaluation)
  AND (:rule IS NULL OR rule = :rule)
  AND (:facet IS NULL OR facet = :facet)
ORDER BY run_id, evaluation, checkpoint, rule, facet, label, class;

-- name: export_comparison
SELECT pair_key, experiment, model, evaluation, rule, facet, label, class, n_pairs,
       ce_mean, ce_sd, hce_mean, hce_sd, delta_mean, delta_sd, wins, losses, support
FROM comparison
WHERE (:pair_key IS NULL OR pair_key = :pair_key)
  AND (:evaluation IS NULL OR evaluation = :evaluation)
  AND (:rule IS NULL OR rule = :rule)
  AND (:facet IS NULL OR facet = :facet)
ORDER BY pair_key, evaluation, rule, facet, label, class;

-- name: queue_list
SELECT run_id, position, priority, state, reason, attempt, lease_host, lease_pid,
       heartbeat_age_s, name, experiment, model, loss, seed, requested
FROM queue
ORDER BY state = 'running' DESC, state = 'queued' DESC, position, run_id;

-- name: worker_list
SELECT host, pid, jobs, n_running, drains, leaving,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_us / 1e6, 'unixepoch') AS started_at,
       MAX(0.0, (julianday('now') - 2440587.5) * 86400.0 - heartbeat_us / 1e6)
           AS heartbeat_age_s
FROM worker
ORDER BY host, pid;

-- name: run_evaluations
SELECT e.name AS evaluation, e.checkpoint, e.is_primary, e.n_cells, e.n_unknown,
       rw.text AS rule, c.f1 AS f1_macro, c.f1_weighted, c.f1_micro, c.precision, c.recall,
       c.accuracy, c.support, c.n_classes
FROM evaluation AS e
LEFT JOIN score AS c ON c.evaluation_id = e.evaluation_id AND c.class_id = 0
      AND c.facet_id = (SELECT word_id FROM word WHERE text = 'all')
LEFT JOIN word AS rw ON rw.word_id = c.rule_id
WHERE e.run_id = :run_id
ORDER BY e.name, e.checkpoint, rule DESC;

-- name: run_importance
SELECT class, rank, COALESCE(gene_name, gene_id) AS gene, gene_id, importance
FROM gene_importance
WHERE run_id = :run_id
  AND (:class IS NULL OR class = :class)
  AND (:top IS NULL OR rank <= :top)
ORDER BY class, rank;

-- name: eval_results
-- One evaluation of several runs: ":run_ids" is ",1,7,".
SELECT r.run_id, r.name AS run, e.name AS evaluation, e.checkpoint, e.is_primary, e.n_cells,
       e.n_unknown, rw.text AS rule, c.f1 AS f1_macro, c.f1_weighted, c.f1_micro,
       c.precision, c.recall, c.accuracy, c.support, c.n_classes
FROM evaluation AS e
JOIN run AS r ON r.run_id = e.run_id
LEFT JOIN score AS c ON c.evaluation_id = e.evaluation_id AND c.class_id = 0
      AND c.facet_id = (SELECT word_id FROM word WHERE text = 'all')
LEFT JOIN word AS rw ON rw.word_id = c.rule_id
WHERE e.name = :name AND instr(:run_ids, ',' || e.run_id || ',') > 0
ORDER BY instr(:run_ids, ',' || e.run_id || ','), e.checkpoint, rule DESC;

-- name: run_inputs_list
SELECT path, layer, normalize, decision, n_cells, n_kept, n_genes, n_genes_missing,
       n_genes_dropped
FROM input_file
WHERE run_id = :run_id
ORDER BY ordinal;

-- name: run_attempts
SELECT attempt, host, worker_pid, child_pid, threads,
       strftime('%Y-%m-%dT%H:%M:%fZ', started_us / 1e6, 'unixepoch') AS started_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', ended_us / 1e6, 'unixepoch') AS ended_at,
       resume_step, end_state, end_reason, exit_code, term_signal
FROM attempt
WHERE run_id = :run_id
ORDER BY attempt;

-- name: run_checkpoints
SELECT kind, epoch, step, score, weights_sha256, size_bytes, attempt,
       strftime('%Y-%m-%dT%H:%M:%fZ', created_us / 1e6, 'unixepoch') AS created_at
FROM checkpoint
WHERE run_id = :run_id AND complete = 1
ORDER BY kind, epoch;

-- name: confusion_of_run
SELECT true_label, predicted_label, n, relation, checkpoint
FROM confusion
WHERE run_id = :run_id
  AND (:evaluation IS NULL OR evaluation = :evaluation)
  AND is_primary = 1
ORDER BY true_label = predicted_label, n DESC, true_label, predicted_label;

-- name: export_confusion
SELECT run_id, evaluation, checkpoint, true_label, predicted_label, n, relation
FROM confusion
WHERE (:run_id IS NULL OR run_id = :run_id)
  AND (:experiment IS NULL
       OR run_id IN (SELECT run_id FROM run WHERE experiment = :experiment))
  AND (:evaluation IS NULL OR evaluation = :evaluation)
ORDER BY run_id, evaluation, checkpoint, true_label, predicted_label;

-- name: names_experiment
SELECT DISTINCT experiment FROM run ORDER BY experiment;

-- name: names_facet
SELECT DISTINCT w.text
FROM evaluation_facet AS f
JOIN word AS w ON w.word_id = f.facet_id
ORDER BY w.text;

-- name: names_evaluation
SELECT DISTINCT name FROM evaluation ORDER BY name;

-- name: names_metric
SELECT name FROM metric_name ORDER BY name;

-- name: run_sources
-- Checkpoint files beside the results of imported runs; what these are from.
SELECT run_id, path, 1 AS is_beside FROM run_source_checkpoint
UNION ALL
SELECT run_id, source_path, 0 FROM run_summary WHERE source_path IS NOT NULL;
