-- The operators on real[], with and without an index.
SELECT '{1,2,3}'::real[] <-> '{1,2,5}'::real[] AS l2,
       '{1,2,3}'::real[] <#> '{1,2,5}'::real[] AS negative_product,
       round(('{1,0}'::real[] <=> '{1,1}'::real[])::numeric, 6) AS cosine;
SELECT '{3}'::real[] <-> '{7}' AS one_dimension,
       '{1,1}'::real[] <=> '{2,2}' AS same_direction,
       '{1,0}'::real[] <=> '{-3,0}' AS opposite;
-- No direction, no cosine distance.
SELECT '{0,0}'::real[] <=> '{1,1}', '{1,1}'::real[] <=> '{0,0}',
       '{0,0}'::real[] <-> '{0,0}';
-- Sums do not overflow.
SELECT '{3e38,3e38}'::real[] <-> '{-3e38,-3e38}' > 8.4e38,
       '{3e38,3e38}'::real[] <#> '{3e38,3e38}' < -1.7e77,
       '{3e38,3e38}'::real[] <=> '{-3e38,3e38}',
       '{1e-45,0}'::real[] <=> '{1e-45,0}';
SELECT NULL::real[] <-> '{1}', '{1}'::real[] <#> NULL, NULL::real[] <=> NULL;
-- Elements of other types are cast.
SELECT '{1,2}'::real[] <-> ARRAY[1, 4], '{1,2}'::real[] <-> ARRAY[1.5, 2];
-- Subscripts need not start at 1; a NULL bitmap without NULLs is no NULL.
SELECT '[5:6]={1,2}'::real[] <-> '{1,4}';
SELECT array_replace('{1,NULL}'::real[], NULL, 2::real) <-> '{1,4}';
-- Stored with short headers, in line, compressed, out of line.
CREATE TABLE stored (id integer, embedding real[]);
ALTER TABLE stored ALTER embedding SET STORAGE extended;
INSERT INTO stored VALUES
  (1, '{1,2,3}'), (2, array_fill(1::real, '{3}'));
INSERT INTO stored SELECT 3, array_fill(2::real, '{4000}');
INSERT INTO stored
SELECT 4, array_agg(sin(i)::real) FROM generate_series(1, 4000) i;
SELECT id, embedding <-> '{1,2,3}' FROM stored WHERE id < 3 ORDER BY id;
SELECT a.id, b.id, round((a.embedding <-> b.embedding)::numeric, 3)
FROM stored a, stored b WHERE a.id > 2 AND b.id > 2 ORDER BY 1, 2;
DROP TABLE stored;

-- What is no vector, with its SQLSTATE.
\set VERBOSITY terse
SELECT '{1,2,3}'::real[] <-> '{1,2,3,4}';
\echo :LAST_ERROR_SQLSTATE
SELECT '{1,2,3}'::real[] <#> '{1}';
SELECT '{1,2,3}'::real[] <=> '{1}';
SELECT '{1,NULL}'::real[] <-> '{1,2}';
\echo :LAST_ERROR_SQLSTATE
SELECT '{1,NaN}'::real[] <-> '{1,2}';
\echo :LAST_ERROR_SQLSTATE
SELECT '{1,2}'::real[] <-> '{1,-Infinity}';
\echo :LAST_ERROR_SQLSTATE
SELECT '{1,2}'::real[] <#> '{1,Infinity}';
SELECT '{1,0}'::real[] <#> '{1,Infinity}';
SELECT '{1,2}'::real[] <=> '{1,Infinity}';
SELECT '{0,0}'::real[] <=> '{1,NaN}';
SELECT '{{1,2},{3,4}}'::real[] <-> '{1,2}';
\echo :LAST_ERROR_SQLSTATE
SELECT '{}'::real[] <-> '{}';
\echo :LAST_ERROR_SQLSTATE
SELECT array_fill(1::real, '{16001}') <-> array_fill(1::real, '{16001}');
\echo :LAST_ERROR_SQLSTATE
SELECT array_fill(1::real, '{16000}') <-> array_fill(2::real, '{16000}') > 126;
SELECT '{1,2}'::real[] <-> 'a';
