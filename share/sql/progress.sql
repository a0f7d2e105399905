-- What is running and waiting now: how far, how fast, how long still; no rows where
-- nothing is.
SELECT q.run_id, q.state, r.name, r.loss, r.seed,
       r.epoch || '/' || r.max_epochs AS epoch, r.step,
       round(r.train_loss, 4) AS train_loss, round(r.val_f1_macro, 4) AS val_f1,
       round(r.cells_per_s) AS cells_per_s, round(r.eta_s) AS eta_s,
       round(q.heartbeat_age_s, 1) AS heartbeat_age_s, q.reason
FROM queue AS q
JOIN run_summary AS r ON r.run_id = q.run_id
ORDER BY q.state = 'running' DESC, q.position;
