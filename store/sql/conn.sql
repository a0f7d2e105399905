-- conn.sql - what every connection says to SQLite.

-- name: begin
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: pragma_sync_full
PRAGMA synchronous = FULL;

-- name: pragma_sync_normal
PRAGMA synchronous = NORMAL;

-- name: pragma_page_size
PRAGMA page_size = 8192;

-- name: pragma_auto_vacuum
PRAGMA auto_vacuum = INCREMENTAL;

-- name: pragma_journal_wal
PRAGMA journal_mode = WAL;

-- name: pragma_journal_delete
PRAGMA journal_mode = DELETE;

-- name: pragma_foreign_keys_on
PRAGMA foreign_keys = ON;

-- name: pragma_foreign_keys_off
PRAGMA foreign_keys = OFF;

-- name: pragma_secure_delete
PRAGMA secure_delete = OFF;

-- name: pragma_temp_store
PRAGMA temp_store = MEMORY;

-- name: pragma_journal_size_limit
PRAGMA journal_size_limit = 67108864;

-- name: pragma_trusted_schema
PRAGMA trusted_schema = OFF;

-- name: pragma_cache_size
-- KiB when negative
PRAGMA cache_size = -16384;

-- name: pragma_cache_size_writer
-- It would fill with the pages of checkpoints, which nobody reads again.
PRAGMA cache_size = -4096;

-- name: pragma_data_version
PRAGMA data_version;

-- name: pragma_page_size_get
PRAGMA page_size;

-- name: pragma_journal_mode_get
PRAGMA journal_mode;

-- name: pragma_freelist_count
PRAGMA freelist_count;

-- name: pragma_incremental_vacuum
-- 1,024 pages: 8 MiB a transaction
PRAGMA incremental_vacuum (1024);

-- name: integrity_check
PRAGMA integrity_check;

-- name: foreign_key_check
PRAGMA foreign_key_check;

-- name: identify
SELECT (SELECT application_id FROM pragma_application_id),
       (SELECT user_version FROM pragma_user_version),
       (SELECT COUNT(*) FROM sqlite_schema);

-- name: meta_get
SELECT value FROM meta WHERE key = :key;

-- name: meta_set
INSERT INTO meta (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: meta_drop
DELETE FROM meta WHERE key = :key;

-- name: leases_of_host
-- Leases that a host keeps alive.
SELECT COUNT(*) FROM lease WHERE host = :host AND heartbeat_us > :since_us;

-- name: begin_read
BEGIN DEFERRED;
