-- schema_4.sql - migration 4: which runs changed, for readers that follow the store; the
-- views of the ontology (views are made again after every migration).

-- name: m4_run_change
-- One row per run there ever was.  change grows by 1 with every change of the run or of
-- its evaluations; a row whose run is gone says that it was deleted.  change is never
-- used twice, since its largest row is never deleted.
CREATE TABLE run_change (
    change INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL UNIQUE
) STRICT;

-- name: m4_run_change_fill
INSERT INTO run_change (run_id) SELECT run_id FROM run ORDER BY run_id;

-- name: m4_run_inserted
CREATE TRIGGER run_inserted AFTER INSERT ON run
BEGIN
    INSERT INTO run_change (change, run_id)
    VALUES ((SELECT COALESCE(MAX(change), 0) + 1 FROM run_change), NEW.run_id);
END;

-- name: m4_run_updated
CREATE TRIGGER run_updated AFTER UPDATE ON run
BEGIN
    UPDATE run_change SET change = (SELECT MAX(change) + 1 FROM run_change)
    WHERE run_id = NEW.run_id;
END;

-- name: m4_run_deleted
CREATE TRIGGER run_deleted AFTER DELETE ON run
BEGIN
    UPDATE run_change SET change = (SELECT MAX(change) + 1 FROM run_change)
    WHERE run_id = OLD.run_id;
END;

-- name: m4_evaluation_inserted
CREATE TRIGGER evaluation_inserted AFTER INSERT ON evaluation
BEGIN
    UPDATE run_change SET change = (SELECT MAX(change) + 1 FROM run_change)
    WHERE run_id = NEW.run_id;
END;

-- name: m4_evaluation_updated
CREATE TRIGGER evaluation_updated AFTER UPDATE ON evaluation
BEGIN
    UPDATE run_change SET change = (SELECT MAX(change) + 1 FROM run_change)
    WHERE run_id = NEW.run_id;
END;

-- name: m4_evaluation_deleted
CREATE TRIGGER evaluation_deleted AFTER DELETE ON evaluation
BEGIN
    UPDATE run_change SET change = (SELECT MAX(change) + 1 FROM run_change)
    WHERE run_id = OLD.run_id;
END;

-- name: m4_version
PRAGMA user_version = 4;
