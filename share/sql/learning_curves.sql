-- Learning curves aligned by epoch: mean over the runs, with the number of runs that got
-- that far (runs stop early, so a mean over fewer runs is another mean).  The validation
-- columns are empty for runs without a validation part.
SELECT r.experiment, r.model, r.loss, c.epoch, COUNT(DISTINCT c.run_id) AS runs,
       round(AVG(CASE WHEN c.metric = 'train_f1_macro_epoch' THEN c.value END), 5)
           AS train_f1_macro,
       round(AVG(CASE WHEN c.metric = 'val_loss' THEN c.value END), 5) AS val_loss,
       round(AVG(CASE WHEN c.metric = 'val_f1_macro' THEN c.value END), 5) AS val_f1_macro
FROM curve AS c
JOIN run_summary AS r ON r.run_id = c.run_id
WHERE c.metric IN ('train_f1_macro_epoch', 'val_loss', 'val_f1_macro')
GROUP BY r.experiment, r.model, r.loss, c.epoch
ORDER BY r.experiment, r.model, r.loss, c.epoch;
