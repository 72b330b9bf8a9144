-- A statement's inserts are collected and applied at its end, or earlier where
-- somebody could miss them. Nothing that follows an insert may meet a row that
-- is in the table and not in the index, or the other way round.
\set VERBOSITY terse
SET enable_seqscan = off;
SET pomai.target_recall = 1;

-- The index's rows nearest to a vector; an index that lacks one shows it.
CREATE FUNCTION by_index(relation regclass) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE found bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %s
    ORDER BY v <-> ''{0,0,0,0}'' OFFSET 0) s', relation) INTO found;
  RETURN found;
END $$;
CREATE FUNCTION four(i integer) RETURNS real[] LANGUAGE sql IMMUTABLE AS
  $$ SELECT ARRAY[i, i % 7, i % 11, 1]::real[] $$;

CREATE TABLE b (id integer, v real[]);
CREATE INDEX b_v ON b USING pomai (v);
INSERT INTO b VALUES (1, four(1));

-- Many rows, from values, from the same table, from COPY.
INSERT INTO b VALUES (2, four(2)), (3, four(3)), (4, NULL);
SELECT by_index('b');
INSERT INTO b SELECT i, four(i) FROM generate_series(5, 2500) i;
SELECT by_index('b');
INSERT INTO b SELECT id + 10000, v FROM b ORDER BY v <-> '{5,5,5,1}';
SELECT by_index('b');
COPY b FROM stdin;
20001	{1,2,3,4}
20002	\N
20003	{4,3,2,1}
\.
SELECT by_index('b');
SELECT * FROM pomai_check('b_v');

-- A wrong row takes its statement with it, wherever in the batch it stands.
INSERT INTO b SELECT i, CASE WHEN i = 700 THEN '{1,2,3}' ELSE four(i) END
FROM generate_series(1, 900) i;
INSERT INTO b SELECT i, CASE WHEN i = 1700 THEN '{1,NULL,2,3}' ELSE four(i) END
FROM generate_series(1, 1900) i;
SELECT by_index('b'), count(*) FROM b;
SELECT * FROM pomai_check('b_v');

-- Triggers that search: each row's sees the rows before it.
CREATE TABLE seen (id integer, rows bigint);
CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO seen VALUES (NEW.id, by_index('tr'));
  RETURN NULL;
END $$;
CREATE TABLE tr (id integer PRIMARY KEY, v real[]);
CREATE INDEX tr_v ON tr USING pomai (v);
INSERT INTO tr VALUES (0, four(0));
CREATE TRIGGER look AFTER INSERT ON tr FOR EACH ROW EXECUTE FUNCTION look();
INSERT INTO tr SELECT i, four(i) FROM generate_series(1, 5) i;
SELECT * FROM seen ORDER BY id;
DROP TRIGGER look ON tr;
-- Before each row: of this statement the earlier ones are there already in
-- the table, but not yet to be seen by it.
CREATE FUNCTION insert_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id < 1000 THEN
    INSERT INTO tr VALUES (NEW.id + 1000, NEW.v);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER other BEFORE INSERT ON tr
FOR EACH ROW EXECUTE FUNCTION insert_other();
INSERT INTO tr SELECT i, four(i) FROM generate_series(10, 19) i;
SELECT by_index('tr'), count(*) FROM tr;
DROP TRIGGER other ON tr;
CREATE FUNCTION count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE '% problems', (SELECT count(*) FROM pomai_check('tr_v'));
  RAISE NOTICE '% new, % in the index',
    (SELECT count(*) FROM fresh), by_index('tr');
  RETURN NULL;
END $$;
CREATE TRIGGER whole AFTER INSERT ON tr REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION count_new();
INSERT INTO tr SELECT i, four(i) FROM generate_series(30, 39) i;
DROP TRIGGER whole ON tr;
-- A foreign key to the same table.
ALTER TABLE tr ADD parent integer REFERENCES tr;
INSERT INTO tr SELECT i, four(i), i + 1 - 2 * (i % 2)
FROM generate_series(50, 59) i;
INSERT INTO tr VALUES (60, four(60), 61), (62, four(62), 0);
SELECT by_index('tr'), count(*) FROM tr;
-- One that writes to it.
ALTER TABLE tr DROP CONSTRAINT tr_parent_fkey,
  ADD FOREIGN KEY (parent) REFERENCES tr ON UPDATE CASCADE ON DELETE CASCADE;
UPDATE tr SET id = id + 500, v = four(id + 500) WHERE id BETWEEN 50 AND 53;
SELECT id, parent FROM tr WHERE id > 500 AND parent IS NOT NULL
ORDER BY v <-> four(551) LIMIT 4;
SELECT by_index('tr'), count(*) FROM tr;
DELETE FROM tr WHERE id = 553;
SELECT by_index('tr'), count(*) FROM tr;
SELECT * FROM pomai_check('tr_v');

-- A parallel query inside a trigger, which sees the statement's earlier rows.
CREATE FUNCTION look_together() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  SET LOCAL parallel_setup_cost = 0;
  SET LOCAL parallel_tuple_cost = 0;
  SET LOCAL min_parallel_table_scan_size = 0;
  PERFORM set_config(name, 'on', true) FROM pg_settings
  WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
  -- INTO would stop after a row, which no parallel query does.
  PERFORM 1 FROM tr ORDER BY v <-> '{0,0,0,0}';
  GET DIAGNOSTICS n = ROW_COUNT;
  RAISE NOTICE 'rows together: %', n;
  RETURN NEW;
END $$;
CREATE TRIGGER together BEFORE INSERT ON tr
FOR EACH ROW WHEN (NEW.id % 3 = 0) EXECUTE FUNCTION look_together();
INSERT INTO tr SELECT i, four(i) FROM generate_series(70, 76) i;
DROP TRIGGER together ON tr;

-- Exception blocks: what a caught error took back is in neither.
DO $$
BEGIN
  FOR i IN 100..105 LOOP
    BEGIN
      INSERT INTO tr SELECT 70 * i + j, four(j) FROM generate_series(0, 4) j;
      IF i % 2 = 0 THEN RAISE EXCEPTION 'no'; END IF;
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
END $$;
SELECT by_index('tr'), count(*) FROM tr;
-- The same inside of an insert that goes on.
CREATE FUNCTION try_insert(i integer) RETURNS real[] LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    INSERT INTO tr VALUES (2000 + i, four(i));
    IF i % 2 = 0 THEN RAISE EXCEPTION 'no'; END IF;
  EXCEPTION WHEN raise_exception THEN NULL;
  END;
  RETURN four(i);
END $$;
INSERT INTO tr SELECT 3000 + i, try_insert(i) FROM generate_series(1, 6) i;
SELECT by_index('tr'), count(*) FROM tr;
SELECT * FROM pomai_check('tr_v');

-- Savepoints.
BEGIN;
INSERT INTO tr SELECT 4000 + i, four(i) FROM generate_series(1, 5) i;
SAVEPOINT a;
INSERT INTO tr SELECT 5000 + i, four(i) FROM generate_series(1, 5) i;
ROLLBACK TO a;
INSERT INTO tr SELECT 6000 + i, four(i) FROM generate_series(1, 5) i;
COMMIT;
SELECT by_index('tr'), count(*) FROM tr;

-- DDL after an insert, in the same transaction.
BEGIN;
INSERT INTO b SELECT i, four(i) FROM generate_series(1, 50) i;
TRUNCATE b;
INSERT INTO b SELECT i, four(i) FROM generate_series(1, 60) i;
SELECT by_index('b');
REINDEX INDEX b_v;
INSERT INTO b SELECT i, four(i) FROM generate_series(1, 10) i;
SELECT by_index('b');
CREATE INDEX b_id ON b (id);
CLUSTER b USING b_id;
INSERT INTO b SELECT i, four(i) FROM generate_series(1, 5) i;
SELECT by_index('b');
ALTER INDEX b_v SET TABLESPACE pg_default;
ALTER TABLE b ADD COLUMN more integer;
INSERT INTO b VALUES (1, four(1));
SELECT by_index('b');
COMMIT;
SELECT by_index('b');
SELECT * FROM pomai_check('b_v');
BEGIN;
INSERT INTO b SELECT i, four(i) FROM generate_series(1, 50) i;
DROP INDEX b_v;
COMMIT;
CREATE INDEX b_v ON b USING pomai (v);
SELECT by_index('b');
-- A table made in this transaction is truncated in place.
BEGIN;
CREATE TABLE made (id integer, v real[]);
CREATE INDEX made_v ON made USING pomai (v);
INSERT INTO made SELECT i, four(i) FROM generate_series(1, 50) i;
SELECT by_index('made');
TRUNCATE made;
INSERT INTO made SELECT i, four(i) FROM generate_series(1, 7) i;
SELECT by_index('made');
COMMIT;
SELECT by_index('made');
SELECT * FROM pomai_check('made_v');
CREATE TEMP TABLE fleeting (id integer, v real[]) ON COMMIT DELETE ROWS;
CREATE INDEX fleeting_v ON fleeting USING pomai (v);
BEGIN;
INSERT INTO fleeting SELECT i, four(i) FROM generate_series(1, 9) i;
SELECT by_index('fleeting');
COMMIT;
SELECT by_index('fleeting');

-- ON CONFLICT, and rows that move between partitions.
CREATE TABLE uq (id integer PRIMARY KEY, v real[]);
CREATE INDEX uq_v ON uq USING pomai (v);
INSERT INTO uq SELECT i % 20, four(i) FROM generate_series(1, 60) i
ON CONFLICT DO NOTHING;
INSERT INTO uq SELECT i, four(i + 100) FROM generate_series(1, 30) i
ON CONFLICT (id) DO UPDATE SET v = excluded.v;
SELECT by_index('uq'), count(*) FROM uq;
SELECT * FROM pomai_check('uq_v');

-- A thousand partitions in one statement.
CREATE TABLE parts (id integer, v real[]) PARTITION BY LIST (id);
DO $$ BEGIN
  FOR i IN 0..999 LOOP
    EXECUTE format('CREATE TABLE parts_%s PARTITION OF parts FOR VALUES IN (%s)',
                   i, i);
  END LOOP;
END $$;
CREATE INDEX parts_v ON parts USING pomai (v);
INSERT INTO parts SELECT i % 1000, four(i) FROM generate_series(0, 2999) i;
SELECT count(*) FROM parts;
SELECT sum(rows) FROM pomai_membranes WHERE tablename LIKE 'parts\_%';
DROP TABLE parts;

-- All batches of a statement share one limit. None of these has the rows or
-- the bytes to be applied by itself before the end, and yet the indexes grow
-- while rows still come.
CREATE TABLE wide (id integer, v real[], pages bigint) PARTITION BY LIST (id);
CREATE TABLE wide_0 PARTITION OF wide FOR VALUES IN (0);
CREATE TABLE wide_1 PARTITION OF wide FOR VALUES IN (1);
CREATE TABLE wide_2 PARTITION OF wide FOR VALUES IN (2);
CREATE TABLE wide_3 PARTITION OF wide FOR VALUES IN (3);
CREATE INDEX wide_v ON wide USING pomai (v) WITH (bits = 1);
INSERT INTO wide VALUES (0, array_fill(1::real, ARRAY[16000])),
  (1, array_fill(1::real, ARRAY[16000])),
  (2, array_fill(1::real, ARRAY[16000])),
  (3, array_fill(1::real, ARRAY[16000]));
CREATE FUNCTION wide_pages() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT sum(pg_relation_size(oid)) FROM pg_class
  WHERE relname LIKE 'wide\_%\_v\_idx' $$;
INSERT INTO wide SELECT i % 4, array_fill(i::real, ARRAY[16000]), wide_pages()
FROM generate_series(1, 600) i;
SELECT count(*), max(pages) > min(pages) AS applied_meanwhile FROM wide;
DROP TABLE wide;
DROP FUNCTION wide_pages;

-- Nor does any wait for the end that fills a batch.
CREATE TABLE many (id integer, v real[], pages bigint);
CREATE INDEX many_v ON many USING pomai (v);
INSERT INTO many VALUES (0, four(0));
SET pomai.batch_size = 100;
INSERT INTO many SELECT i, four(i), pg_relation_size('many_v')
FROM generate_series(1, 2000) i;
SELECT max(pages) > min(pages) AS applied_meanwhile FROM many;
TRUNCATE many;
INSERT INTO many VALUES (0, four(0));
SET pomai.batch_size = 100000;
INSERT INTO many SELECT i, four(i), pg_relation_size('many_v')
FROM generate_series(1, 2000) i;
SELECT max(pages) > min(pages) AS applied_meanwhile FROM many;
DROP TABLE many;

-- Row by row it is the same.
SET pomai.batch_size = 1;
INSERT INTO made SELECT i, four(i) FROM generate_series(100, 120) i;
SELECT by_index('made');
RESET pomai.batch_size;
SET pomai.batch_size = 0;
DROP TABLE b, tr, seen, made, fleeting, uq;
DROP FUNCTION by_index, four, look, insert_other, count_new, look_together,
  try_insert;
