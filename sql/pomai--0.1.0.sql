\echo Use "CREATE EXTENSION pomai" to load this file. \quit

-- The access method.

CREATE FUNCTION pomai_handler(internal) RETURNS index_am_handler
  LANGUAGE c AS 'MODULE_PATHNAME';

CREATE ACCESS METHOD pomai TYPE INDEX HANDLER pomai_handler;
COMMENT ON ACCESS METHOD pomai IS
  'nearest-neighbour search over vectors, in exact order';

-- Distances between real[] vectors.

CREATE FUNCTION pomai_real_l2_distance(real[], real[]) RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION pomai_real_negative_inner_product(real[], real[])
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION pomai_real_cosine_distance(real[], real[])
  RETURNS double precision
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

CREATE OPERATOR <-> (
  LEFTARG = real[], RIGHTARG = real[], COMMUTATOR = <->,
  FUNCTION = pomai_real_l2_distance);
CREATE OPERATOR <#> (
  LEFTARG = real[], RIGHTARG = real[], COMMUTATOR = <#>,
  FUNCTION = pomai_real_negative_inner_product);
CREATE OPERATOR <=> (
  LEFTARG = real[], RIGHTARG = real[], COMMUTATOR = <=>,
  FUNCTION = pomai_real_cosine_distance);

COMMENT ON OPERATOR <->(real[], real[]) IS 'L2 distance';
COMMENT ON OPERATOR <#>(real[], real[]) IS 'negative inner product';
COMMENT ON OPERATOR <=>(real[], real[]) IS 'cosine distance';

-- Operator classes. The ordering operator's strategy number names the metric:
-- 1 L2, 2 inner product, 3 cosine. Support function 1 turns a value of the
-- column's type into floats.

CREATE FUNCTION pomai_real_decode(real[], internal) RETURNS void
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';

CREATE OPERATOR CLASS real_l2_ops DEFAULT FOR TYPE real[] USING pomai AS
  OPERATOR 1 <-> (real[], real[]) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 pomai_real_decode(real[], internal);
CREATE OPERATOR CLASS real_ip_ops FOR TYPE real[] USING pomai AS
  OPERATOR 2 <#> (real[], real[]) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 pomai_real_decode(real[], internal);
CREATE OPERATOR CLASS real_cosine_ops FOR TYPE real[] USING pomai AS
  OPERATOR 3 <=> (real[], real[]) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 pomai_real_decode(real[], internal);

-- What is in an index.

CREATE FUNCTION pomai_membrane(
  index regclass,
  OUT metric text, OUT dimensions integer, OUT bits integer,
  OUT shards integer, OUT lists integer, OUT rows bigint,
  OUT tail_rows bigint, OUT segments integer, OUT size bigint,
  OUT codebook_version bigint, OUT trained_rows bigint)
  RETURNS SETOF record ROWS 1
  LANGUAGE c STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_membrane(regclass) IS
  'what pomai_membranes says of one index; no row if the caller may not know';

CREATE VIEW pomai_membranes AS
  SELECT n.nspname AS schemaname, t.relname AS tablename,
         c.relname AS indexname, m.*,
         -- Whoever holds the maintenance lock; a worker says what it does.
         (SELECT a.query FROM pg_catalog.pg_locks l
          JOIN pg_catalog.pg_stat_activity a USING (pid)
          WHERE l.locktype = 'page' AND l.granted
            AND l.relation = c.oid AND l.page = 0
            AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                              WHERE d.datname = current_database())
          LIMIT 1) AS maintenance
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_am a ON a.oid = c.relam AND a.amname = 'pomai'
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  CROSS JOIN LATERAL pomai_membrane(c.oid::regclass) m
  WHERE c.relkind = 'i';
COMMENT ON VIEW pomai_membranes IS
  'the pomai indexes of this database on tables that one may read';
GRANT SELECT ON pomai_membranes TO PUBLIC;

CREATE FUNCTION pomai_segments(
  index regclass,
  OUT shard integer, OUT kind text, OUT lists integer, OUT rows bigint,
  OUT dead bigint, OUT pages bigint, OUT codebook_version bigint)
  RETURNS SETOF record
  LANGUAGE c STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_segments(regclass) IS
  'the segments and tails of an index';

CREATE FUNCTION pomai_check(index regclass) RETURNS SETOF text
  LANGUAGE c STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_check(regclass) IS
  'what is wrong with an index, compared with its table; no row if it is sound';

CREATE FUNCTION pomai_snapshot(
  index regclass,
  OUT kind text, OUT shard integer, OUT id bigint, OUT rows bigint,
  OUT pages bigint, OUT horizon xid8)
  RETURNS SETOF record
  LANGUAGE c STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_snapshot(regclass) IS
  'the manifest (its id is its sequence), codebooks, tails (the id is the last extent''s) and retired pages with the transaction each waits for';

-- Maintenance by hand. Each waits for its turn.

CREATE FUNCTION pomai_seal(index regclass) RETURNS bigint
  LANGUAGE c STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_seal(regclass) IS
  'puts what was inserted lately into segments; returns the rows';
CREATE FUNCTION pomai_merge(index regclass) RETURNS bigint
  LANGUAGE c STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_merge(regclass) IS
  'seals, then merges until no list is in two segments and no entry is dead; returns the segments';
CREATE FUNCTION pomai_retrain(index regclass) RETURNS bigint
  LANGUAGE c STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_retrain(regclass) IS
  'trains lists anew and moves all rows to them; returns the lists';

-- Searching.

CREATE FUNCTION pomai_search(
  index regclass, query real[], k integer DEFAULT 10,
  OUT id tid, OUT distance double precision)
  RETURNS SETOF record ROWS 10
  LANGUAGE c STABLE STRICT AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_search(regclass, real[], integer) IS
  'the k rows nearest to a vector, by the operator of an index';

CREATE FUNCTION pomai_last_scan(
  OUT lists_probed bigint, OUT codes_scanned bigint,
  OUT codes_refined bigint, OUT rows_measured bigint,
  OUT rows_returned bigint)
  RETURNS record
  LANGUAGE c PARALLEL RESTRICTED AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION pomai_last_scan() IS
  'what the last index scan that ended in this session did';
