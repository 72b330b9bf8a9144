-- Vectors stored out of line: in several pieces, compressed, and beside short
-- ones.
set pomai.target_recall = 1;
create function made(seed int, dimensions int) returns real[] language sql
immutable as $$
  select array_agg(((seed * 7919 + i * 104729) % 1009)::real)
  from generate_series(1, dimensions) i
$$;

-- Plain: two pieces, the second a short one.
create table plain (id int, v real[]);
alter table plain alter v set storage external;
insert into plain select i, made(i, 600) from generate_series(1, 300) i;
create index on plain using pomai (v);
-- Compressed and still too long for the row.
create table packed (id int, v real[]);
insert into packed
select i, made(i, 600) || array_fill(i::real, array[7400])
from generate_series(1, 60) i;
create index on packed using pomai (v);
select bool_and(pg_column_size(v) between 2000 and 16000) from packed;
-- In the row, and no vector at all.
insert into plain values (301, array_fill(500, array[600])), (302, null);

create function agree(name regclass, query real[]) returns text language plpgsql
as $$
declare
  by_index int[];
  by_table int[];
  ask text := format('select array_agg(id) from (select id from %s order by '
                     'v <-> $1, id limit 400) r', name);
begin
  set local enable_seqscan = off;
  execute format('select array_agg(id) from (select id from %s order by '
                 'v <-> $1 limit 400) r', name) into by_index using query;
  set local enable_seqscan = on;
  set local enable_indexscan = off;
  execute ask into by_table using query;
  reset enable_indexscan;
  return case when by_index = by_table then 'same' else
    format('%s rows, %s rows', cardinality(by_index), cardinality(by_table))
  end;
end $$;
select agree('plain', made(1000 + i, 600)) from generate_series(1, 3) i;
select agree('packed', made(1000 + i, 600) || array_fill(30.4::real, array[7400]))
from generate_series(1, 3) i;

-- A rewritten table has another TOAST table.
vacuum full plain;
select agree('plain', made(2000, 600));
-- Deleted rows are read by nobody, updated ones once.
delete from plain where id % 3 = 0;
update plain set v = made(id + 5000, 600) where id % 3 = 1;
select agree('plain', made(2001, 600));
-- The TOAST table alone is rewritten: pieces are elsewhere than this session
-- found them.
select agree('plain', made(2001, 600));
delete from plain where id between 90 and 120;
vacuum plain;
select format('vacuum full %s', reltoastrelid::regclass)
from pg_class where oid = 'plain'::regclass \gset
:format;
select agree('plain', made(2001, 600));
-- A cursor keeps the TOAST table open between its fetches, past a savepoint
-- that goes and beside a search of its own.
set enable_seqscan = off;
begin;
declare nearest cursor for select id from plain order by v <-> made(2002, 600);
fetch 2 from nearest;
savepoint inner_one;
move 30 in nearest;
select agree('plain', made(2003, 600));
rollback to inner_one;
move 60 in nearest;
drop table packed;
commit;
begin;
declare kept cursor with hold for
select id from plain order by v <-> made(2002, 600) limit 50;
fetch 2 from kept;
commit;
move all in kept;
close kept;
drop table plain;
drop function agree, made;
