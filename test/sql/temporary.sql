-- Temporary and unlogged tables.
CREATE TEMPORARY TABLE brief (id integer, embedding real[])
ON COMMIT DELETE ROWS;
CREATE INDEX brief_embedding ON brief USING pomai (embedding);
SET enable_seqscan = off;
BEGIN;
INSERT INTO brief SELECT i, ARRAY[i, 1, 2] FROM generate_series(1, 1000) i;
SELECT id FROM brief ORDER BY embedding <-> '{500.2,1,2}' LIMIT 3;
SELECT * FROM pomai_check('brief_embedding');
COMMIT;
-- Same file, other content: nothing of before may be remembered.
SELECT count(*) FROM (
  SELECT id FROM brief ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;
BEGIN;
INSERT INTO brief VALUES (1, '{1,2}'), (2, '{3,4}');
SELECT id FROM brief ORDER BY embedding <-> '{3,3}' LIMIT 3;
REINDEX INDEX brief_embedding;
SELECT id FROM brief ORDER BY embedding <-> '{3,3}' LIMIT 3;
ROLLBACK;
SELECT count(*) FROM (
  SELECT id FROM brief ORDER BY embedding <-> '{3,3}' OFFSET 0) s;
SELECT * FROM pomai_check('brief_embedding');
DROP TABLE brief;

CREATE UNLOGGED TABLE light (id integer, embedding real[]);
INSERT INTO light SELECT i, ARRAY[i, 1, 2] FROM generate_series(1, 1000) i;
CREATE INDEX light_embedding ON light USING pomai (embedding);
INSERT INTO light SELECT i, ARRAY[i, 1, 2] FROM generate_series(1001, 1100) i;
SELECT id FROM light ORDER BY embedding <-> '{1000.2,1,2}' LIMIT 3;
DELETE FROM light WHERE id % 2 = 0;
VACUUM (INDEX_CLEANUP on) light;
SELECT id FROM light ORDER BY embedding <-> '{1000.2,1,2}' LIMIT 3;
SELECT * FROM pomai_check('light_embedding');
ALTER TABLE light SET LOGGED;
SELECT id FROM light ORDER BY embedding <-> '{1000.2,1,2}' LIMIT 3;
ALTER TABLE light SET UNLOGGED;
SELECT id FROM light ORDER BY embedding <-> '{1000.2,1,2}' LIMIT 3;
SELECT * FROM pomai_check('light_embedding');
DROP TABLE light;

-- Emptied and filled in the transaction that made it.
BEGIN;
CREATE TABLE young (id integer, embedding real[]);
CREATE INDEX young_embedding ON young USING pomai (embedding);
INSERT INTO young SELECT i, ARRAY[i, 1, 2] FROM generate_series(1, 100) i;
TRUNCATE young;
INSERT INTO young SELECT i, ARRAY[i, 1] FROM generate_series(1, 100) i;
SELECT id FROM young ORDER BY embedding <-> '{50.2,1}' LIMIT 3;
COMMIT;
SELECT id FROM young ORDER BY embedding <-> '{50.2,1}' LIMIT 3;
SELECT * FROM pomai_check('young_embedding');
DROP TABLE young;
