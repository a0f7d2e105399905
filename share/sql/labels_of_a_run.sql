-- The classes of the newest run that was started, with their place in the hierarchy.
-- For another run, put its number in place of the subquery.
SELECT run_id, class_index, label, term_id, n_ancestors, n_descendants
FROM run_label
WHERE run_id = (SELECT MAX(run_id) FROM run_label)
ORDER BY class_index;
