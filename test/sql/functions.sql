-- The functions that look into an index, and who may call them.
CREATE TABLE seen (id integer PRIMARY KEY, embedding real[]);
INSERT INTO seen SELECT i, ARRAY[i, 1, 2] FROM generate_series(1, 2000) i;
CREATE INDEX seen_embedding ON seen USING pomai (embedding)
WITH (bits = 5, shards = 2, lists = 10);
INSERT INTO seen SELECT i, ARRAY[i, 1, 2] FROM generate_series(2001, 2030) i;

SELECT schemaname, tablename, indexname, metric, dimensions, bits, shards,
       lists, rows, tail_rows, segments,
       size = pg_relation_size(indexname::regclass) AS same_size,
       codebook_version, trained_rows > 0 AS trained
FROM pomai_membranes WHERE tablename = 'seen';
SELECT kind, shard, lists, rows, dead, pages > 0 AS has_pages, codebook_version
FROM pomai_segments('seen_embedding') ORDER BY kind, shard;
SELECT * FROM pomai_check('seen_embedding');

-- Search.
SELECT seen.id, round(distance::numeric, 3) AS distance
FROM pomai_search('seen_embedding', '{700.2,1,2}', 3) found (place, distance)
JOIN seen ON seen.ctid = place ORDER BY distance;
SELECT count(*) FROM pomai_search('seen_embedding', '{700.2,1,2}');
SELECT count(*) FROM pomai_search('seen_embedding', '{700.2,1,2}', 0);
SELECT count(*) FROM pomai_search('seen_embedding', NULL);

-- The last scan.
SET enable_seqscan = off;
SELECT id FROM seen ORDER BY embedding <-> '{700.2,1,2}' LIMIT 5;
SELECT lists_probed BETWEEN 1 AND 20 AS probed,
       codes_scanned BETWEEN 5 AND 2030 AS scanned,
       codes_refined BETWEEN 5 AND codes_scanned AS refined,
       rows_measured BETWEEN 5 AND codes_refined AS measured, rows_returned
FROM pomai_last_scan();
SELECT count(*) FROM (
  SELECT id FROM seen ORDER BY embedding <-> '{700.2,1,2}' OFFSET 0) s;
SELECT codes_scanned, rows_measured, rows_returned FROM pomai_last_scan();
RESET enable_seqscan;

-- What is no pomai index.
\set VERBOSITY terse
SELECT * FROM pomai_segments('seen');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_segments('seen_pkey');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_check('seen');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_search('seen_pkey', '{1}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_segments(1);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_search('seen_embedding', '{1}', -1);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_search('seen_embedding', '{1}');
\echo :LAST_ERROR_SQLSTATE

-- A role without rights, with SELECT, under row security.
CREATE ROLE regress_pomai_reader;
SET ROLE regress_pomai_reader;
SELECT count(*) FROM pomai_membranes WHERE tablename = 'seen';
SELECT * FROM pomai_segments('seen_embedding');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_search('seen_embedding', '{1,1,2}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_check('seen_embedding');
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT SELECT ON seen TO regress_pomai_reader;
SET ROLE regress_pomai_reader;
SELECT count(*) FROM pomai_membranes WHERE tablename = 'seen';
SELECT count(*) > 0 AS some FROM pomai_segments('seen_embedding');
SELECT count(*) FROM pomai_search('seen_embedding', '{1,1,2}');
SELECT * FROM pomai_check('seen_embedding');
RESET ROLE;
ALTER TABLE seen ENABLE ROW LEVEL SECURITY;
CREATE POLICY odd ON seen USING (id % 2 = 1);
SET ROLE regress_pomai_reader;
SELECT seen.id
FROM pomai_search('seen_embedding', '{700.2,1,2}', 3) found (place, distance)
JOIN seen ON seen.ctid = place ORDER BY distance;
RESET ROLE;
ALTER TABLE seen OWNER TO regress_pomai_reader;
SET ROLE regress_pomai_reader;
SELECT * FROM pomai_check('seen_embedding');
RESET ROLE;

-- A row that has no entry: one that the index was told to leave out.
ALTER TABLE seen DISABLE ROW LEVEL SECURITY;
UPDATE pg_index SET indisready = false, indisvalid = false
WHERE indexrelid = 'seen_embedding'::regclass;
INSERT INTO seen VALUES (9001, '{9,9,9}');
DELETE FROM seen WHERE id = 1000;
VACUUM seen;
UPDATE pg_index SET indisready = true, indisvalid = true
WHERE indexrelid = 'seen_embedding'::regclass;
SELECT * FROM pomai_check('seen_embedding');
REINDEX INDEX seen_embedding;
SELECT * FROM pomai_check('seen_embedding');
DROP TABLE seen;
DROP ROLE regress_pomai_reader;
