-- results.sql - evaluations and what is made of them.

-- name: word_add
INSERT INTO word (text) VALUES (:text) ON CONFLICT (text) DO NOTHING;

-- name: word_find
SELECT word_id FROM word WHERE text = :text;

-- name: evaluation_delete
DELETE FROM evaluation
WHERE run_id = :run_id AND name = :name AND checkpoint = :checkpoint;

-- name: evaluation_demote
UPDATE evaluation SET is_primary = 0
WHERE run_id = :run_id AND name = :name AND is_primary = 1;

-- name: evaluation_insert
INSERT INTO evaluation (run_id, name, checkpoint, is_primary, cells_digest, n_cells,
                        n_unknown, created_us, origin)
VALUES (:run_id, :name, :checkpoint, :is_primary, :cells_digest, :n_cells, :n_unknown,
        :now_us, :origin);

-- name: evaluation_facet_insert
INSERT INTO evaluation_facet (evaluation_id, facet_id)
VALUES (:evaluation_id, :facet_id)
ON CONFLICT DO NOTHING;

-- name: score_insert
INSERT INTO score (evaluation_id, facet_id, rule_id, label_id, class_id, precision, recall,
                   f1, f1_weighted, f1_micro, accuracy, support, n_classes)
VALUES (:evaluation_id, :facet_id, :rule_id, :label_id, :class_id, :precision, :recall,
        :f1, :f1_weighted, :f1_micro, :accuracy, :support, :n_classes);

-- name: confusion_insert
INSERT INTO confusion_count (evaluation_id, true_id, predicted_id, n, relation_id)
VALUES (:evaluation_id, :true_id, :predicted_id, :n, :relation_id);

-- name: importance_delete
DELETE FROM importance WHERE run_id = :run_id;

-- name: importance_insert
INSERT INTO importance (run_id, class_index, rank, gene_index, importance)
VALUES (:run_id, :class_index, :rank, :gene_index, :importance);

-- name: compare_read
-- Pairs of the runs that count, for one facet: the baseline (c) and what is compared with
-- it (h).  The bounds of label_id let the classes within one label be found by the key.
SELECT lw.text, cw.text, h.seed, cs.f1, hs.f1, hs.support
FROM counted AS h
JOIN counted AS c ON c.pair_key = :base_key AND c.loss = :base_loss AND c.seed = h.seed
                 AND c.evaluation = :base_evaluation
                 AND (c.cells_digest = h.cells_digest OR :any_cells)
JOIN score AS hs ON hs.evaluation_id = h.evaluation_id
                AND hs.facet_id = (SELECT word_id FROM word WHERE text = :facet)
                AND hs.rule_id = (SELECT word_id FROM word WHERE text = :rule)
                AND hs.f1 IS NOT NULL
JOIN score AS cs ON cs.evaluation_id = c.evaluation_id AND cs.facet_id = hs.facet_id
                AND cs.rule_id = hs.rule_id AND cs.label_id = hs.label_id
                AND cs.class_id = hs.class_id AND cs.f1 IS NOT NULL
JOIN word AS lw ON lw.word_id = hs.label_id
LEFT JOIN word AS cw ON cw.word_id = hs.class_id
WHERE h.pair_key = :pair_key AND h.loss = :loss AND h.evaluation = :evaluation
  AND (hs.class_id = 0) = (:label IS NULL)
  AND hs.label_id >= CASE WHEN :label IS NULL THEN 0
                          ELSE (SELECT word_id FROM word WHERE text = :label) END
  AND hs.label_id <= CASE WHEN :label IS NULL THEN 9223372036854775807
                          ELSE (SELECT word_id FROM word WHERE text = :label) END
  AND hs.support >= :min_support
ORDER BY lw.text, cw.text, h.seed;

-- name: groups_list
-- Runs of several experiments may have one pair_key: all are named, the newest first.
SELECT r.pair_key,
       (SELECT group_concat(experiment, ' + ')
        FROM (SELECT q.experiment FROM run AS q WHERE q.pair_key = r.pair_key
              GROUP BY q.experiment ORDER BY MAX(q.run_id) DESC)),
       MAX(r.model),
       strftime('%Y-%m-%dT%H:%M:%fZ', MAX(r.ended_us) / 1e6, 'unixepoch'),
       COUNT(DISTINCT CASE WHEN r.state = 'succeeded' AND r.loss = 'ce' THEN r.seed END),
       COUNT(DISTINCT CASE WHEN r.state = 'succeeded' AND r.loss = 'hce' THEN r.seed END),
       (SELECT COUNT(DISTINCT q.seed)
        FROM run AS q
        JOIN run AS p ON p.pair_key = q.pair_key AND p.loss = 'hce' AND p.seed = q.seed
                     AND p.state = 'succeeded'
        WHERE q.pair_key = r.pair_key AND q.loss = 'ce' AND q.state = 'succeeded'),
       SUM(r.state IN ('queued', 'running', 'paused')),
       SUM(r.state = 'failed'),
       (SELECT group_concat(name, ',')
        FROM (SELECT DISTINCT e.name
              FROM run AS q JOIN evaluation AS e ON e.run_id = q.run_id
              WHERE q.pair_key = r.pair_key
              ORDER BY e.name)),
       (SELECT group_concat(text, ',')
        FROM (SELECT DISTINCT w.text
              FROM run AS q
              JOIN evaluation AS e ON e.run_id = q.run_id
              JOIN evaluation_facet AS f ON f.evaluation_id = e.evaluation_id
              JOIN word AS w ON w.word_id = f.facet_id
              WHERE q.pair_key = r.pair_key
              ORDER BY f.facet_id))
FROM run AS r
WHERE :experiment IS NULL OR r.experiment = :experiment
GROUP BY r.pair_key
ORDER BY MAX(r.run_id) DESC;

-- name: group_unmatched
-- Per loss, seeds that lack a succeeded run although the other loss has one, or whose
-- run failed; with the state of what there is.
WITH side (loss) AS (VALUES ('ce'), ('hce')),
     seeds AS (SELECT DISTINCT seed FROM run WHERE pair_key = :pair_key),
     best AS (SELECT side.loss, seeds.seed,
                     (SELECT q.state FROM run AS q
                      WHERE q.pair_key = :pair_key AND q.loss = side.loss
                        AND q.seed = seeds.seed
                      ORDER BY q.state = 'succeeded' DESC, q.run_id DESC LIMIT 1) AS state
              FROM side CROSS JOIN seeds)
SELECT a.loss, a.seed, a.state
FROM best AS a
JOIN best AS b ON b.seed = a.seed AND b.loss <> a.loss
WHERE a.state IS NOT 'succeeded'
  AND (COALESCE(a.state, '') IN ('failed', 'cancelled') OR b.state = 'succeeded')
ORDER BY a.loss, a.seed;

-- name: group_unscored
-- Per loss, seeds with a succeeded run that nothing of this evaluation is known about.
SELECT DISTINCT r.loss, r.seed, NULL
FROM run AS r
WHERE r.pair_key = :pair_key AND r.state = 'succeeded'
  AND NOT EXISTS (
      SELECT 1
      FROM run AS q
      JOIN evaluation AS e ON e.run_id = q.run_id AND e.is_primary = 1
                          AND e.name = :evaluation
      WHERE q.pair_key = r.pair_key AND q.loss = r.loss AND q.seed = r.seed
        AND q.state = 'succeeded')
ORDER BY r.loss, r.seed;

-- name: sides_check
-- Whether both sides have runs, and how many seeds are scored on both.
SELECT (SELECT COUNT(*)
        FROM counted AS h
        JOIN counted AS c ON c.pair_key = :base_key AND c.loss = :base_loss
                         AND c.seed = h.seed AND c.evaluation = :base_evaluation
        WHERE h.pair_key = :pair_key AND h.loss = :loss AND h.evaluation = :evaluation)
WHERE EXISTS (SELECT 1 FROM run WHERE pair_key = :base_key AND loss = :base_loss)
  AND EXISTS (SELECT 1 FROM run WHERE pair_key = :pair_key AND loss = :loss);

-- name: sides_unmatched
-- Per side, seeds that lack a succeeded run although the other side has one, or whose run
-- failed; with the state of what there is.
WITH side (name, pair_key, loss) AS (VALUES (:base_name, :base_key, :base_loss),
                                            (:name, :pair_key, :loss)),
     seeds AS (SELECT DISTINCT r.seed
               FROM side JOIN run AS r ON r.pair_key = side.pair_key
                                      AND r.loss = side.loss),
     best AS (SELECT side.name, seeds.seed,
                     (SELECT q.state FROM run AS q
                      WHERE q.pair_key = side.pair_key AND q.loss = side.loss
                        AND q.seed = seeds.seed
                      ORDER BY q.state = 'succeeded' DESC, q.run_id DESC LIMIT 1) AS state
              FROM side CROSS JOIN seeds)
SELECT a.name, a.seed, a.state
FROM best AS a
JOIN best AS b ON b.seed = a.seed AND b.name <> a.name
WHERE a.state IS NOT 'succeeded'
  AND (COALESCE(a.state, '') IN ('failed', 'cancelled') OR b.state = 'succeeded')
ORDER BY a.name, a.seed;

-- name: sides_unscored
-- Per side, seeds with a succeeded run that nothing of its evaluation is known about.
WITH side (name, pair_key, loss, evaluation) AS (
         VALUES (:base_name, :base_key, :base_loss, :base_evaluation),
                (:name, :pair_key, :loss, :evaluation))
SELECT DISTINCT side.name, r.seed, NULL
FROM side
JOIN run AS r ON r.pair_key = side.pair_key AND r.loss = side.loss
             AND r.state = 'succeeded'
WHERE NOT EXISTS (
      SELECT 1
      FROM run AS q
      JOIN evaluation AS e ON e.run_id = q.run_id AND e.is_primary = 1
                          AND e.name = side.evaluation
      WHERE q.pair_key = r.pair_key AND q.loss = r.loss AND q.seed = r.seed
        AND q.state = 'succeeded')
ORDER BY side.name, r.seed;

-- name: sides_repeated
-- Per side, seeds of which several runs succeeded and are scored: one of them counts.
WITH side (name, pair_key, loss, evaluation) AS (
         VALUES (:base_name, :base_key, :base_loss, :base_evaluation),
                (:name, :pair_key, :loss, :evaluation))
SELECT side.name, r.seed, NULL
FROM side
JOIN run AS r ON r.pair_key = side.pair_key AND r.loss = side.loss
             AND r.state = 'succeeded'
JOIN evaluation AS e ON e.run_id = r.run_id AND e.is_primary = 1
                    AND e.name = side.evaluation
GROUP BY side.name, r.seed
HAVING COUNT(*) > 1
ORDER BY side.name, r.seed;

-- name: pair_diff
-- Parameters, then digests, whose values differ between the newest runs of two keys.
WITH a AS (SELECT MAX(run_id) AS run_id FROM run WHERE pair_key = :a),
     b AS (SELECT MAX(run_id) AS run_id FROM run WHERE pair_key = :b),
     v AS (SELECT p.run_id, p.name, MIN(p.ordinal) AS ordinal,
                  group_concat(p.value, ' ') AS value
           FROM (SELECT run_id, name, ordinal, value FROM run_param
                 WHERE run_id IN ((SELECT run_id FROM a), (SELECT run_id FROM b))
                   AND name NOT IN ('loss', 'seed', 'name', 'experiment', 'threads')
                 ORDER BY run_id, ordinal) AS p
           GROUP BY p.run_id, p.name),
     n AS (SELECT name, MIN(ordinal) AS ordinal FROM v GROUP BY name)
SELECT n.name, COALESCE(NULLIF(x.value, ''), '-'), COALESCE(NULLIF(y.value, ''), '-'),
       0 AS part, n.ordinal
FROM n
LEFT JOIN v AS x ON x.name = n.name AND x.run_id = (SELECT run_id FROM a)
LEFT JOIN v AS y ON y.name = n.name AND y.run_id = (SELECT run_id FROM b)
WHERE NULLIF(x.value, '') IS NOT NULLIF(y.value, '')
UNION ALL
SELECT d.name, substr(d.was, 1, 8), substr(d.is_now, 1, 8), 1, d.ordinal
FROM (SELECT 0 AS ordinal, 'data' AS name, ra.data_digest AS was, rb.data_digest AS is_now
      FROM run AS ra, run AS rb
      WHERE ra.run_id = (SELECT run_id FROM a) AND rb.run_id = (SELECT run_id FROM b)
      UNION ALL
      SELECT 1, 'split', ra.split_digest, rb.split_digest
      FROM run AS ra, run AS rb
      WHERE ra.run_id = (SELECT run_id FROM a) AND rb.run_id = (SELECT run_id FROM b)
      UNION ALL
      SELECT 2, 'classes', ra.class_digest, rb.class_digest
      FROM run AS ra, run AS rb
      WHERE ra.run_id = (SELECT run_id FROM a) AND rb.run_id = (SELECT run_id FROM b)) AS d
WHERE d.was IS NOT d.is_now
ORDER BY part, ordinal;
