-- hierarchy.sql - the classes of a configuration and the ontology above them.

-- name: hierarchy_find
-- Of the newest run that was started.
SELECT label_set_id, ontology_id
FROM run
WHERE pair_key = :pair_key AND label_set_id IS NOT NULL
ORDER BY run_id DESC
LIMIT 1;

-- name: hierarchy_origin
SELECT source, version FROM ontology WHERE ontology_id = :ontology_id;

-- name: hierarchy_labels
SELECT label, term_id FROM label WHERE label_set_id = :set_id ORDER BY class_index;

-- name: hierarchy_pairs
SELECT ancestor, descendant FROM label_edge WHERE label_set_id = :set_id;

-- name: hierarchy_terms
SELECT term_index, term_id, name FROM ontology_term
WHERE ontology_id = :ontology_id
ORDER BY term_index;

-- name: hierarchy_edges
SELECT child, parent FROM ontology_edge WHERE ontology_id = :ontology_id;
