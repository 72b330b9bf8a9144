-- What an index does not take, with its SQLSTATE, before and after it exists.
\set VERBOSITY terse
CREATE TABLE bad (id integer, embedding real[]);
CREATE INDEX bad_embedding ON bad USING pomai (embedding);
INSERT INTO bad VALUES (1, '{1,2,3}');
INSERT INTO bad VALUES (2, '{1,2}');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO bad VALUES (2, '{1,2,3,4}');
INSERT INTO bad VALUES (2, '{1,NULL,3}');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO bad VALUES (2, '{1,NaN,3}');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO bad VALUES (2, '{1,2,Infinity}');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO bad VALUES (2, '{{1,2,3}}');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO bad VALUES (2, '{}');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO bad SELECT 2, array_fill(1::real, '{16001}');
\echo :LAST_ERROR_SQLSTATE
UPDATE bad SET embedding = '{1}';
INSERT INTO bad VALUES (2, '{4,5,6}'), (3, NULL);
SELECT * FROM pomai_check('bad_embedding');

SET enable_seqscan = off;
SELECT id FROM bad ORDER BY embedding <-> '{1,2}';
\echo :LAST_ERROR_SQLSTATE
SELECT id FROM bad ORDER BY embedding <-> '{1,2,NaN}';
\echo :LAST_ERROR_SQLSTATE
SELECT id FROM bad ORDER BY embedding <-> '{1,2,NULL}';
SELECT id FROM bad ORDER BY embedding <-> '{}';
SELECT id FROM bad ORDER BY embedding <-> '{4,5,6}';

-- A build meets the same rows.
DROP INDEX bad_embedding;
INSERT INTO bad VALUES (4, '{1,2}');
CREATE INDEX ON bad USING pomai (embedding);
\echo :LAST_ERROR_SQLSTATE
UPDATE bad SET embedding = '{1,NaN,2}' WHERE id = 4;
CREATE INDEX ON bad USING pomai (embedding);
\echo :LAST_ERROR_SQLSTATE
UPDATE bad SET embedding = '{}' WHERE id = 4;
CREATE INDEX ON bad USING pomai (embedding);
DELETE FROM bad WHERE id = 4;
-- It says which row it was.
CREATE TABLE found AS VALUES ('{1,2,3}'::real[]), (NULL), ('{1,2}');
\set VERBOSITY default
CREATE INDEX ON found USING pomai (column1);
UPDATE found SET column1 = '{1,NULL,2}' WHERE column1 = '{1,2}';
CREATE INDEX ON found USING pomai (column1);
\set VERBOSITY terse
DROP TABLE found;

-- Columns and index types that make no sense.
CREATE INDEX ON bad USING pomai (id);
CREATE INDEX ON bad USING pomai (embedding, embedding);
CREATE INDEX ON bad USING pomai (embedding) INCLUDE (id);
CREATE UNIQUE INDEX ON bad USING pomai (embedding);
CREATE INDEX ON bad USING pomai (embedding DESC);
ALTER TABLE bad ADD EXCLUDE USING pomai (embedding WITH =);
CREATE INDEX ON bad USING pomai (embedding);
DROP TABLE bad;
