-- Partial indexes and indexes on expressions.
CREATE TABLE part (id integer, active boolean, embedding real[]);
INSERT INTO part
SELECT i, i % 3 = 0, ARRAY[i, 1, 2] FROM generate_series(1, 3000) i;
CREATE INDEX part_active ON part USING pomai (embedding) WHERE active;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF)
SELECT id FROM part WHERE active ORDER BY embedding <-> '{300.2,1,2}' LIMIT 3;
SELECT id FROM part WHERE active ORDER BY embedding <-> '{300.2,1,2}' LIMIT 3;
\getenv test PG_ABS_SRCDIR
\set include :test '/sql/include/plan.sql'
\i :include
-- Without the predicate the index is of no use.
SELECT plan('SELECT id FROM part ORDER BY embedding <-> ''{300.2,1,2}'' LIMIT 3');
SELECT count(*), count(DISTINCT id) FROM (
  SELECT id FROM part WHERE active
  ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;
-- Rows come in and go out.
UPDATE part SET active = true WHERE id = 301;
UPDATE part SET active = false WHERE id = 300;
SELECT id FROM part WHERE active ORDER BY embedding <-> '{300.2,1,2}' LIMIT 3;
SELECT * FROM pomai_check('part_active');
DELETE FROM part WHERE id BETWEEN 290 AND 310;
VACUUM (INDEX_CLEANUP on) part;
SELECT id FROM part WHERE active ORDER BY embedding <-> '{300.2,1,2}' LIMIT 3;
SELECT * FROM pomai_check('part_active');
-- A vector that no index would take is none of a partial index's business.
INSERT INTO part VALUES (0, false, '{1,2,3,4,5}');
SELECT * FROM pomai_check('part_active');
DROP TABLE part;

-- An expression, with a function of one's own.
CREATE TABLE halves (id integer, low real, high real);
INSERT INTO halves SELECT i, i, -i FROM generate_series(1, 3000) i;
CREATE FUNCTION pair(low real, high real) RETURNS real[]
LANGUAGE sql IMMUTABLE AS 'SELECT ARRAY[low, high]';
CREATE INDEX halves_pair ON halves USING pomai (pair(low, high))
WHERE pair(low, high) IS NOT NULL;
EXPLAIN (COSTS OFF)
SELECT id FROM halves WHERE pair(low, high) IS NOT NULL
ORDER BY pair(low, high) <-> '{300.2,-300}' LIMIT 3;
SELECT id FROM halves WHERE pair(low, high) IS NOT NULL
ORDER BY pair(low, high) <-> '{300.2,-300}' LIMIT 3;
INSERT INTO halves VALUES (0, 300.1, -300);
UPDATE halves SET low = 0 WHERE id = 300;
SELECT id FROM halves WHERE pair(low, high) IS NOT NULL
ORDER BY pair(low, high) <-> '{300.2,-300}' LIMIT 3;
SELECT halves.id, round(distance::numeric, 3)
FROM pomai_search('halves_pair', '{300.2,-300}', 2) AS found (place, distance)
JOIN halves ON halves.ctid = place ORDER BY distance;
SELECT * FROM pomai_check('halves_pair');
VACUUM (INDEX_CLEANUP on) halves;
SELECT * FROM pomai_check('halves_pair');
DROP TABLE halves;
DROP FUNCTION pair;
DROP FUNCTION plan;
