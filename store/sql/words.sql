-- words.sql - what may stand on a command line, for completion: a word, and what it is.

-- name: words_run
-- Runs by name, newest first; those that share a name by their number.
SELECT CASE WHEN n = 1 THEN name ELSE CAST(run_id AS TEXT) END,
       CASE WHEN n = 1 THEN 'run ' || run_id || ', ' || state
            ELSE name || ', ' || state END
FROM (SELECT run_id, name, state, COUNT(*) OVER (PARTITION BY name) AS n FROM run)
ORDER BY run_id DESC
LIMIT 2000;

-- name: words_run_id
SELECT CAST(run_id AS TEXT), name || ', ' || state
FROM run
ORDER BY run_id DESC
LIMIT 2000;

-- name: words_pair_key
SELECT substr(pair_key, 1, 12), MAX(experiment) || ', ' || MAX(model)
FROM run
GROUP BY pair_key
ORDER BY MAX(run_id) DESC
LIMIT 2000;

-- name: words_label
-- The groups of a facet, as the newest evaluation that has it knows them.
SELECT DISTINCT w.text
FROM score AS s
JOIN word AS w ON w.word_id = s.label_id
WHERE s.facet_id = (SELECT word_id FROM word WHERE text = :facet)
  AND s.evaluation_id = (SELECT MAX(f.evaluation_id)
                         FROM evaluation_facet AS f
                         WHERE f.facet_id = (SELECT word_id FROM word WHERE text = :facet))
ORDER BY w.text;

-- name: words_class
-- The classes of the newest run that knows its own.
SELECT label
FROM label
WHERE label_set_id = (SELECT label_set_id FROM run WHERE label_set_id IS NOT NULL
                      ORDER BY run_id DESC LIMIT 1)
ORDER BY label;

-- name: words_term
-- The terms of the newest run that knows its ontology.
SELECT name, term_id
FROM ontology_term
WHERE name IS NOT NULL
  AND ontology_id = (SELECT ontology_id FROM run WHERE ontology_id IS NOT NULL
                     ORDER BY run_id DESC LIMIT 1)
ORDER BY name;
