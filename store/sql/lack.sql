-- lack.sql - why a comparison has no rows.

-- name: lack_read
-- Numbers of seeds, in the order in which they can only become fewer: with a run that
-- succeeded, scored, scored on the same cells, with scores by the rule, with rows of the
-- facet (or of a label of it); of the baseline, of what is compared, of both.
WITH a AS (SELECT DISTINCT seed FROM run
           WHERE pair_key = :base_key AND loss = :base_loss AND state = 'succeeded'),
     b AS (SELECT DISTINCT seed FROM run
           WHERE pair_key = :pair_key AND loss = :loss AND state = 'succeeded'),
     x AS (SELECT seed, evaluation_id AS id, cells_digest FROM counted
           WHERE pair_key = :base_key AND loss = :base_loss
             AND evaluation = :base_evaluation),
     y AS (SELECT seed, evaluation_id AS id, cells_digest FROM counted
           WHERE pair_key = :pair_key AND loss = :loss AND evaluation = :evaluation),
     want (rule, facet, label) AS (
         SELECT (SELECT word_id FROM word WHERE text = :rule),
                (SELECT word_id FROM word WHERE text = :facet),
                (SELECT word_id FROM word WHERE text = :label)),
     pairs AS (SELECT x.id AS a_id, y.id AS b_id
               FROM x JOIN y ON y.seed = x.seed
               WHERE x.cells_digest = y.cells_digest OR :any_cells),
     side (n, id) AS (SELECT 0, a_id FROM pairs UNION ALL SELECT 1, b_id FROM pairs),
     has AS (SELECT side.n, side.id,
                    EXISTS (SELECT 1 FROM score AS s
                            WHERE s.evaluation_id = side.id AND s.rule_id = want.rule
                              AND s.facet_id IN (SELECT word_id FROM word
                                                 WHERE text IN ('all', 'class', :facet)))
                        AS rule,
                    EXISTS (SELECT 1 FROM score AS s
                            WHERE s.evaluation_id = side.id AND s.rule_id = want.rule
                              AND s.facet_id = want.facet
                              AND (:label IS NULL OR s.label_id = want.label)
                              AND (s.class_id = 0) = (:label IS NULL)) AS facet,
                    EXISTS (SELECT 1 FROM score AS s, word AS w
                            WHERE s.evaluation_id = side.id AND s.facet_id = want.facet
                              AND s.rule_id = w.word_id
                              AND w.text IN ('hierarchy', 'exact') AND w.text <> :rule
                              AND (s.class_id = 0) = (:label IS NULL)) AS other
             FROM side, want)
SELECT (SELECT COUNT(*) FROM a), (SELECT COUNT(*) FROM b),
       (SELECT COUNT(*) FROM a JOIN b ON b.seed = a.seed),
       (SELECT COUNT(*) FROM x), (SELECT COUNT(*) FROM y),
       (SELECT COUNT(*) FROM x JOIN y ON y.seed = x.seed),
       (SELECT COUNT(*) FROM pairs),
       (SELECT COALESCE(SUM(rule), 0) FROM has WHERE n = 0),
       (SELECT COALESCE(SUM(rule), 0) FROM has WHERE n = 1),
       (SELECT COUNT(*) FROM pairs AS p JOIN has AS h ON h.id = p.a_id AND h.rule
                                        JOIN has AS k ON k.id = p.b_id AND k.rule),
       (SELECT COALESCE(SUM(facet), 0) FROM has WHERE n = 0),
       (SELECT COALESCE(SUM(facet), 0) FROM has WHERE n = 1),
       (SELECT COUNT(*) FROM pairs AS p JOIN has AS h ON h.id = p.a_id AND h.facet
                                        JOIN has AS k ON k.id = p.b_id AND k.facet),
       (SELECT COUNT(*) FROM pairs AS p JOIN has AS h ON h.id = p.a_id AND h.other
                                        JOIN has AS k ON k.id = p.b_id AND k.other),
       (SELECT COUNT(*) FROM run
        WHERE pair_key = :base_key AND loss = :base_loss AND state = 'succeeded'
          AND origin <> 'imported'),
       (SELECT COUNT(*) FROM run
        WHERE pair_key = :pair_key AND loss = :loss AND state = 'succeeded'
          AND origin <> 'imported');

-- name: lack_evaluation
-- Another evaluation in which both sides have scores by the rule, on the same cells.
SELECT h.evaluation
FROM counted AS h
JOIN counted AS c ON c.pair_key = :base_key AND c.loss = :base_loss AND c.seed = h.seed
                 AND c.evaluation = h.evaluation AND c.cells_digest = h.cells_digest
WHERE h.pair_key = :pair_key AND h.loss = :loss AND h.evaluation <> :evaluation
  AND EXISTS (SELECT 1 FROM score AS s
              JOIN score AS t ON t.evaluation_id = c.evaluation_id
                             AND t.facet_id = s.facet_id AND t.rule_id = s.rule_id
                             AND t.label_id = s.label_id AND t.class_id = s.class_id
              WHERE s.evaluation_id = h.evaluation_id
                AND s.facet_id = (SELECT word_id FROM word WHERE text = :facet)
                AND s.rule_id = (SELECT word_id FROM word WHERE text = :rule))
ORDER BY h.evaluation
LIMIT 1;

-- name: lack_confusions
-- The same in which both sides have confusions.
SELECT h.evaluation
FROM counted AS h
JOIN counted AS c ON c.pair_key = :base_key AND c.loss = :base_loss AND c.seed = h.seed
                 AND c.evaluation = h.evaluation AND c.cells_digest = h.cells_digest
WHERE h.pair_key = :pair_key AND h.loss = :loss AND h.evaluation <> :evaluation
  AND EXISTS (SELECT 1 FROM confusion_count AS n WHERE n.evaluation_id = h.evaluation_id)
  AND EXISTS (SELECT 1 FROM confusion_count AS n WHERE n.evaluation_id = c.evaluation_id)
ORDER BY h.evaluation
LIMIT 1;
