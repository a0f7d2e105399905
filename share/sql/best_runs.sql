-- The ten best runs by validation macro F1, and how they score on held-out studies.
SELECT r.run_id, r.experiment, r.model, r.loss, r.seed,
       round(r.best_val_f1_macro, 4) AS val_f1, r.best_epoch,
       round(o.f1, 4) AS ood_f1, r.state
FROM run_summary AS r
LEFT JOIN f1_overall AS o ON o.run_id = r.run_id AND o.evaluation = 'ood'
                         AND o.rule = 'hierarchy'
ORDER BY COALESCE(r.best_val_f1_macro, o.f1) DESC NULLS LAST
LIMIT 10;
