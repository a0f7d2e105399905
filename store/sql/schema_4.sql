-- schema_4.sql - migration 4: the views of the ontology (views are made again).

-- name: m4_version
PRAGMA user_version = 4;
