-- Maintenance by hand, what it leaves behind, and who may ask for it.
\set VERBOSITY terse
SET pomai.background_maintenance = off;
CREATE FUNCTION spot(i integer) RETURNS real[] LANGUAGE sql IMMUTABLE AS
  $$ SELECT ARRAY[i % 13, i % 17, i % 19, i % 23, sin(i), cos(i)]::real[] $$;
CREATE FUNCTION problems(index regclass) RETURNS SETOF text LANGUAGE sql AS
  $$ SELECT * FROM pomai_check(index) $$;
-- Queries whose answer by the index differs from the table's.
CREATE FUNCTION differing(relation regclass) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  by_index double precision[];
  by_scan double precision[];
  query text := format('SELECT array_agg(d) FROM (SELECT v <-> $1 AS d FROM %s
    ORDER BY v <-> $1 LIMIT 10) s', relation);
  n bigint := 0;
BEGIN
  PERFORM set_config('pomai.target_recall', '1', true);
  FOR i IN 1..10 LOOP
    PERFORM set_config('enable_seqscan', 'off', true),
            set_config('enable_indexscan', 'on', true);
    EXECUTE query INTO by_index USING spot(-i);
    PERFORM set_config('enable_seqscan', 'on', true),
            set_config('enable_indexscan', 'off', true);
    EXECUTE query INTO by_scan USING spot(-i);
    n := n + (by_index IS DISTINCT FROM by_scan)::int;
  END LOOP;
  RETURN n;
END $$;

CREATE TABLE m (id integer, v real[]);
INSERT INTO m SELECT i, spot(i) FROM generate_series(1, 5000) i;
CREATE INDEX m_v ON m USING pomai (v) WITH (shards = 2);
INSERT INTO m SELECT i, spot(i) FROM generate_series(5001, 6500) i;
INSERT INTO m VALUES (6501, NULL);
SELECT kind, sum(rows) FROM pomai_segments('m_v') GROUP BY kind ORDER BY kind;
SELECT pomai_seal('m_v');
SELECT kind, sum(rows) FROM pomai_segments('m_v') GROUP BY kind ORDER BY kind;
SELECT pomai_seal('m_v');
SELECT * FROM problems('m_v');
SELECT differing('m');

DELETE FROM m WHERE id % 10 = 0;
VACUUM (INDEX_CLEANUP on) m;
SELECT pomai_merge('m_v') > 0 AS merged;
SELECT sum(rows), sum(dead) FROM pomai_segments('m_v');
SELECT * FROM problems('m_v');
SELECT differing('m');

SELECT codebook_version FROM pomai_membranes WHERE indexname = 'm_v';
SELECT pomai_retrain('m_v') > 1 AS trained;
SELECT codebook_version, trained_rows, maintenance
FROM pomai_membranes WHERE indexname = 'm_v';
SELECT * FROM problems('m_v');
SELECT differing('m');
SELECT kind, shard, rows, pages > 0 AS has_pages, horizon IS NOT NULL AS waits
FROM pomai_snapshot('m_v') WHERE kind <> 'retired' ORDER BY kind, shard;
SELECT bool_and(pages > 0 AND horizon IS NOT NULL)
FROM pomai_snapshot('m_v') WHERE kind = 'retired';

-- VACUUM writes segments anew that are a fifth dead, and seals long tails.
DELETE FROM m WHERE id % 10 < 4;
VACUUM (INDEX_CLEANUP on) m;
SELECT sum(dead) < 200 AS tidy FROM pomai_segments('m_v');
INSERT INTO m SELECT i, spot(i) FROM generate_series(7001, 9000) i;
INSERT INTO m SELECT i, spot(i) FROM generate_series(9001, 12000) i;
VACUUM (INDEX_CLEANUP on) m;
SELECT sum(rows) FILTER (WHERE kind = 'tail') < 4100 AS sealed,
  sum(rows - dead) FROM pomai_segments('m_v');
SELECT reltuples FROM pg_class WHERE relname = 'm_v';
ANALYZE m;
SELECT reltuples FROM pg_class WHERE relname = 'm_v';
SELECT * FROM problems('m_v');
SELECT differing('m');

-- An empty index trains itself, here in the inserting session.
CREATE TABLE empty (id integer, v real[]);
CREATE INDEX empty_v ON empty USING pomai (v);
INSERT INTO empty SELECT i, spot(i) FROM generate_series(1, 500) i;
SELECT lists FROM pomai_membranes WHERE indexname = 'empty_v';
INSERT INTO empty SELECT i, spot(i) FROM generate_series(501, 6000) i;
SELECT lists > 1 AS trained FROM pomai_membranes WHERE indexname = 'empty_v';
SELECT * FROM problems('empty_v');
SELECT differing('empty');
-- So do a temporary one and one of this transaction.
CREATE TEMP TABLE fleeting (id integer, v real[]);
CREATE INDEX fleeting_v ON fleeting USING pomai (v);
INSERT INTO fleeting SELECT i, spot(i) FROM generate_series(1, 6000) i;
SELECT lists > 1 AS trained FROM pomai_membranes WHERE indexname = 'fleeting_v';
SELECT pomai_merge('fleeting_v') > 0 AS merged;
VACUUM fleeting;
SELECT * FROM problems('fleeting_v');
SELECT differing('fleeting');
BEGIN;
CREATE TABLE made (id integer, v real[]);
CREATE INDEX made_v ON made USING pomai (v);
INSERT INTO made SELECT i, spot(i) FROM generate_series(1, 6000) i;
SELECT lists > 1 AS trained FROM pomai_membranes WHERE indexname = 'made_v';
SELECT differing('made');
ROLLBACK;

-- Who may: owners, on indexes of ours, where they may write.
CREATE ROLE pomai_guest;
SET ROLE pomai_guest;
SELECT pomai_seal('m_v');
SELECT pomai_snapshot('m_v');
RESET ROLE;
DROP ROLE pomai_guest;
SELECT pomai_merge('m');
BEGIN READ ONLY;
SELECT pomai_retrain('m_v');
ROLLBACK;
-- Nothing to train on.
TRUNCATE m;
SELECT pomai_retrain('m_v'), pomai_merge('m_v'), pomai_seal('m_v');
DROP TABLE m, empty, fleeting;
DROP FUNCTION spot, problems, differing;
