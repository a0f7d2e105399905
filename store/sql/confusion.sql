-- confusion.sql - which cells were called what, for comparing CE with HCE.

-- name: confusion_pairs
-- Per seed, the evaluations that comparisons count: CE and HCE on the same cells; and
-- when the newer of them was written, since an evaluation_id may be used again.
SELECT h.seed, c.evaluation_id, h.evaluation_id,
       (SELECT MAX(e.created_us) FROM evaluation AS e
        WHERE e.evaluation_id IN (c.evaluation_id, h.evaluation_id))
FROM counted AS h
JOIN counted AS c ON c.pair_key = h.pair_key AND c.loss = 'ce' AND c.seed = h.seed
                 AND c.evaluation = h.evaluation AND c.cells_digest = h.cells_digest
WHERE h.pair_key = :pair_key AND h.loss = 'hce' AND h.evaluation = :evaluation
ORDER BY h.seed;

-- name: confusion_read
SELECT true_id, predicted_id, relation_id, n
FROM confusion_count
WHERE evaluation_id = :evaluation_id
ORDER BY true_id, predicted_id;

-- name: confusion_word
SELECT text FROM word WHERE word_id = :word_id;
