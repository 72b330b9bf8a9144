\echo Use "CREATE EXTENSION pomai_pgvector" to load this file. \quit

-- Support function 1 of the operator classes: pgvector's types as floats. The
-- types lie in whatever schema pgvector is in, so they are named through
-- %1$s, never through the search path.

DO $install$
DECLARE
  vectors constant text := (
    SELECT pg_catalog.quote_ident(n.nspname)
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'vector');
  own constant text := '@extschema@';
  type_name text;
  class record;
BEGIN
  FOREACH type_name IN ARRAY '{vector, halfvec}'::text[] LOOP
    EXECUTE pg_catalog.format($sql$
      CREATE FUNCTION %3$s.pomai_%2$s_decode(%1$s.%2$s, internal)
        RETURNS void LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
        AS 'MODULE_PATHNAME', 'pomai_%2$s_decode'
      $sql$, vectors, type_name, own);
    FOR class IN
      SELECT * FROM (VALUES
        (1, 'l2', '<->'), (2, 'ip', '<#>'), (3, 'cosine', '<=>'))
        AS metrics (strategy, name, operator)
    LOOP
      EXECUTE pg_catalog.format($sql$
        CREATE OPERATOR CLASS %3$s.%2$s_%4$s_ops
          FOR TYPE %1$s.%2$s USING pomai AS
          OPERATOR %5$s %1$s.%6$s (%1$s.%2$s, %1$s.%2$s)
            FOR ORDER BY pg_catalog.float_ops,
          FUNCTION 1 %3$s.pomai_%2$s_decode(%1$s.%2$s, internal)
        $sql$, vectors, type_name, own, class.name, class.strategy,
        class.operator);
    END LOOP;
  END LOOP;
END
$install$;
