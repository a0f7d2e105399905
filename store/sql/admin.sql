-- admin.sql - care of the file.

-- name: info_counts
SELECT (SELECT COUNT(*) FROM run), (SELECT COUNT(*) FROM metric),
       (SELECT COUNT(*) FROM score), (SELECT COUNT(*) FROM checkpoint WHERE complete = 1),
       (SELECT COALESCE(SUM(size_bytes), 0) FROM checkpoint WHERE complete = 1);
