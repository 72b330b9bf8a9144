-- Reloptions and settings.
CREATE TABLE optioned (id integer, embedding real[]);
INSERT INTO optioned
SELECT i, ARRAY[i, i % 2, 1, 2, 3, 4, 5, 6] FROM generate_series(1, 3000) i;
SET enable_seqscan = off;

-- Every number of bits finds the same rows.
SET pomai.target_recall = 1;
DO $$
DECLARE
  found integer[];
  problems bigint;
BEGIN
  FOR bits IN 1..9 LOOP
    EXECUTE format('CREATE INDEX optioned_embedding ON optioned
      USING pomai (embedding) WITH (bits = %s)', bits);
    found := ARRAY(
      SELECT id FROM optioned
      ORDER BY embedding <-> '{1000.2,0,1,2,3,4,5,6}' LIMIT 4);
    SELECT count(*) INTO problems FROM pomai_check('optioned_embedding');
    RAISE NOTICE '% bits: % (% problems)', bits, found, problems;
    DROP INDEX optioned_embedding;
  END LOOP;
END $$;
RESET pomai.target_recall;

-- Shards and lists.
CREATE INDEX optioned_embedding ON optioned USING pomai (embedding)
WITH (bits = 4, shards = 3, lists = 20);
SELECT dimensions, bits, shards, lists, rows, tail_rows, segments
FROM pomai_membranes WHERE indexname = 'optioned_embedding';
SELECT id FROM optioned
ORDER BY embedding <-> '{1000.2,0,1,2,3,4,5,6}' LIMIT 4;
SELECT count(DISTINCT id) FROM (
  SELECT id FROM optioned
  ORDER BY embedding <-> '{1000.2,0,1,2,3,4,5,6}' OFFSET 0) s;
SELECT * FROM pomai_check('optioned_embedding');
-- A change of the options waits for REINDEX.
ALTER INDEX optioned_embedding SET (bits = 7, shards = 1, lists = 0);
SELECT id FROM optioned
ORDER BY embedding <-> '{1000.2,0,1,2,3,4,5,6}' LIMIT 4;
REINDEX INDEX optioned_embedding;
SELECT dimensions, bits, shards, rows, tail_rows, segments
FROM pomai_membranes WHERE indexname = 'optioned_embedding';

-- The scan's settings.
SELECT name, setting, min_val, max_val
FROM pg_settings WHERE name IN ('pomai.target_recall', 'pomai.probes')
ORDER BY name;
SET pomai.probes = 1;
SELECT count(DISTINCT id) FROM (
  SELECT id FROM optioned
  ORDER BY embedding <-> '{1000.2,0,1,2,3,4,5,6}' OFFSET 0) s;
SET pomai.probes = -1;
RESET pomai.probes;
SET pomai.target_recall = 1;
SELECT id FROM optioned
ORDER BY embedding <-> '{1000.2,0,1,2,3,4,5,6}' LIMIT 4;
SET pomai.target_recall = 1.1;
RESET pomai.target_recall;

DROP INDEX optioned_embedding;
\set VERBOSITY terse
CREATE INDEX ON optioned USING pomai (embedding) WITH (bits = -1);
CREATE INDEX ON optioned USING pomai (embedding) WITH (bits = 10);
CREATE INDEX ON optioned USING pomai (embedding) WITH (shards = 257);
CREATE INDEX ON optioned USING pomai (embedding) WITH (lists = -1);
CREATE INDEX ON optioned USING pomai (embedding) WITH (m = 16);
DROP TABLE optioned;
