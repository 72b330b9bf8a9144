-- When the planner takes the index. Vectors of 100 dimensions: a table of
-- ordinary size.
CREATE TABLE planned (id integer PRIMARY KEY, kind integer, embedding real[]);
SELECT setseed(0.5);
INSERT INTO planned
SELECT i, i % 1000, (
  SELECT array_agg((sin(i % 50 + j) + random() / 4)::real)
  FROM generate_series(1, 100) j)
FROM generate_series(1, 10000) i;
CREATE INDEX planned_embedding ON planned USING pomai (embedding);
CREATE INDEX planned_kind ON planned (kind);
VACUUM ANALYZE planned;
-- Stable, so plans show its name.
CREATE FUNCTION query(dimensions integer) RETURNS real[] STABLE
LANGUAGE plpgsql AS $$
BEGIN
  RETURN array_fill(1::real, ARRAY[dimensions]);
END $$;
\getenv test PG_ABS_SRCDIR
\set include :test '/sql/include/plan.sql'
\i :include

-- The nearest rows, with and without a filter that lets many rows through.
EXPLAIN (COSTS OFF)
SELECT id FROM planned
ORDER BY embedding <-> query(100) LIMIT 10;
EXPLAIN (COSTS OFF)
SELECT id FROM planned WHERE kind > 500
ORDER BY embedding <-> query(100) LIMIT 10;
PREPARE near (real[], bigint) AS
  SELECT id FROM planned ORDER BY embedding <-> $1 LIMIT $2;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE near('{1}', 10);
RESET plan_cache_mode;
EXPLAIN (COSTS OFF)
SELECT q.id, n.id FROM planned q CROSS JOIN LATERAL (
  SELECT id FROM planned ORDER BY embedding <-> q.embedding LIMIT 2) n
WHERE q.id < 5;

-- A filter that lets few rows through is a btree's.
EXPLAIN (COSTS OFF)
SELECT id FROM planned WHERE kind = 5
ORDER BY embedding <-> query(100) LIMIT 10;
EXPLAIN (COSTS OFF)
SELECT id FROM planned WHERE id = 5
ORDER BY embedding <-> query(100) LIMIT 10;
-- All rows in order: a sort.
EXPLAIN (COSTS OFF)
SELECT id FROM planned ORDER BY embedding <-> query(100);
-- No order, another order, another operator: not this index.
EXPLAIN (COSTS OFF) SELECT id FROM planned LIMIT 10;
EXPLAIN (COSTS OFF) SELECT count(*) FROM planned;
SET enable_seqscan = off;
SELECT plan('SELECT embedding FROM planned');
SELECT plan('SELECT id FROM planned WHERE embedding <-> query(100) < 1');
SELECT plan('SELECT id FROM planned
ORDER BY embedding <=> query(100) LIMIT 10');
SELECT plan('SELECT id FROM planned
ORDER BY embedding <-> query(100) DESC LIMIT 10');
RESET enable_seqscan;

-- A partial index without an order.
CREATE INDEX planned_partial ON planned USING pomai (embedding)
WHERE kind = 5;
EXPLAIN (COSTS OFF) SELECT count(*) FROM planned WHERE kind = 5;
DROP INDEX planned_partial;

-- A table of a few rows is read as a whole.
CREATE TABLE few (id integer, embedding real[]);
INSERT INTO few SELECT i, ARRAY[i, 1, 2] FROM generate_series(1, 100) i;
CREATE INDEX few_embedding ON few USING pomai (embedding);
ANALYZE few;
EXPLAIN (COSTS OFF)
SELECT id FROM few ORDER BY embedding <-> '{1,2,3}' LIMIT 10;
DROP TABLE few, planned;

-- Narrow vectors, and vectors that are stored out of line, 10,000 rows each.
CREATE TABLE narrow (id integer, embedding real[]);
INSERT INTO narrow
SELECT i, ARRAY[i % 100, i / 100, 2] FROM generate_series(1, 10000) i;
CREATE INDEX narrow_embedding ON narrow USING pomai (embedding);
ANALYZE narrow;
EXPLAIN (COSTS OFF)
SELECT id FROM narrow ORDER BY embedding <-> '{1,2,3}' LIMIT 10;
DROP TABLE narrow;
CREATE TABLE wide (id integer, embedding real[]);
INSERT INTO wide
SELECT i, (SELECT array_agg((sin(i % 50 + j) + random() / 4)::real)
           FROM generate_series(1, 800) j)
FROM generate_series(1, 10000) i;
CREATE INDEX wide_embedding ON wide USING pomai (embedding);
ANALYZE wide;
EXPLAIN (COSTS OFF)
SELECT id FROM wide
ORDER BY embedding <-> query(800) LIMIT 10;
DROP TABLE wide;
DROP FUNCTION query, plan;
