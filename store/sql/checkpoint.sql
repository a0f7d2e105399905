-- checkpoint.sql - checkpoints as chunks of 1 MiB.

-- name: checkpoint_insert
INSERT INTO checkpoint (run_id, attempt, kind, epoch, step, score, weights_sha256,
                        size_bytes, complete, created_us)
VALUES (:run_id, :attempt, :kind, :epoch, :step, :score, :weights, :size, 0, :now_us);

-- name: checkpoint_chunk_insert
INSERT INTO checkpoint_chunk (checkpoint_id, seq, data)
VALUES (:checkpoint_id, :seq, :data);

-- name: checkpoint_complete
UPDATE checkpoint SET complete = 1 WHERE checkpoint_id = :checkpoint_id;

-- name: checkpoint_replace
-- Older ones that the new one replaces: every state, every last, the same best epoch.
DELETE FROM checkpoint
WHERE run_id = :run_id AND kind = :kind AND checkpoint_id <> :checkpoint_id
  AND (kind IN ('state', 'last') OR epoch = :epoch);

-- name: checkpoint_best_list
SELECT checkpoint_id, epoch
FROM checkpoint
WHERE run_id = :run_id AND kind = 'best' AND checkpoint_id <> :checkpoint_id;

-- name: checkpoint_delete
DELETE FROM checkpoint WHERE checkpoint_id = :checkpoint_id;

-- name: checkpoint_state_delete
DELETE FROM checkpoint WHERE run_id = :run_id AND (kind = 'state' OR complete = 0);

-- name: checkpoint_newest
SELECT checkpoint_id, epoch, size_bytes
FROM checkpoint
WHERE run_id = :run_id AND kind = :kind AND complete = 1
  AND (:epoch < 0 OR epoch = :epoch)
ORDER BY CASE WHEN kind = 'best' THEN score END DESC,
         CASE WHEN kind = 'best' THEN epoch END, checkpoint_id DESC
LIMIT 1;

-- name: checkpoint_chunks
SELECT seq, data FROM checkpoint_chunk WHERE checkpoint_id = :checkpoint_id ORDER BY seq;
