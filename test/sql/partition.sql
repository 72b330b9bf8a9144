-- Partitioned tables and inheritance.
CREATE TABLE parted (id integer, embedding real[]) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (2000);
CREATE INDEX parted_embedding ON parted USING pomai (embedding);
INSERT INTO parted
SELECT i, ARRAY[i, 1, 2] FROM generate_series(0, 1999) i;
-- A partition that comes later gets its own.
CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM (2000) TO (3000);
INSERT INTO parted SELECT i, ARRAY[i, 1, 2] FROM generate_series(2000, 2499) i;
CREATE TABLE parted_4 (id integer, embedding real[]);
INSERT INTO parted_4
SELECT i, ARRAY[i, 1, 2] FROM generate_series(3000, 3999) i;
ALTER TABLE parted ATTACH PARTITION parted_4 FOR VALUES FROM (3000) TO (4000);
SET enable_seqscan = off;
SET enable_sort = off;
EXPLAIN (COSTS OFF)
SELECT id FROM parted ORDER BY embedding <-> '{1999.6,1,2}' LIMIT 4;
SELECT id FROM parted ORDER BY embedding <-> '{1999.6,1,2}' LIMIT 4;
EXPLAIN (COSTS OFF)
SELECT id FROM parted WHERE id < 1000
ORDER BY embedding <-> '{1999.6,1,2}' LIMIT 2;
SELECT id FROM parted WHERE id < 1000
ORDER BY embedding <-> '{1999.6,1,2}' LIMIT 2;
-- A row moves to another partition.
UPDATE parted SET id = 500, embedding = '{1999.7,1,2}' WHERE id = 2000;
SELECT tableoid::regclass, id FROM parted
ORDER BY embedding <-> '{1999.6,1,2}' LIMIT 3;
SELECT tablename, rows FROM pomai_membranes WHERE tablename LIKE 'parted%'
ORDER BY tablename;
SELECT c.relname, problem
FROM pg_class c, LATERAL pomai_check(c.oid) problem
WHERE c.relkind = 'i' AND c.relname LIKE 'parted%';
\set VERBOSITY terse
SELECT * FROM pomai_check('parted_embedding');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE parted;
