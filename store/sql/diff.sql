-- diff.sql - what a run is, as keys and values.

-- name: run_config
-- What was asked for: identity (part 0), parameters (1), what they came to (2).  A list
-- is one value, its items by position.
SELECT part, name, value
FROM (SELECT 0 AS part, 0 AS ordinal, 'name' AS name, name AS value
      FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 0, 1, 'experiment', experiment FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 0, 2, 'model', model FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 0, 3, 'loss', loss FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 0, 4, 'seed', CAST(seed AS TEXT) FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 1, MIN(p.ordinal), p.name, group_concat(p.value, '; ')
      FROM (SELECT name, ordinal, value FROM run_param
            WHERE run_id = :run_id
              AND name NOT IN ('name', 'experiment', 'model', 'loss', 'seed')
            ORDER BY ordinal) AS p
      GROUP BY p.name
      UNION ALL
      SELECT 2, 0, 'data_digest', data_digest FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 2, 1, 'split_digest', split_digest FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 2, 2, 'class_digest', class_digest FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 2, 3, 'gene_digest', g.digest
      FROM run AS r JOIN gene_set AS g ON g.gene_set_id = r.gene_set_id
      WHERE r.run_id = :run_id
      UNION ALL
      SELECT 2, 4, 'obo_version', COALESCE(NULLIF(o.version, ''), o.digest)
      FROM run AS r JOIN ontology AS o ON o.ontology_id = r.ontology_id
      WHERE r.run_id = :run_id
      UNION ALL
      SELECT 2, 5, 'cpu_path', cpu_path FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 2, 6, 'blas_core', blas_core FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 2, 7, 'origin', origin FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 2, 8, 'source_path', source_path FROM run WHERE run_id = :run_id
      UNION ALL
      SELECT 2, 9, 'cell_order', cell_order FROM run WHERE run_id = :run_id)
WHERE value IS NOT NULL
ORDER BY part, ordinal;
