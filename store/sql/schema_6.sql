-- schema_6.sql - migration 6: the order in which training used the cells.

-- name: m6_run_cell_order
-- What --shuffle came to; NULL: never begun, begun before this schema, or imported.
ALTER TABLE run ADD COLUMN cell_order TEXT CHECK (cell_order IN ('cells', 'blocks'));

-- name: m6_run_cell_order_fill
-- Of older runs it is known where it was said.
UPDATE run
SET cell_order = (SELECT p.value FROM run_param AS p
                  WHERE p.run_id = run.run_id AND p.name = 'shuffle')
WHERE started_us IS NOT NULL
  AND EXISTS (SELECT 1 FROM run_param AS p
              WHERE p.run_id = run.run_id AND p.name = 'shuffle'
                AND p.value IN ('cells', 'blocks'));

-- name: m6_version
PRAGMA user_version = 6;
