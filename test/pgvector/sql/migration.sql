-- From hnsw to pomai on pgvector's columns: the access method's name changes,
-- nothing else.
CREATE TABLE items (id integer, embedding vector(3), half halfvec(3));
INSERT INTO items
SELECT i, ARRAY[i, 1, 2]::real[], ARRAY[i, 1, 2]::real[]::halfvec
FROM generate_series(1, 2000) i;
CREATE INDEX items_embedding ON items USING hnsw (embedding vector_l2_ops);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF)
SELECT id FROM items ORDER BY embedding <-> '[500.2,1,2]' LIMIT 3;
SELECT id FROM items ORDER BY embedding <-> '[500.2,1,2]' LIMIT 3;

DROP INDEX items_embedding;
CREATE INDEX items_embedding ON items USING pomai (embedding vector_l2_ops);
EXPLAIN (COSTS OFF)
SELECT id FROM items ORDER BY embedding <-> '[500.2,1,2]' LIMIT 3;
SELECT id FROM items ORDER BY embedding <-> '[500.2,1,2]' LIMIT 3;
DROP INDEX items_embedding;

-- Every operator class: the index's rows are those of a sequential scan.
CREATE FUNCTION compare(operator text, class text, column_name text,
  query text, OUT plan text, OUT same boolean, OUT problems bigint)
LANGUAGE plpgsql AS $$
DECLARE
  sql text := format('SELECT array_agg(id) FROM (SELECT id FROM items
    ORDER BY %I %s %L, id LIMIT 7) s', column_name, operator, query);
  expected integer[];
  found integer[];
BEGIN
  EXECUTE sql INTO expected;
  EXECUTE format('CREATE INDEX items_compared ON items USING pomai (%I %s)',
    column_name, class);
  EXECUTE 'EXPLAIN (COSTS off, FORMAT json) ' || sql INTO plan;
  plan := substring(plan FROM 'Index Name": "(\w+)"');
  EXECUTE sql INTO found;
  same := found = expected;
  problems := (SELECT count(*) FROM pomai_check('items_compared'));
  DROP INDEX items_compared;
END $$;
SELECT class, c.*
FROM (VALUES ('<->', 'l2'), ('<#>', 'ip'), ('<=>', 'cosine')) m (operator, name)
CROSS JOIN (VALUES ('vector', 'embedding'), ('halfvec', 'half')) t (type, field)
CROSS JOIN LATERAL (SELECT type || '_' || name || '_ops') n (class)
CROSS JOIN LATERAL compare(operator, class, field, '[300.3,2,9]') c;

-- The column's length is the index's.
CREATE INDEX items_embedding ON items USING pomai (embedding vector_l2_ops);
SELECT metric, dimensions, rows FROM pomai_membranes;
SELECT items.id FROM pomai_search('items_embedding', '{500.2,1,2}', 3) f
JOIN items ON items.ctid = f.id ORDER BY f.distance;
INSERT INTO items VALUES (0, '[500.1,1,2]'), (-1, NULL);
UPDATE items SET embedding = '[-1,-1,-1]' WHERE id = 500;
DELETE FROM items WHERE id = 501;
VACUUM items;
SELECT id FROM items ORDER BY embedding <-> '[500.2,1,2]' LIMIT 3;
SELECT id FROM items ORDER BY embedding <-> (
  SELECT embedding FROM items WHERE id = 500) LIMIT 1;
SELECT * FROM pomai_check('items_embedding');
\set VERBOSITY terse
SELECT id FROM items ORDER BY embedding <-> '[1,2]' LIMIT 1;
CREATE INDEX ON items USING pomai (embedding);
CREATE INDEX ON items USING pomai (embedding halfvec_l2_ops);

-- A column without a length; a vector on the way to halfvec.
CREATE TABLE loose (id integer, embedding vector);
CREATE INDEX loose_embedding ON loose USING pomai (embedding vector_l2_ops);
INSERT INTO loose SELECT i, ARRAY[i, 1, 2]::real[] FROM generate_series(1, 99) i;
INSERT INTO loose VALUES (100, '[1,2]');
SELECT id FROM loose ORDER BY embedding <-> '[50.2,1,2]' LIMIT 2;
SELECT * FROM pomai_check('loose_embedding');
CREATE INDEX loose_half ON loose
USING pomai ((embedding::halfvec(3)) halfvec_cosine_ops);
SELECT id FROM loose
ORDER BY embedding::halfvec(3) <=> '[50.2,1,2]' LIMIT 2;
SELECT * FROM pomai_check('loose_half');
DROP TABLE items, loose;
DROP FUNCTION compare;

-- pgvector in a schema of its own, outside the search path.
DROP EXTENSION pomai_pgvector, vector;
CREATE SCHEMA "their own";
CREATE SCHEMA "our own";
CREATE EXTENSION vector SCHEMA "their own";
CREATE EXTENSION pomai_pgvector SCHEMA "our own";
CREATE TABLE elsewhere (id integer, embedding "their own".vector(3));
INSERT INTO elsewhere SELECT i, ARRAY[i, 1, 2]::real[]::"their own".vector
FROM generate_series(1, 100) i;
CREATE INDEX elsewhere_embedding ON elsewhere
USING pomai (embedding "our own".vector_l2_ops);
SELECT id FROM elsewhere
ORDER BY embedding OPERATOR("their own".<->) '[50.2,1,2]' LIMIT 2;
SELECT elsewhere.id
FROM pomai_search('elsewhere_embedding', '{50.2,1,2}', 2) f
JOIN elsewhere ON elsewhere.ctid = f.id ORDER BY f.distance;
SELECT amname, opcname, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am a ON a.oid = opcmethod
WHERE opcnamespace = '"our own"'::regnamespace ORDER BY opcname;
DROP TABLE elsewhere;
DROP EXTENSION pomai_pgvector, vector;
DROP SCHEMA "their own", "our own";
