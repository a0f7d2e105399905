-- Which ontology each run used, and how much hierarchy its classes have: with no
-- ancestor pairs HCE is the same as CE.
SELECT o.run_id, r.experiment, r.loss, r.seed, o.source, o.version, o.n_terms,
       o.n_classes, o.n_ancestor_pairs
FROM run_ontology AS o
JOIN run_summary AS r ON r.run_id = o.run_id
ORDER BY o.run_id;
