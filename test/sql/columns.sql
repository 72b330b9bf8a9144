-- Columns that are not plain real[], and columns that change under an index.
\set VERBOSITY terse
SET enable_seqscan = off;
SET pomai.target_recall = 1;

-- Other arrays of numbers: through a cast. Queries are cast without a word.
CREATE TABLE numbers (id integer, d double precision[], i bigint[], t text);
INSERT INTO numbers
SELECT i, ARRAY[i, 1, 2], ARRAY[i, 1, 2], 'x' FROM generate_series(1, 2000) i;
CREATE INDEX ON numbers USING pomai (d);
\echo :LAST_ERROR_SQLSTATE
CREATE INDEX ON numbers USING pomai (i);
CREATE INDEX ON numbers USING pomai (t);
CREATE INDEX ON numbers USING pomai (d real_l2_ops);
\echo :LAST_ERROR_SQLSTATE
CREATE INDEX numbers_d ON numbers USING pomai ((d::real[]));
CREATE INDEX numbers_i ON numbers USING pomai ((i::real[]) real_cosine_ops);
EXPLAIN (COSTS OFF)
SELECT id FROM numbers ORDER BY d::real[] <-> '{5.2,1,2}' LIMIT 2;
SELECT id FROM numbers ORDER BY d::real[] <-> '{5.2,1,2}' LIMIT 2;
SELECT id FROM numbers ORDER BY d::real[] <-> ARRAY[5.2, 1, 2] LIMIT 2;
SELECT id FROM numbers ORDER BY i::real[] <=> ARRAY[5, 1, 2] LIMIT 1;
-- Too large for a real.
INSERT INTO numbers VALUES (0, '{1e300,1,2}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pomai_check('numbers_d');
SELECT * FROM pomai_check('numbers_i');
DROP TABLE numbers;

-- A domain, a generated column, a materialized view.
CREATE DOMAIN embedding AS real[] CHECK (array_length(value, 1) = 3);
CREATE TABLE made (id integer PRIMARY KEY, a real, v embedding,
  g real[] GENERATED ALWAYS AS (ARRAY[a, 1]) STORED);
CREATE INDEX made_v ON made USING pomai (v);
CREATE INDEX made_g ON made USING pomai (g);
INSERT INTO made SELECT i, i, ARRAY[i, 1, 2] FROM generate_series(1, 2000) i;
INSERT INTO made VALUES (0, 0, '{1,2}');
UPDATE made SET a = 0, v = '{0,1,2}' WHERE id = 1000;
SELECT id FROM made ORDER BY v <-> '{0,1,2}' LIMIT 2;
SELECT id FROM made ORDER BY v <-> '{0,1,2}'::embedding LIMIT 2;
SELECT id FROM made ORDER BY g <-> '{0,1}' LIMIT 2;
SELECT * FROM pomai_check('made_v');
SELECT * FROM pomai_check('made_g');
CREATE MATERIALIZED VIEW seen AS SELECT id, v FROM made;
CREATE UNIQUE INDEX ON seen (id);
CREATE INDEX seen_v ON seen USING pomai (v);
UPDATE made SET v = '{-5,1,2}' WHERE id = 7;
REFRESH MATERIALIZED VIEW CONCURRENTLY seen;
SELECT id FROM seen ORDER BY v <-> '{-5,1,2}' LIMIT 1;
DELETE FROM made WHERE id = 7;
REFRESH MATERIALIZED VIEW seen;
SELECT id FROM seen ORDER BY v <-> '{-5,1,2}' LIMIT 1;
SELECT * FROM pomai_check('seen_v');
DROP MATERIALIZED VIEW seen;

-- Statements that rewrite the table, or refuse to.
CLUSTER made USING made_v;
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE made SET UNLOGGED;
ALTER TABLE made SET LOGGED;
SELECT * FROM pomai_check('made_v');
ALTER TABLE made ALTER v TYPE text;
\echo :LAST_ERROR_SQLSTATE
ALTER TABLE made ALTER v TYPE real[] USING v[1:2];
SELECT dimensions FROM pomai_membranes WHERE indexname = 'made_v';
ALTER TABLE made ALTER v TYPE real[] USING v[1:id % 2 + 1];
\echo :LAST_ERROR_SQLSTATE
SELECT id FROM made ORDER BY v <-> '{500,1}' LIMIT 1;
ALTER TABLE made ALTER v TYPE double precision[];
CREATE TABLE copied (LIKE made INCLUDING ALL);
SELECT indexname, dimensions FROM pomai_membranes
WHERE tablename = 'copied' ORDER BY 1;
DROP EXTENSION pomai;
\echo :LAST_ERROR_SQLSTATE
DROP TABLE made, copied;
DROP DOMAIN embedding;
