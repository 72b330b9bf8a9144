-- Updates, HOT and not.
CREATE TABLE changed (id integer, note text, embedding real[])
WITH (fillfactor = 50);
INSERT INTO changed
SELECT i, 'old', ARRAY[i, 1, 2] FROM generate_series(1, 1000) i;
CREATE INDEX changed_embedding ON changed USING pomai (embedding);
SET enable_seqscan = off;

-- HOT: the index knows the chain's root only.
UPDATE changed SET note = 'new' WHERE id BETWEEN 400 AND 500;
UPDATE changed SET note = 'newer' WHERE id BETWEEN 450 AND 500;
SELECT pg_stat_force_next_flush();
SELECT n_tup_hot_upd > 100 AS hot FROM pg_stat_user_tables WHERE relname = 'changed';
SELECT id, note FROM changed ORDER BY embedding <-> '{450.2,1,2}' LIMIT 4;
SELECT * FROM pomai_check('changed_embedding');
-- A new vector: the row is found at its new place only.
UPDATE changed SET embedding = '{-9,1,2}' WHERE id = 450;
SELECT id FROM changed ORDER BY embedding <-> '{450.2,1,2}' LIMIT 2;
SELECT id FROM changed ORDER BY embedding <-> '{-9,1,2}' LIMIT 1;
UPDATE changed SET embedding = NULL WHERE id = 451;
SELECT id FROM changed ORDER BY embedding <-> '{450.2,1,2}' LIMIT 2;
SELECT count(*), count(DISTINCT id) FROM (
  SELECT id FROM changed ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;
-- Every row, several times.
UPDATE changed SET embedding = ARRAY[id, 1, 3];
UPDATE changed SET embedding = ARRAY[id, 1, 4];
SELECT id, note FROM changed ORDER BY embedding <-> '{450.2,1,2}' LIMIT 4;
SELECT count(*), count(DISTINCT id) FROM (
  SELECT id FROM changed ORDER BY embedding <-> '{1,2,3}' OFFSET 0) s;
VACUUM changed;
SELECT id, note FROM changed ORDER BY embedding <-> '{450.2,1,2}' LIMIT 4;
SELECT * FROM pomai_check('changed_embedding');
-- An index made while HOT chains exist.
UPDATE changed SET note = 'newest' WHERE id % 2 = 0;
DROP INDEX changed_embedding;
CREATE INDEX changed_embedding ON changed USING pomai (embedding);
SELECT id, note FROM changed ORDER BY embedding <-> '{450.2,1,2}' LIMIT 4;
SELECT * FROM pomai_check('changed_embedding');
DROP TABLE changed;
