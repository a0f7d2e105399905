-- merge.sql - rows of another store into this one (store/store_merge.c).
--
-- merge_get_<table> reads the other store, :owner being what the rows belong to there;
-- merge_put_<table> writes them here under :owner, each parameter being the column of
-- the same name.  A test compares them with the schema: a column that is in neither is
-- one of those that the test names.

-- name: merge_list
-- What there is to merge.
SELECT uuid
FROM run
WHERE state IN ('succeeded', 'failed', 'cancelled') OR attempt > 0
ORDER BY run_id;

-- name: merge_list_waiting
-- Runs that nobody has begun there.
SELECT COUNT(*)
FROM run
WHERE state NOT IN ('succeeded', 'failed', 'cancelled') AND attempt = 0;

-- name: merge_tables
SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = :name AND rootpage > 0;

-- name: merge_triggers
SELECT group_concat(sql, ';')
FROM (SELECT sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name);

-- name: merge_broken_checkpoint
-- One that has not its bytes.
SELECT r.name || ', checkpoint ' || c.kind
FROM checkpoint AS c
JOIN run AS r ON r.run_id = c.run_id
WHERE c.complete = 1
  AND (c.size_bytes, 0)
      <> (SELECT COALESCE(SUM(length(k.data)), 0), COALESCE(MAX(k.seq) + 1 - COUNT(*), 0)
          FROM checkpoint_chunk AS k
          WHERE k.checkpoint_id = c.checkpoint_id)
LIMIT 1;

-- name: merge_progress
-- How far a run has come.
SELECT r.run_id, r.name, r.state = 'succeeded' AS succeeded, r.attempt,
       r.state IN ('succeeded', 'failed', 'cancelled') AS ended,
       COALESCE(r.step, -1) AS step, COALESCE(r.epoch, -1) AS epoch,
       COALESCE(r.ended_us, 0) AS ended_us, COALESCE(a.started_us, 0) AS attempt_us,
       COALESCE(a.ended_us, 0) AS attempt_end_us,
       COALESCE(r.weights_sha256, r.source_digest, '') AS weights,
       iif(r.origin = 'imported', r.source_digest, NULL) AS source,
       COALESCE(r.best_weights_sha256, '') AS best,
       printf('%s %d %s %s', r.loss, r.seed, r.experiment, r.name) AS said
FROM run AS r
LEFT JOIN attempt AS a ON a.run_id = r.run_id AND a.attempt = r.attempt
WHERE r.uuid = :uuid;

-- name: merge_judge
-- The run here, if there is one: 1 the other is further, 0 both are the same, -1 this one
-- is; whether somebody works on it; whether both were imported and have the same weights,
-- or one has none.  What was imported from the same files is the same, whenever that was;
-- the one with weights is further, then the later one of what people said of them.
SELECT run_id,
       CASE WHEN source = :source
            THEN ((best, said) < (:best, :said)) - ((best, said) > (:best, :said))
            WHEN (succeeded, attempt, ended, step, epoch, ended_us, attempt_us,
                  attempt_end_us, weights)
                 < (:succeeded, :attempt, :ended, :step, :epoch, :ended_us, :attempt_us,
                    :attempt_end_us, :weights) THEN 1
            WHEN (succeeded, attempt, ended, step, epoch, ended_us, attempt_us,
                  attempt_end_us, weights)
                 = (:succeeded, :attempt, :ended, :step, :epoch, :ended_us, :attempt_us,
                    :attempt_end_us, :weights) THEN 0
            ELSE -1 END,
       busy,
       source IS NOT NULL AND :source IS NOT NULL
       AND (best = :best OR best = '' OR :best = '')
FROM (SELECT r.run_id, r.state = 'succeeded' AS succeeded, r.attempt,
             r.state IN ('succeeded', 'failed', 'cancelled') AS ended,
             COALESCE(r.step, -1) AS step, COALESCE(r.epoch, -1) AS epoch,
             COALESCE(r.ended_us, 0) AS ended_us, COALESCE(a.started_us, 0) AS attempt_us,
             COALESCE(a.ended_us, 0) AS attempt_end_us,
             COALESCE(r.weights_sha256, r.source_digest, '') AS weights,
             iif(r.origin = 'imported', r.source_digest, NULL) AS source,
             COALESCE(r.best_weights_sha256, '') AS best,
             printf('%s %d %s %s', r.loss, r.seed, r.experiment, r.name) AS said,
             r.state = 'running'
             OR EXISTS (SELECT 1 FROM lease AS l WHERE l.run_id = r.run_id) AS busy
      FROM run AS r
      LEFT JOIN attempt AS a ON a.run_id = r.run_id AND a.attempt = r.attempt
      WHERE r.uuid = :uuid);

-- name: merge_get_run
-- What had not ended there waits here until people resume it; its place in the queue, and
-- how its last child died, are left behind.
SELECT uuid, pair_key, name, experiment, model, loss, seed, max_epochs, data_digest,
       split_digest, class_digest, memory_bytes, iif(ended, state, 'paused') AS state,
       iif(ended, end_reason, NULL) AS end_reason,
       iif(ended, reason, 'came from another store before it had ended') AS reason,
       priority, iif(ended, position, 0) AS position, attempt,
       iif(ended, deaths, 0) AS deaths, created_us, started_us, ended_us,
       iif(ended, exit_code, NULL) AS exit_code,
       iif(ended, term_signal, NULL) AS term_signal, cpu_path, blas_core, step, epoch,
       train_loss, val_loss, val_f1_macro, best_val_f1_macro, best_epoch,
       iif(ended, cells_per_s, NULL) AS cells_per_s, iif(ended, eta_s, NULL) AS eta_s,
       weights_sha256, best_weights_sha256, n_train, n_val, n_test, n_ood, label_set_id,
       ontology_id, gene_set_id, origin, source_path, source_digest, cell_order
FROM (SELECT uuid, pair_key, name, experiment, model, loss, seed, max_epochs, data_digest,
             split_digest, class_digest, memory_bytes, state, end_reason, reason, priority,
             position, attempt, deaths, created_us, started_us, ended_us, exit_code,
             term_signal, cpu_path, blas_core, step, epoch, train_loss, val_loss,
             val_f1_macro, best_val_f1_macro, best_epoch, cells_per_s, eta_s,
             weights_sha256, best_weights_sha256, n_train, n_val, n_test, n_ood,
             label_set_id, ontology_id, gene_set_id, origin, source_path, source_digest,
             cell_order, state IN ('succeeded', 'failed', 'cancelled') AS ended
      FROM run
      WHERE run_id = :owner);

-- name: merge_put_run
-- A run that is here keeps its number.
INSERT INTO run (uuid, pair_key, name, experiment, model, loss, seed, max_epochs,
                 data_digest, split_digest, class_digest, memory_bytes, state, end_reason,
                 reason, request, priority, position, attempt, deaths, created_us,
                 started_us, ended_us, exit_code, term_signal, cpu_path, blas_core, step,
                 epoch, train_loss, val_loss, val_f1_macro, best_val_f1_macro, best_epoch,
                 cells_per_s, eta_s, weights_sha256, best_weights_sha256, n_train, n_val,
                 n_test, n_ood, label_set_id, ontology_id, gene_set_id, origin,
                 source_path, source_digest, cell_order)
VALUES (:uuid, :pair_key, :name, :experiment, :model, :loss, :seed, :max_epochs,
        :data_digest, :split_digest, :class_digest, :memory_bytes, :state, :end_reason,
        :reason, 0, :priority, :position, :attempt, :deaths, :created_us, :started_us,
        :ended_us, :exit_code, :term_signal, :cpu_path, :blas_core, :step, :epoch,
        :train_loss, :val_loss, :val_f1_macro, :best_val_f1_macro, :best_epoch,
        :cells_per_s, :eta_s, :weights_sha256, :best_weights_sha256, :n_train, :n_val,
        :n_test, :n_ood, :label_set_id, :ontology_id, :gene_set_id, :origin, :source_path,
        :source_digest, :cell_order)
ON CONFLICT (uuid) DO UPDATE
SET pair_key = excluded.pair_key, name = excluded.name, experiment = excluded.experiment,
    model = excluded.model, loss = excluded.loss, seed = excluded.seed,
    max_epochs = excluded.max_epochs, data_digest = excluded.data_digest,
    split_digest = excluded.split_digest, class_digest = excluded.class_digest,
    memory_bytes = excluded.memory_bytes, state = excluded.state,
    end_reason = excluded.end_reason, reason = excluded.reason, request = 0,
    priority = excluded.priority, position = excluded.position,
    attempt = excluded.attempt, deaths = excluded.deaths,
    created_us = excluded.created_us, started_us = excluded.started_us,
    ended_us = excluded.ended_us, exit_code = excluded.exit_code,
    term_signal = excluded.term_signal, cpu_path = excluded.cpu_path,
    blas_core = excluded.blas_core, step = excluded.step, epoch = excluded.epoch,
    train_loss = excluded.train_loss, val_loss = excluded.val_loss,
    val_f1_macro = excluded.val_f1_macro,
    best_val_f1_macro = excluded.best_val_f1_macro, best_epoch = excluded.best_epoch,
    cells_per_s = excluded.cells_per_s, eta_s = excluded.eta_s,
    weights_sha256 = excluded.weights_sha256,
    best_weights_sha256 = excluded.best_weights_sha256, n_train = excluded.n_train,
    n_val = excluded.n_val, n_test = excluded.n_test, n_ood = excluded.n_ood,
    label_set_id = excluded.label_set_id, ontology_id = excluded.ontology_id,
    gene_set_id = excluded.gene_set_id, origin = excluded.origin,
    source_path = excluded.source_path, source_digest = excluded.source_digest,
    cell_order = excluded.cell_order;

-- name: merge_get_run_param
SELECT ordinal, name, position, value FROM run_param WHERE run_id = :owner;

-- name: merge_put_run_param
INSERT INTO run_param (run_id, ordinal, name, position, value)
VALUES (:owner, :ordinal, :name, :position, :value);

-- name: merge_get_run_evaluation
SELECT name, cells_digest FROM run_evaluation WHERE run_id = :owner;

-- name: merge_put_run_evaluation
INSERT INTO run_evaluation (run_id, name, cells_digest)
VALUES (:owner, :name, :cells_digest)
ON CONFLICT (run_id, name) DO UPDATE SET cells_digest = excluded.cells_digest;

-- name: merge_drop_run_evaluation
DELETE FROM run_evaluation WHERE run_id = :run_id;

-- name: merge_get_run_facet
SELECT ordinal, facet FROM run_facet WHERE run_id = :owner;

-- name: merge_put_run_facet
INSERT INTO run_facet (run_id, ordinal, facet) VALUES (:owner, :ordinal, :facet);

-- name: merge_get_input_file
SELECT ordinal, path, layer, normalize, decision, n_cells, n_kept, n_genes,
       n_genes_missing, n_genes_dropped
FROM input_file
WHERE run_id = :owner;

-- name: merge_put_input_file
INSERT INTO input_file (run_id, ordinal, path, layer, normalize, decision, n_cells, n_kept,
                        n_genes, n_genes_missing, n_genes_dropped)
VALUES (:owner, :ordinal, :path, :layer, :normalize, :decision, :n_cells, :n_kept,
        :n_genes, :n_genes_missing, :n_genes_dropped);

-- name: merge_get_attempt
SELECT attempt, host, worker_pid, child_pid, started_us, ended_us, resume_step, end_state,
       end_reason, exit_code, term_signal, threads
FROM attempt
WHERE run_id = :owner;

-- name: merge_put_attempt
INSERT INTO attempt (run_id, attempt, host, worker_pid, child_pid, started_us, ended_us,
                     resume_step, end_state, end_reason, exit_code, term_signal, threads)
VALUES (:owner, :attempt, :host, :worker_pid, :child_pid, :started_us, :ended_us,
        :resume_step, :end_state, :end_reason, :exit_code, :term_signal, :threads);

-- name: merge_drop_attempt
DELETE FROM attempt WHERE run_id = :run_id;

-- name: merge_get_metric
SELECT metric_id, step, epoch, wall_s, value, nonfinite FROM metric WHERE run_id = :owner;

-- name: merge_put_metric
INSERT INTO metric (run_id, metric_id, step, epoch, wall_s, value, nonfinite)
VALUES (:owner, :metric_id, :step, :epoch, :wall_s, :value, :nonfinite);

-- name: merge_get_metric_name
SELECT name FROM metric_name WHERE metric_id = :owner;

-- name: merge_get_word
SELECT text FROM word WHERE word_id = :owner;

-- name: merge_list_words
SELECT word_id FROM word ORDER BY word_id;

-- name: merge_get_log
SELECT attempt, time_us, level, text FROM log WHERE run_id = :owner ORDER BY log_id;

-- name: merge_put_log
INSERT INTO log (run_id, attempt, time_us, level, text)
VALUES (:owner, :attempt, :time_us, :level, :text);

-- name: merge_drop_log
DELETE FROM log WHERE run_id = :run_id;

-- name: merge_get_importance
SELECT class_index, rank, gene_index, importance FROM importance WHERE run_id = :owner;

-- name: merge_put_importance
INSERT INTO importance (run_id, class_index, rank, gene_index, importance)
VALUES (:owner, :class_index, :rank, :gene_index, :importance);

-- name: merge_get_source_param
SELECT ordinal, file, name, value FROM source_param WHERE run_id = :owner;

-- name: merge_put_source_param
INSERT INTO source_param (run_id, ordinal, file, name, value)
VALUES (:owner, :ordinal, :file, :name, :value);

-- name: merge_get_source_checkpoint
SELECT path, epoch, score, size_bytes FROM source_checkpoint WHERE run_id = :owner;

-- name: merge_put_source_checkpoint
INSERT INTO source_checkpoint (run_id, path, epoch, score, size_bytes)
VALUES (:owner, :path, :epoch, :score, :size_bytes);

-- name: merge_list_evaluations
-- Those of tables are left out where the files of a run were others.
SELECT evaluation_id, is_primary, created_us, n_cells, n_unknown, name, checkpoint,
       cells_digest
FROM evaluation
WHERE run_id = :run_id AND (:scored_only = 0 OR origin = 'scored')
ORDER BY evaluation_id;

-- name: merge_judge_evaluation
-- The evaluation here that the other one would replace: 1 the other is newer, 0 both are
-- the same, -1 this one is; whether they are of other cells.
SELECT evaluation_id,
       CASE WHEN (created_us, n_cells, n_unknown, cells_digest)
                 < (:created_us, :n_cells, :n_unknown, :cells_digest) THEN 1
            WHEN (created_us, n_cells, n_unknown, cells_digest)
                 = (:created_us, :n_cells, :n_unknown, :cells_digest) THEN 0
            ELSE -1 END,
       cells_digest != :cells_digest
FROM evaluation
WHERE run_id = :run_id AND name = :name AND checkpoint = :checkpoint;

-- name: merge_get_evaluation
SELECT name, checkpoint, cells_digest, n_cells, n_unknown, created_us, origin
FROM evaluation
WHERE evaluation_id = :owner;

-- name: merge_put_evaluation
-- Which one counts is decided when all are there.
INSERT INTO evaluation (run_id, name, checkpoint, is_primary, cells_digest, n_cells,
                        n_unknown, created_us, origin)
VALUES (:owner, :name, :checkpoint, 0, :cells_digest, :n_cells, :n_unknown, :created_us,
        :origin);

-- name: merge_demote
-- Of two evaluations of a name that count, the newer one does.
UPDATE evaluation SET is_primary = 0
WHERE run_id = :run_id AND name = :name AND is_primary = 1
  AND (created_us, checkpoint) < (:created_us, :checkpoint);

-- name: merge_promote
UPDATE evaluation SET is_primary = 1
WHERE run_id = :run_id AND name = :name AND checkpoint = :checkpoint AND is_primary = 0
  AND NOT EXISTS (SELECT 1 FROM evaluation AS e
                  WHERE e.run_id = :run_id AND e.name = :name AND e.is_primary = 1);

-- name: merge_get_evaluation_facet
SELECT facet_id FROM evaluation_facet WHERE evaluation_id = :owner;

-- name: merge_put_evaluation_facet
INSERT INTO evaluation_facet (evaluation_id, facet_id) VALUES (:owner, :facet_id);

-- name: merge_get_score
SELECT facet_id, rule_id, label_id, class_id, precision, recall, f1, f1_weighted, f1_micro,
       accuracy, support, n_classes
FROM score
WHERE evaluation_id = :owner;

-- name: merge_put_score
INSERT INTO score (evaluation_id, facet_id, rule_id, label_id, class_id, precision, recall,
                   f1, f1_weighted, f1_micro, accuracy, support, n_classes)
VALUES (:owner, :facet_id, :rule_id, :label_id, :class_id, :precision, :recall, :f1,
        :f1_weighted, :f1_micro, :accuracy, :support, :n_classes);

-- name: merge_get_score_average
SELECT facet_id, rule_id, label_id, average_id, precision, recall, f1
FROM score_average
WHERE evaluation_id = :owner;

-- name: merge_put_score_average
INSERT INTO score_average (evaluation_id, facet_id, rule_id, label_id, average_id,
                           precision, recall, f1)
VALUES (:owner, :facet_id, :rule_id, :label_id, :average_id, :precision, :recall, :f1);

-- name: merge_get_confusion_count
SELECT true_id, predicted_id, n, relation_id
FROM confusion_count
WHERE evaluation_id = :owner;

-- name: merge_put_confusion_count
INSERT INTO confusion_count (evaluation_id, true_id, predicted_id, n, relation_id)
VALUES (:owner, :true_id, :predicted_id, :n, :relation_id);

-- name: merge_get_label_set
SELECT digest FROM label_set WHERE label_set_id = :owner;

-- name: merge_put_label_set
INSERT INTO label_set (digest) VALUES (:digest);

-- name: merge_get_label
SELECT class_index, label, term_id FROM label WHERE label_set_id = :owner;

-- name: merge_put_label
INSERT INTO label (label_set_id, class_index, label, term_id)
VALUES (:owner, :class_index, :label, :term_id);

-- name: merge_get_label_edge
SELECT ancestor, descendant FROM label_edge WHERE label_set_id = :owner;

-- name: merge_put_label_edge
INSERT INTO label_edge (label_set_id, ancestor, descendant)
VALUES (:owner, :ancestor, :descendant);

-- name: merge_get_ontology
SELECT digest, source, version FROM ontology WHERE ontology_id = :owner;

-- name: merge_put_ontology
INSERT INTO ontology (digest, source, version) VALUES (:digest, :source, :version);

-- name: merge_get_ontology_term
SELECT term_index, term_id, name FROM ontology_term WHERE ontology_id = :owner;

-- name: merge_put_ontology_term
INSERT INTO ontology_term (ontology_id, term_index, term_id, name)
VALUES (:owner, :term_index, :term_id, :name);

-- name: merge_get_ontology_edge
SELECT child, parent FROM ontology_edge WHERE ontology_id = :owner;

-- name: merge_put_ontology_edge
INSERT INTO ontology_edge (ontology_id, child, parent) VALUES (:owner, :child, :parent);

-- name: merge_get_gene_set
SELECT digest FROM gene_set WHERE gene_set_id = :owner;

-- name: merge_put_gene_set
INSERT INTO gene_set (digest) VALUES (:digest);

-- name: merge_get_gene
SELECT gene_index, gene_id, gene_name FROM gene WHERE gene_set_id = :owner;

-- name: merge_put_gene
INSERT INTO gene (gene_set_id, gene_index, gene_id, gene_name)
VALUES (:owner, :gene_index, :gene_id, :gene_name);

-- name: merge_list_checkpoints
SELECT checkpoint_id, epoch, step, size_bytes, created_us, kind
FROM checkpoint
WHERE run_id = :run_id AND complete = 1
ORDER BY checkpoint_id;

-- name: merge_checkpoint_known
-- A whole one here that is as good: of the same epoch ('best'), or not older.
SELECT checkpoint_id
FROM checkpoint
WHERE run_id = :run_id AND kind = :kind AND complete = 1
  AND CASE WHEN kind = 'best' THEN epoch = :epoch AND created_us >= :created_us
           ELSE (step, created_us) >= (:step, :created_us) END;

-- name: merge_checkpoint_partial
-- What an interrupted merge left.
DELETE FROM checkpoint WHERE run_id = :run_id AND complete = 0;

-- name: merge_checkpoint_open
-- 1 while the checkpoint that is on its way is there and nobody has taken its run.
SELECT 1
FROM checkpoint AS c
JOIN run AS r ON r.run_id = c.run_id
WHERE c.checkpoint_id = :checkpoint_id AND c.complete = 0 AND r.state <> 'running';

-- name: merge_get_checkpoint
SELECT attempt, kind, epoch, step, score, weights_sha256, size_bytes, created_us
FROM checkpoint
WHERE checkpoint_id = :owner;

-- name: merge_put_checkpoint
INSERT INTO checkpoint (run_id, attempt, kind, epoch, step, score, weights_sha256,
                        size_bytes, complete, created_us)
VALUES (:owner, :attempt, :kind, :epoch, :step, :score, :weights_sha256, :size_bytes, 0,
        :created_us);

-- name: merge_get_checkpoint_chunk
SELECT seq, data FROM checkpoint_chunk WHERE checkpoint_id = :owner ORDER BY seq;

-- name: merge_put_checkpoint_chunk
INSERT INTO checkpoint_chunk (checkpoint_id, seq, data) VALUES (:owner, :seq, :data);
