-- import.sql - runs that were made elsewhere.

-- name: import_find
SELECT run_id, attempt, source_digest FROM run WHERE uuid = :uuid;

-- name: import_run_insert
-- A run that was trained elsewhere has ended, and nobody will work on it here.
INSERT INTO run (uuid, pair_key, name, experiment, model, loss, seed, max_epochs,
                 data_digest, split_digest, class_digest, memory_bytes, n_train, n_val,
                 state, end_reason, priority, position, created_us, started_us, ended_us,
                 origin, source_path, source_digest)
VALUES (:uuid, :pair_key, :name, :experiment, :model, :loss, :seed, :max_epochs,
        :data_digest, NULL, :class_digest, 0, :n_train, :n_val,
        'succeeded', 'imported', 0, 0, :now_us, :started_us,
        COALESCE(:ended_us, :now_us), 'imported', :source_path, :source_digest);

-- name: import_run_renew
-- What was read anew; what people chose (experiment, name) stays, and so does what the
-- files do not say.
UPDATE run
SET pair_key = :pair_key, max_epochs = :max_epochs, data_digest = :data_digest,
    class_digest = COALESCE(:class_digest, class_digest),
    n_train = COALESCE(:n_train, n_train), n_val = COALESCE(:n_val, n_val),
    started_us = COALESCE(:started_us, started_us),
    ended_us = COALESCE(:ended_us, ended_us), source_path = :source_path,
    source_digest = :source_digest
WHERE run_id = :run_id;

-- name: import_run_rewind
-- Before curves are read anew, from which the latest values follow.
UPDATE run
SET step = NULL, epoch = NULL, train_loss = NULL, val_loss = NULL, val_f1_macro = NULL,
    best_val_f1_macro = NULL, best_epoch = NULL
WHERE run_id = :run_id;

-- name: import_run_facts
-- What export wrote down of a run of ours.
UPDATE run
SET origin = :origin, state = COALESCE(:state, state),
    end_reason = COALESCE(:end_reason, end_reason),
    created_us = COALESCE(:created_us, created_us), step = COALESCE(:step, step),
    epoch = COALESCE(:epoch, epoch), train_loss = COALESCE(:train_loss, train_loss),
    val_loss = COALESCE(:val_loss, val_loss),
    val_f1_macro = COALESCE(:val_f1_macro, val_f1_macro),
    best_epoch = COALESCE(:best_epoch, best_epoch),
    best_val_f1_macro = COALESCE(:best_val_f1_macro, best_val_f1_macro),
    cells_per_s = COALESCE(:cells_per_s, cells_per_s),
    cpu_path = COALESCE(:cpu_path, cpu_path), blas_core = COALESCE(:blas_core, blas_core),
    split_digest = COALESCE(:split_digest, split_digest),
    weights_sha256 = COALESCE(:weights_sha256, weights_sha256),
    best_weights_sha256 = COALESCE(:best_weights_sha256, best_weights_sha256)
WHERE run_id = :run_id;

-- name: import_params_delete
DELETE FROM run_param WHERE run_id = :run_id;

-- name: import_source_params_delete
DELETE FROM source_param WHERE run_id = :run_id;

-- name: import_source_checkpoints_delete
DELETE FROM source_checkpoint WHERE run_id = :run_id;

-- name: import_evaluations_delete
-- Those that were scored here stay.
DELETE FROM evaluation WHERE run_id = :run_id AND origin = 'imported';

-- name: import_source_checkpoint_insert
INSERT INTO source_checkpoint (run_id, path, epoch, score, size_bytes)
VALUES (:run_id, :path, :epoch, :score, :size_bytes)
ON CONFLICT (run_id, path)
DO UPDATE SET epoch = excluded.epoch, score = excluded.score,
              size_bytes = excluded.size_bytes;

-- name: import_metric_delete
DELETE FROM metric
WHERE run_id = :run_id
  AND metric_id = (SELECT metric_id FROM metric_name WHERE name = :name);

-- name: import_evaluation_find
SELECT evaluation_id, cells_digest, origin
FROM evaluation
WHERE run_id = :run_id AND name = :name AND checkpoint = :checkpoint;

-- name: import_evaluation_renew
UPDATE evaluation
SET is_primary = :is_primary, n_cells = :n_cells,
    n_unknown = CASE WHEN :n_unknown > 0 THEN :n_unknown ELSE n_unknown END,
    origin = :origin
WHERE evaluation_id = :evaluation_id;

-- name: import_scores_delete
DELETE FROM score
WHERE evaluation_id = :evaluation_id AND facet_id = :facet_id AND rule_id = :rule_id;

-- name: import_averages_delete
DELETE FROM score_average
WHERE evaluation_id = :evaluation_id AND facet_id = :facet_id AND rule_id = :rule_id;

-- name: import_confusions_delete
DELETE FROM confusion_count WHERE evaluation_id = :evaluation_id;

-- name: import_source_param_insert
INSERT INTO source_param (run_id, ordinal, file, name, value)
VALUES (:run_id, :ordinal, :file, :name, :value);

-- name: import_score_average_insert
INSERT INTO score_average (evaluation_id, facet_id, rule_id, label_id, average_id,
                           precision, recall, f1)
VALUES (:evaluation_id, :facet_id, :rule_id, :label_id, :average_id, :precision, :recall,
        :f1);

-- Whether reading a run anew has changed it is seen from what these say of it, before and
-- after: everything but where and when it was read.

-- name: import_state_run
SELECT pair_key, max_epochs, data_digest, split_digest, class_digest, n_train, n_val,
       n_test, n_ood, state, end_reason, created_us, started_us, ended_us, origin, step,
       epoch, train_loss, val_loss, val_f1_macro, best_val_f1_macro, best_epoch,
       cells_per_s, cpu_path, blas_core, cell_order, weights_sha256, best_weights_sha256,
       label_set_id, ontology_id, gene_set_id
FROM run
WHERE run_id = :run_id;

-- name: import_state_params
SELECT ordinal, name, position, value FROM run_param WHERE run_id = :run_id
ORDER BY ordinal;

-- name: import_state_facets
SELECT ordinal, facet FROM run_facet WHERE run_id = :run_id ORDER BY ordinal;

-- name: import_state_source_params
SELECT ordinal, file, name, value FROM source_param WHERE run_id = :run_id
ORDER BY ordinal;

-- name: import_state_source_checkpoints
SELECT path, epoch, score, size_bytes FROM source_checkpoint WHERE run_id = :run_id
ORDER BY path;

-- name: import_state_metrics
SELECT metric_id, step, epoch, wall_s, value, nonfinite FROM metric
WHERE run_id = :run_id
ORDER BY metric_id, step;

-- name: import_state_importance
SELECT class_index, rank, gene_index, importance FROM importance WHERE run_id = :run_id
ORDER BY class_index, rank;

-- name: import_state_evaluations
SELECT name, checkpoint, is_primary, cells_digest, n_cells, n_unknown, origin
FROM evaluation
WHERE run_id = :run_id
ORDER BY name, checkpoint;

-- name: import_state_scores
SELECT e.name, e.checkpoint, c.facet_id, c.rule_id, c.label_id, c.class_id, c.precision,
       c.recall, c.f1, c.f1_weighted, c.f1_micro, c.accuracy, c.support, c.n_classes
FROM evaluation AS e
JOIN score AS c ON c.evaluation_id = e.evaluation_id
WHERE e.run_id = :run_id
ORDER BY e.name, e.checkpoint, c.facet_id, c.rule_id, c.label_id, c.class_id;

-- name: import_state_averages
SELECT e.name, e.checkpoint, c.facet_id, c.rule_id, c.label_id, c.average_id, c.precision,
       c.recall, c.f1
FROM evaluation AS e
JOIN score_average AS c ON c.evaluation_id = e.evaluation_id
WHERE e.run_id = :run_id
ORDER BY e.name, e.checkpoint, c.facet_id, c.rule_id, c.label_id, c.average_id;

-- name: import_state_confusions
SELECT e.name, e.checkpoint, c.true_id, c.predicted_id, c.n, c.relation_id
FROM evaluation AS e
JOIN confusion_count AS c ON c.evaluation_id = e.evaluation_id
WHERE e.run_id = :run_id
ORDER BY e.name, e.checkpoint, c.true_id, c.predicted_id;
