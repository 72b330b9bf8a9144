-- 16,000 dimensions, and 1.
CREATE TABLE wide (id integer, embedding real[]);
INSERT INTO wide
SELECT i, (SELECT array_agg((sin(i * 7 + j * 3) + i * (j % 2))::real)
           FROM generate_series(1, 16000) j)
FROM generate_series(1, 40) i;
CREATE INDEX wide_embedding ON wide USING pomai (embedding);
CREATE INDEX wide_cosine ON wide
USING pomai (embedding real_cosine_ops) WITH (bits = 9);
SET enable_seqscan = off;
SELECT id FROM wide ORDER BY embedding <-> (
  SELECT embedding FROM wide WHERE id = 17) LIMIT 1;
SELECT rows_returned FROM pomai_last_scan();
SELECT id FROM wide ORDER BY embedding <=> (
  SELECT embedding FROM wide WHERE id = 17) LIMIT 1;
SELECT rows_returned FROM pomai_last_scan();
INSERT INTO wide
SELECT 41, (SELECT array_agg((sin(j) - 3 * (j % 2))::real)
            FROM generate_series(1, 16000) j);
SELECT id FROM wide ORDER BY embedding <-> array_fill(-3::real, '{16000}')
LIMIT 1;
SELECT indexname, dimensions, bits, rows FROM pomai_membranes
WHERE tablename = 'wide' ORDER BY 1;
SELECT * FROM pomai_check('wide_embedding');
SELECT * FROM pomai_check('wide_cosine');
DELETE FROM wide WHERE id = 17;
VACUUM wide;
SELECT * FROM pomai_check('wide_embedding');
DROP TABLE wide;

CREATE TABLE narrow (id integer, embedding real[]);
INSERT INTO narrow SELECT i, ARRAY[i] FROM generate_series(1, 2000) i;
CREATE INDEX narrow_embedding ON narrow USING pomai (embedding);
SELECT id FROM narrow ORDER BY embedding <-> '{1000.2}' LIMIT 3;
SELECT * FROM pomai_check('narrow_embedding');
-- All rows the same.
UPDATE narrow SET embedding = '{1}';
REINDEX INDEX narrow_embedding;
SELECT count(*) FROM (
  SELECT id FROM narrow ORDER BY embedding <-> '{1}' OFFSET 0) s;
SELECT * FROM pomai_check('narrow_embedding');
DROP TABLE narrow;
