-- Scans that start again, stop early, or are prepared.
CREATE TABLE points (id integer PRIMARY KEY, embedding real[]);
INSERT INTO points SELECT i, ARRAY[i, 1, 2] FROM generate_series(1, 3000) i;
CREATE INDEX points_embedding ON points USING pomai (embedding);
CREATE TABLE queries (id integer, embedding real[]);
INSERT INTO queries VALUES
  (1, '{10.2,1,2}'), (2, '{2000.2,1,2}'), (3, NULL), (4, '{-7,1,2}');
SET enable_seqscan = off;
SET enable_sort = off;

\getenv test PG_ABS_SRCDIR
\set include :test '/sql/include/plan.sql'
\i :include

-- A scan for each row of another table.
SELECT plan('SELECT q.id, n.id FROM queries q CROSS JOIN LATERAL (
  SELECT id FROM points ORDER BY embedding <-> q.embedding LIMIT 2) n');
SELECT q.id, n.id FROM queries q CROSS JOIN LATERAL (
  SELECT id FROM points ORDER BY embedding <-> q.embedding LIMIT 2) n
WHERE q.id <> 3;
SELECT count(*) FROM queries q CROSS JOIN LATERAL (
  SELECT id FROM points ORDER BY embedding <-> q.embedding LIMIT 2) n;
-- A subquery as the query vector.
SELECT id FROM points ORDER BY embedding <-> (
  SELECT embedding FROM queries WHERE id = 2) LIMIT 3;

-- Cursors: forward, again, and forward only.
BEGIN;
DECLARE near CURSOR FOR
  SELECT id FROM points ORDER BY embedding <-> '{10.2,1,2}';
FETCH 3 FROM near;
FETCH 3 FROM near;
MOVE 1000 FROM near;
FETCH 1 FROM near;
-- Rows that come while it is open are not its own.
INSERT INTO points VALUES (5000, '{1016.2,1,2}');
FETCH 2 FROM near;
CLOSE near;
DECLARE held CURSOR WITH HOLD FOR
  SELECT id FROM points ORDER BY embedding <-> '{10.2,1,2}' LIMIT 3;
DECLARE back SCROLL CURSOR FOR
  SELECT id FROM points ORDER BY embedding <-> '{10.2,1,2}';
FETCH 2 FROM back;
FETCH BACKWARD 1 FROM back;
COMMIT;
FETCH ALL FROM held;
CLOSE held;
DELETE FROM points WHERE id = 5000;

-- Prepared, with a plan of its own and a generic one.
PREPARE near (real[], bigint) AS
  SELECT id FROM points ORDER BY embedding <-> $1 LIMIT $2;
EXECUTE near('{10.2,1,2}', 2);
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE near('{10.2,1,2}', 2);
EXECUTE near('{10.2,1,2}', 2);
EXECUTE near('{2000.2,1,2}', 4);
EXECUTE near(NULL, 0);
RESET plan_cache_mode;
DEALLOCATE near;

-- Many rows at any LIMIT, in order.
SELECT n, count(*), bool_and(distance >= before) AS rising FROM (
  SELECT n, distance,
         lag(distance, 1, 0::float8) OVER (PARTITION BY n ORDER BY place)
  FROM (VALUES (1), (9), (10), (11), (29), (30), (31), (1000), (4000)) l (n),
  LATERAL (
    SELECT row_number() OVER () AS place, distance FROM (
      SELECT embedding <-> '{10.2,1,2}' AS distance
      FROM points ORDER BY embedding <-> '{10.2,1,2}' LIMIT n) s) s
) s (n, distance, before) GROUP BY n ORDER BY n;
-- A filter takes the scan as far as it must go.
SELECT id FROM points WHERE id > 2990 ORDER BY embedding <-> '{10.2,1,2}'
LIMIT 3;
-- A join that asks for one row more at a time.
SELECT count(*) FROM (
  SELECT 1 FROM points a WHERE EXISTS (
    SELECT 1 FROM points b WHERE b.id = a.id + 2990)
  ORDER BY a.embedding <-> '{1,1,2}' LIMIT 10) s;
DROP TABLE points, queries;
DROP FUNCTION plan;
