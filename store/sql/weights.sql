-- weights.sql - parameters of runs that were made elsewhere.

-- name: weights_find
SELECT origin, best_weights_sha256, n_train, n_val, n_test, n_ood,
       (SELECT count(*) FROM checkpoint AS c
        WHERE c.run_id = r.run_id AND c.kind = 'best' AND c.complete = 1),
       best_epoch, loss, seed
FROM run AS r
WHERE run_id = :run_id;

-- name: weights_run
UPDATE run
SET best_weights_sha256 = :sha256, best_epoch = :epoch,
    best_val_f1_macro = COALESCE(:score, best_val_f1_macro),
    epoch = COALESCE(epoch, :epoch),
    loss = COALESCE(:loss, loss), seed = COALESCE(:seed, seed)
WHERE run_id = :run_id;
