-- Deletes, and VACUUM.
-- Without a worker, VACUUM does its work at once.
SET pomai.background_maintenance = off;
CREATE TABLE shrunk (id integer, embedding real[])
WITH (autovacuum_enabled = off);
INSERT INTO shrunk SELECT i, ARRAY[i, 1, 2] FROM generate_series(1, 3000) i;
CREATE INDEX shrunk_embedding ON shrunk USING pomai (embedding)
WITH (shards = 2);
INSERT INTO shrunk SELECT i, ARRAY[i, 1, 2] FROM generate_series(3001, 3100) i;
SET enable_seqscan = off;

DELETE FROM shrunk WHERE id BETWEEN 101 AND 3050 AND id % 2 = 0;
SELECT id FROM shrunk ORDER BY embedding <-> '{3050.2,1,2}' LIMIT 3;
SELECT sum(rows), sum(dead) FROM pomai_segments('shrunk_embedding');
VACUUM (INDEX_CLEANUP on) shrunk;
SELECT kind, sum(rows), sum(dead) FROM pomai_segments('shrunk_embedding')
GROUP BY kind ORDER BY kind;
SELECT * FROM pomai_check('shrunk_embedding');
SELECT id FROM shrunk ORDER BY embedding <-> '{3050.2,1,2}' LIMIT 3;
SELECT count(*), count(DISTINCT id) FROM (
  SELECT id FROM shrunk ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;
SELECT reltuples FROM pg_class WHERE relname = 'shrunk_embedding';
-- Freed places are taken by other rows, whose old entries must be gone.
INSERT INTO shrunk SELECT -i, ARRAY[-i, 1, 2] FROM generate_series(1, 1500) i;
SELECT id FROM shrunk ORDER BY embedding <-> '{-700.2,1,2}' LIMIT 3;
SELECT id FROM shrunk ORDER BY embedding <-> '{2000.2,1,2}' LIMIT 3;
SELECT * FROM pomai_check('shrunk_embedding');
-- Nothing to do, and ANALYZE.
VACUUM (INDEX_CLEANUP on) shrunk;
VACUUM (INDEX_CLEANUP on) shrunk;
ANALYZE shrunk;
SELECT i.reltuples = t.reltuples AS same
FROM pg_class i, pg_class t
WHERE i.relname = 'shrunk_embedding' AND t.relname = 'shrunk';
SELECT * FROM pomai_check('shrunk_embedding');
-- Everything goes, and something comes.
DELETE FROM shrunk;
VACUUM (INDEX_CLEANUP on) shrunk;
SELECT count(*) FROM (
  SELECT id FROM shrunk ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;
SELECT * FROM pomai_check('shrunk_embedding');
INSERT INTO shrunk VALUES (1, '{1,2,3}');
SELECT id FROM shrunk ORDER BY embedding <-> '{1,2,3}';
VACUUM FULL shrunk;
SELECT id FROM shrunk ORDER BY embedding <-> '{1,2,3}';
SELECT * FROM pomai_check('shrunk_embedding');
DROP TABLE shrunk;
