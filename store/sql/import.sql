-- import.sql - runs that were made elsewhere.

-- name: import_find
SELECT run_id, origin, source_digest FROM run WHERE uuid = :uuid;

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
-- What was read anew; what people chose (experiment, name) stays.
UPDATE run
SET pair_key = :pair_key, max_epochs = :max_epochs, data_digest = :data_digest,
    class_digest = :class_digest, n_train = :n_train, n_val = :n_val,
    started_us = :started_us, ended_us = COALESCE(:ended_us, ended_us),
    source_path = :source_path, source_digest = :source_digest,
    step = NULL, epoch = NULL, train_loss = NULL, val_loss = NULL, val_f1_macro = NULL,
    best_val_f1_macro = NULL, best_epoch = NULL
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

-- name: import_source_param_insert
INSERT INTO source_param (run_id, ordinal, file, name, value)
VALUES (:run_id, :ordinal, :file, :name, :value);

-- name: import_source_checkpoint_insert
INSERT INTO source_checkpoint (run_id, path, epoch, score, size_bytes)
VALUES (:run_id, :path, :epoch, :score, :size_bytes);

-- name: import_score_average_insert
INSERT INTO score_average (evaluation_id, facet_id, rule_id, label_id, average_id,
                           precision, recall, f1)
VALUES (:evaluation_id, :facet_id, :rule_id, :label_id, :average_id, :precision, :recall,
        :f1);
