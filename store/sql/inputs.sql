-- inputs.sql - what a run was trained on.

-- name: label_set_find
SELECT label_set_id FROM label_set WHERE digest = :digest;

-- name: label_set_insert
INSERT INTO label_set (digest) VALUES (:digest);

-- name: label_insert
INSERT INTO label (label_set_id, class_index, label, term_id)
VALUES (:set_id, :i, :label, :term_id);

-- name: label_edge_insert
INSERT INTO label_edge (label_set_id, ancestor, descendant)
VALUES (:set_id, :a, :b)
ON CONFLICT DO NOTHING;

-- name: ontology_find
SELECT ontology_id FROM ontology WHERE digest = :digest;

-- name: ontology_insert
INSERT INTO ontology (digest, source, version) VALUES (:digest, :source, :version);

-- name: ontology_term_insert
INSERT INTO ontology_term (ontology_id, term_index, term_id, name)
VALUES (:set_id, :i, :term_id, :name);

-- name: ontology_edge_insert
INSERT INTO ontology_edge (ontology_id, child, parent)
VALUES (:set_id, :a, :b)
ON CONFLICT DO NOTHING;

-- name: gene_set_find
SELECT gene_set_id FROM gene_set WHERE digest = :digest;

-- name: gene_set_insert
INSERT INTO gene_set (digest) VALUES (:digest);

-- name: gene_insert
INSERT INTO gene (gene_set_id, gene_index, gene_id, gene_name)
VALUES (:set_id, :i, :gene_id, :gene_name);

-- name: run_facets_delete
DELETE FROM run_facet WHERE run_id = :run_id;

-- name: run_facet_insert
INSERT INTO run_facet (run_id, ordinal, facet) VALUES (:run_id, :i, :facet);

-- name: input_files_delete
DELETE FROM input_file WHERE run_id = :run_id;

-- name: input_file_insert
INSERT INTO input_file (run_id, ordinal, path, layer, normalize, decision, n_cells, n_kept,
                        n_genes, n_genes_missing, n_genes_dropped)
VALUES (:run_id, :i, :path, :layer, :normalize, :decision, :n_cells, :n_kept, :n_genes,
        :n_genes_missing, :n_genes_dropped);

-- name: run_inputs
UPDATE run
SET n_train = COALESCE(:n_train, n_train), n_val = COALESCE(:n_val, n_val),
    n_test = COALESCE(:n_test, n_test), n_ood = COALESCE(:n_ood, n_ood),
    label_set_id = COALESCE(:label_set_id, label_set_id),
    ontology_id = COALESCE(:ontology_id, ontology_id),
    gene_set_id = COALESCE(:gene_set_id, gene_set_id),
    cell_order = COALESCE(:cell_order, cell_order)
WHERE run_id = :run_id;

-- name: run_genes
SELECT g.gene_id, g.gene_name
FROM gene AS g
JOIN run AS r ON r.gene_set_id = g.gene_set_id
WHERE r.run_id = :run_id
ORDER BY g.gene_index;

-- name: run_labels
SELECT l.label, l.term_id
FROM label AS l
JOIN run AS r ON r.label_set_id = l.label_set_id
WHERE r.run_id = :run_id
ORDER BY l.class_index;

-- name: run_label_edges
SELECT d.ancestor, d.descendant
FROM label_edge AS d
JOIN run AS r ON r.label_set_id = d.label_set_id
WHERE r.run_id = :run_id
ORDER BY d.ancestor, d.descendant;

-- name: run_facets
SELECT facet FROM run_facet WHERE run_id = :run_id ORDER BY ordinal;
