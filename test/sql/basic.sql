-- The first thing anyone does: a table, an index, the nearest rows.
CREATE TABLE items (id integer PRIMARY KEY, embedding real[]);
INSERT INTO items SELECT i, ARRAY[i, 0, 7] FROM generate_series(1, 2000) i;
CREATE INDEX items_embedding ON items USING pomai (embedding);
SET enable_seqscan = off;

EXPLAIN (COSTS OFF)
SELECT id FROM items ORDER BY embedding <-> '{500.2,0,7}' LIMIT 5;
SELECT id, round((embedding <-> '{500.2,0,7}')::numeric, 3) AS distance
FROM items ORDER BY embedding <-> '{500.2,0,7}' LIMIT 5;
-- The operator commutes, for the planner too.
EXPLAIN (COSTS OFF)
SELECT id FROM items ORDER BY '{500.2,0,7}' <-> embedding LIMIT 5;
SELECT id FROM items ORDER BY '{500.2,0,7}' <-> embedding LIMIT 5;
-- Distances never fall, and no row is missing or twice.
SELECT count(*), count(DISTINCT id), bool_and(rising) AS rising
FROM (
  SELECT id, distance >= lag(distance, 1, 0::float8) OVER () AS rising
  FROM (
    SELECT id, embedding <-> '{500.2,0,7}' AS distance
    FROM items ORDER BY embedding <-> '{500.2,0,7}' LIMIT 10) s) s;
SELECT count(*), count(DISTINCT id), sum(id)
FROM (SELECT id FROM items ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;

-- The other metrics.
CREATE TABLE directions (id integer, embedding real[]);
INSERT INTO directions
SELECT i, ARRAY[cosd(i) * (1 + i % 7), sind(i) * (1 + i % 7)]::real[]
FROM generate_series(0, 359) i;
CREATE INDEX directions_cosine ON directions
USING pomai (embedding real_cosine_ops);
CREATE INDEX directions_ip ON directions USING pomai (embedding real_ip_ops);
EXPLAIN (COSTS OFF)
SELECT id FROM directions ORDER BY embedding <=> '{0.001,5}' LIMIT 3;
SELECT id, round((embedding <=> '{-0.02,5}')::numeric, 5) AS distance
FROM directions ORDER BY embedding <=> '{-0.02,5}' LIMIT 3;
EXPLAIN (COSTS OFF)
SELECT id FROM directions ORDER BY embedding <#> '{0,5}' LIMIT 3;
SELECT id, round((embedding <#> '{-0.02,5}')::numeric, 3) AS distance
FROM directions ORDER BY embedding <#> '{-0.02,5}' LIMIT 3;

SELECT opcname, opcdefault, amopopr::regoperator, amopstrategy
FROM pg_opclass
JOIN pg_amop ON amopfamily = opcfamily
JOIN pg_am am ON am.oid = opcmethod
WHERE amname = 'pomai' AND opcname LIKE 'real%'
ORDER BY amopstrategy;
SELECT opcname, amvalidate(oid)
FROM pg_opclass WHERE opcname LIKE 'real\_%\_ops' ORDER BY 1;
DROP TABLE items, directions;
