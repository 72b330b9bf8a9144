-- Rows without a distance come last, and none is missing: what a query without
-- LIMIT returns does not depend on the plan.
CREATE TABLE sparse (id integer, embedding real[]);
INSERT INTO sparse
SELECT i, CASE WHEN i % 5 = 0 THEN NULL
               WHEN i % 5 = 1 THEN '{0,0,0}'
               ELSE ARRAY[i, 1, 1] END
FROM generate_series(1, 1000) i;
CREATE INDEX sparse_l2 ON sparse USING pomai (embedding);
CREATE INDEX sparse_cosine ON sparse USING pomai (embedding real_cosine_ops);
INSERT INTO sparse
SELECT i, CASE WHEN i % 5 = 0 THEN NULL
               WHEN i % 5 = 1 THEN '{0,0,0}'
               ELSE ARRAY[i, 1, 1] END
FROM generate_series(1001, 1100) i;

-- The rows of a query, and whether distances rise, NaN and then NULL last.
CREATE FUNCTION rows_of(operator text, query real[],
  OUT index_scan boolean, OUT row_count bigint, OUT ids bigint,
  OUT with_distance bigint, OUT rising boolean)
LANGUAGE plpgsql AS $$
DECLARE
  line text;
  -- A subquery: the planner shall not know that it is NULL.
  sql text := format('SELECT id, embedding %s %L::real[] AS distance
    FROM sparse ORDER BY embedding %s (SELECT %L::real[])',
    operator, query, operator, query);
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || sql INTO line;
  index_scan := line LIKE '%"Index Scan"%';
  EXECUTE format('
    SELECT count(*), sum(DISTINCT id),
           count(*) FILTER (WHERE distance <> ''NaN''),
           bool_and(coalesce(distance >= before OR before IS NULL AND n = 1,
                             distance IS NULL OR distance = ''NaN''))
    FROM (SELECT id, distance, lag(distance) OVER (), row_number() OVER () n
          FROM (%s) q) AS s (id, distance, before, n)', sql)
  INTO row_count, ids, with_distance, rising;
END $$;

SET enable_seqscan = off;
SELECT * FROM rows_of('<->', '{3,1,1}');
SELECT * FROM rows_of('<=>', '{3,1,1}');
-- No distance to anything: NULL, and zero under cosine.
SELECT * FROM rows_of('<->', NULL);
SELECT * FROM rows_of('<=>', '{0,0,0}');
SET enable_seqscan = on;
SET enable_indexscan = off;
SELECT * FROM rows_of('<->', '{3,1,1}');
SELECT * FROM rows_of('<=>', '{3,1,1}');
SELECT * FROM rows_of('<->', NULL);
SELECT * FROM rows_of('<=>', '{0,0,0}');
RESET enable_indexscan;

SELECT * FROM pomai_check('sparse_l2');
SELECT * FROM pomai_check('sparse_cosine');
DROP TABLE sparse;

-- Nothing but rows without a distance; then a row with one.
CREATE TABLE empties (id integer, embedding real[]);
INSERT INTO empties VALUES (1, NULL), (2, NULL);
CREATE INDEX empties_embedding ON empties USING pomai (embedding);
SET enable_seqscan = off;
SELECT id FROM empties ORDER BY embedding <-> '{1,2}', id;
INSERT INTO empties VALUES (3, '{1,2}'), (4, NULL);
SELECT count(*), (array_agg(id))[1] AS nearest
FROM (SELECT id FROM empties ORDER BY embedding <-> '{1,2}' OFFSET 0) s;
SELECT * FROM pomai_check('empties_embedding');
DROP TABLE empties;
DROP FUNCTION rows_of;
