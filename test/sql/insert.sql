-- Rows inserted after the build are found at once.
CREATE TABLE grown (id integer, embedding real[]);
CREATE INDEX grown_embedding ON grown USING pomai (embedding);
SET enable_seqscan = off;

-- From an empty table on.
SELECT count(*) FROM (
  SELECT id FROM grown ORDER BY embedding <-> '{1,1,1}' OFFSET 0) s;
INSERT INTO grown SELECT i, ARRAY[i, i, i] FROM generate_series(1, 500) i;
SELECT id FROM grown ORDER BY embedding <-> '{100.2,100,100}' LIMIT 3;
REINDEX INDEX grown_embedding;
INSERT INTO grown VALUES (501, '{100.1,100,100}');
SELECT id FROM grown ORDER BY embedding <-> '{100.2,100,100}' LIMIT 3;
-- A lookup after every insert, in one transaction.
DO $$
DECLARE
  found integer;
BEGIN
  FOR i IN 1..50 LOOP
    INSERT INTO grown VALUES (1000 + i, ARRAY[i + 0.4, i, i]);
    SELECT id INTO found FROM grown
    ORDER BY embedding <-> ARRAY[i + 0.4, i, i]::real[] LIMIT 1;
    IF found <> 1000 + i THEN
      RAISE WARNING 'found % instead of %', found, 1000 + i;
    END IF;
  END LOOP;
END $$;
-- COPY.
COPY grown FROM stdin;
2001	{-5,-5,-5}
2002	{-6,-6,-6}
2003	\N
\.
SELECT id FROM grown ORDER BY embedding <-> '{-5.1,-5,-5}' LIMIT 2;
-- What is rolled back is not found, also of a subtransaction.
BEGIN;
INSERT INTO grown VALUES (3001, '{-50,-50,-50}');
SAVEPOINT s;
INSERT INTO grown VALUES (3002, '{-51,-51,-51}');
SELECT id FROM grown ORDER BY embedding <-> '{-51,-51,-51}' LIMIT 2;
ROLLBACK TO s;
SELECT id FROM grown ORDER BY embedding <-> '{-51,-51,-51}' LIMIT 2;
ROLLBACK;
SELECT id FROM grown ORDER BY embedding <-> '{-51,-51,-51}' LIMIT 2;
-- ON CONFLICT leaves entries of rows that never were.
CREATE UNIQUE INDEX grown_id ON grown (id);
INSERT INTO grown VALUES (1, '{7,7,8}') ON CONFLICT (id) DO NOTHING;
INSERT INTO grown VALUES (1, '{7,7,8}')
ON CONFLICT (id) DO UPDATE SET embedding = excluded.embedding;
SELECT id FROM grown ORDER BY embedding <-> '{7,7,8}' LIMIT 2;
-- Many rows in one statement; more than a page of the index holds.
INSERT INTO grown
SELECT 10000 + i, ARRAY[i, -i, i] FROM generate_series(1, 20000) i;
SELECT id FROM grown ORDER BY embedding <-> '{9000.2,-9000,9000}' LIMIT 3;
SELECT count(*), count(DISTINCT id) FROM (
  SELECT id FROM grown ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;
SELECT rows, tail_rows < 20057 AS sealed FROM pomai_membranes
WHERE indexname = 'grown_embedding';
SELECT * FROM pomai_check('grown_embedding');
REINDEX INDEX CONCURRENTLY grown_embedding;
SELECT tail_rows FROM pomai_membranes WHERE indexname = 'grown_embedding';
SELECT id FROM grown ORDER BY embedding <-> '{9000.2,-9000,9000}' LIMIT 3;
SELECT * FROM pomai_check('grown_embedding');
TRUNCATE grown;
SELECT count(*) FROM (
  SELECT id FROM grown ORDER BY embedding <-> '{1,1,1}' OFFSET 0) s;
-- The emptied table may hold vectors of another length.
INSERT INTO grown VALUES (1, '{1,2}');
SELECT id FROM grown ORDER BY embedding <-> '{1,1}';
SELECT * FROM pomai_check('grown_embedding');
DROP TABLE grown;
