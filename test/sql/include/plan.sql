-- A plan without what EXPLAIN says of disabled nodes from 18 on.
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
    IF line NOT LIKE '%Disabled: true' THEN RETURN NEXT line; END IF;
  END LOOP;
END $$;
