-- The distance that orders rows is computed once more for a row only where the
-- query reads it. Reading it means reading the vector from the TOAST table.
create function made(seed int) returns real[] language sql immutable as $$
  select array_agg(((seed * 7919 + i * 104729) % 1009)::real)
  from generate_series(1, 600) i
$$;
create table long (id int primary key, v real[]);
alter table long alter v set storage external;
insert into long select i, made(i) from generate_series(1, 300) i;
create index on long using pomai (v);
create table named (id int primary key, name text);
insert into named select i, 'row ' || i from generate_series(1, 300) i;
analyze long, named;
set enable_seqscan = off;
set enable_sort = off;
set pomai.target_recall = 1;

-- Pages looked at by a query, once all it needs is in memory.
create function pages(query text) returns int language plpgsql as $$
declare
  plan json;
begin
  for i in 1 .. 2 loop
    execute 'explain (analyze, buffers, timing off, format json) ' || query
    into plan;
  end loop;
  return (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::int;
end $$;

-- Ten vectors of two pieces are at least 30 pages.
create function reads_more(query text, other text) returns bool language sql
as $$
  select pages(query) >= pages(other) + 30
$$;
\set nearest 'select id from long order by v <-> made(1000) limit 10'
\set distant 'select id, v <-> made(1000) as d from long order by d limit 10'
select reads_more(:'distant', :'nearest');
-- WITH TIES compares distances.
select reads_more('select id from long order by v <-> made(1000)
                   fetch first 10 rows with ties', :'nearest');
-- Subqueries: derived tables, common table expressions, arrays.
select reads_more(
  'select name, d from (' || :'distant' || ') r join named using (id)',
  'select name from (' || :'nearest' || ') r join named using (id)');
select reads_more('with r as materialized (' || :'distant' || ') table r',
                  'with r as materialized (' || :'nearest' || ') table r');
select reads_more(:'distant', 'select array(' || :'nearest' || ')');
select reads_more('insert into named select id from (' || :'distant' || ') r
                   where d > -1 on conflict do nothing',
                  'insert into named ' || :'nearest' ||
                  ' on conflict do nothing');
-- A filter on the distance reads it, too.
select reads_more('select id from long where v <-> made(1000) < 1e9
                   order by v <-> made(1000) limit 10', :'nearest');

-- The same rows in the same order, whoever reads them.
create temp table expected as
select array(select id from long order by (v <-> made(1000)) + 0 limit 10) ids;
create temp table copied as select row_number() over (), id from (
  select id from long order by v <-> made(1000) limit 10) r;
select array_agg(id order by row_number) = ids as copied
from copied, expected group by ids;
create function fetched() returns int[] language plpgsql as $$
declare
  nearest cursor for select id from long order by v <-> made(1000);
  found int[];
  one int;
begin
  open nearest;
  for i in 1 .. 10 loop
    fetch nearest into one;
    found := found || one;
  end loop;
  return found;
end $$;
select fetched() = ids as fetched from expected;
-- A cached plan is what it was after a run, and a scroll cursor goes back.
prepare nearest (real[], int) as
select id from long order by v <-> $1 limit $2;
set plan_cache_mode = force_generic_plan;
explain (verbose, costs off) execute nearest ('{1}', 10);
execute nearest (made(7), 2);
execute nearest (made(8), 2);
explain (verbose, costs off) execute nearest ('{1}', 10);
begin;
declare back scroll cursor for
select id from long order by v <-> made(9) limit 3;
fetch all from back;
fetch backward all from back;
commit;
-- Each outer row's own search starts again.
select q.id, r.id from generate_series(1, 3) q (id), lateral (
  select id from long order by v <-> made(q.id) limit 1) r order by 1;
-- Rows without a distance come last.
insert into long values (301, null);
select id from long order by v <-> made(1) offset 299;

drop table long, named;
drop function made, pages, reads_more, fetched;
