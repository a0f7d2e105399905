-- What each run takes in the store.
SELECT z.run_id, r.name, r.loss, r.seed, r.state,
       round(z.checkpoint_bytes / 1048576.0, 1) AS checkpoint_mib, z.n_checkpoints,
       z.n_curve_rows, z.n_f1_rows
FROM run_size AS z
JOIN run_summary AS r ON r.run_id = z.run_id
ORDER BY z.checkpoint_bytes DESC, z.n_curve_rows DESC;
