# Batches that fail half-way under an exception block, or that somebody looks
# at half-way; and what calls aminsert as the server itself never does.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiSession;
use PomaiTest;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
max_prepared_transactions = 5
pomai.background_maintenance = off
CONF
$node->start;
prepare_database($node);
require_fault_points($node);
sub run { return $node->safe_psql('postgres', $_[0]); }

# Before row 100 a search applies the rows so far, and fails after the first of
# two shards; the block takes no notice, and the statement's end applies the
# rest. Later a statement itself fails half-way at its end, and is repeated.
run(q{CREATE TABLE t (id integer, embedding real[]);
CREATE INDEX t_embedding ON t USING pomai (embedding) WITH (shards = 2);
INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(1, 10) i;
CREATE FUNCTION try_to_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL enable_seqscan = off;
  PERFORM set_config('pomai.fault_point', 'error insert-appended', true);
  PERFORM count(*) FROM (SELECT 1 FROM t ORDER BY embedding <-> vec(1, 16)) s;
  RETURN NEW;
EXCEPTION WHEN internal_error THEN
  RAISE NOTICE 'failed half-way';
  RETURN NEW;
END $$;
CREATE TRIGGER try_to_search BEFORE INSERT ON t
  FOR EACH ROW WHEN (NEW.id = 100) EXECUTE FUNCTION try_to_search();
CREATE PROCEDURE insert_twice() LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    PERFORM set_config('pomai.fault_point', 'error insert-appended', true);
    INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(201, 300) i;
  EXCEPTION WHEN internal_error THEN
    RAISE NOTICE 'failed half-way';
  END;
  INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(201, 300) i;
END $$;});
for my $statement (
	'INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(11, 200) i',
	'CALL insert_twice()')
{
	my $said = '';
	$node->psql('postgres', $statement, stderr => \$said);
	like($said, qr/\A[^\n]*NOTICE:  failed half-way\n?\z/,
		"fails half-way: $statement");
	check_rows($node, 't', "after $statement");
	check_index($node, 't', "after $statement");
}
is(run('SELECT count(*), count(DISTINCT id) FROM t'), '300|300', 'all rows');
run('VACUUM (INDEX_CLEANUP on) t');
check_rows($node, 't', 'without the rows that failed');

# Rows of which the index knows nothing, to be inserted by hand.
run(q{CREATE FUNCTION pomai_test_insert(index regclass, place tid,
  embedding real[], at_commit boolean) RETURNS void
  LANGUAGE c AS '$libdir/pomai';
CREATE TABLE l (id integer, embedding real[]);
CREATE INDEX l_embedding ON l USING pomai (embedding);
INSERT INTO l SELECT i, vec(i, 16) FROM generate_series(1, 10) i;
UPDATE pg_index SET indisready = false
  WHERE indexrelid = 'l_embedding'::regclass;
INSERT INTO l SELECT i, vec(i, 16) FROM generate_series(11, 15) i;});
run(q{UPDATE pg_index SET indisready = true
  WHERE indexrelid = 'l_embedding'::regclass});

# By an IndexInfo that lives as long as the session.
sub by_hand
{
	my ($id, $at_commit) = @_;
	return "SELECT pomai_test_insert('l_embedding', ctid, embedding,
	  $at_commit) FROM l WHERE id = $id;";
}
sub entries
{
	return run(q{SELECT rows FROM pomai_membranes
	  WHERE indexname = 'l_embedding'});
}
my ($row, $late) = (by_hand(11, 'false'), by_hand(13, 'true'));
is(entries(), '10', 'five rows are missing');
run("BEGIN; $row ROLLBACK; BEGIN; COMMIT");
is(entries(), '10', 'what is rolled back is not written');
run("BEGIN; SAVEPOINT a; $row ROLLBACK TO a; COMMIT");
is(entries(), '10', 'nor what a savepoint takes back');
run("BEGIN; SAVEPOINT a; SAVEPOINT b; $row RELEASE b; ROLLBACK TO a; COMMIT");
is(entries(), '10', 'nor what the savepoint around it takes back');
run("BEGIN; SAVEPOINT a; $row RELEASE a; SAVEPOINT b; ROLLBACK TO b; COMMIT");
is(entries(), '11', 'what is pending at COMMIT is written');
run('BEGIN; ' . by_hand(12, 'false') . q{ PREPARE TRANSACTION 'p'});
is(entries(), '12', 'and at PREPARE TRANSACTION');
run(q{COMMIT PREPARED 'p'});
run("BEGIN; $late COMMIT");
is(entries(), '13', 'and what comes when all pending rows are written');
# Without a transaction id they still hold back the horizon.
{
	my ($writer, $gate) = map { PomaiSession->new($node) } 1 .. 2;
	$gate->ask('SELECT pg_advisory_lock(1)');
	$writer->ask(q{SET pomai.fault_point = 'wait insert-begun'; BEGIN});
	$writer->ask(by_hand(14, 'false'));
	$writer->tell('COMMIT');
	$writer->wait_for_lock;
	is( run(qq{SELECT backend_xid IS NULL, backend_xmin IS NOT NULL
	  FROM pg_stat_activity WHERE pid = $writer->{pid}}),
		't|t', 'a transaction without an id holds the horizon');
	$gate->ask('SELECT pg_advisory_unlock(1)');
	is($writer->answer, '', 'it commits');
	$_->quit for $writer, $gate;
}
run('BEGIN; ' . by_hand(15, 'true') . ' COMMIT');
check_index($node, 'l', 'with rows inserted by hand');

# A table that is no heap: nobody knows when it gives the place of a row to
# another, so its rows are in the index at once.
run(q{CREATE FUNCTION pomai_test_table(internal) RETURNS table_am_handler
  LANGUAGE c AS '$libdir/pomai';
CREATE ACCESS METHOD other TYPE TABLE HANDLER pomai_test_table;
CREATE TABLE o (id integer, embedding real[]) USING other;
CREATE INDEX o_embedding ON o USING pomai (embedding);
INSERT INTO o SELECT i, vec(i, 16) FROM generate_series(1, 10) i;
CREATE FUNCTION wait_for(key integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_lock(key), pg_advisory_unlock(key);
  RETURN true;
END $$;});
{
	my ($writer, $gate) = map { PomaiSession->new($node) } 1 .. 2;
	$gate->ask('SELECT pg_advisory_lock(1)');
	$writer->tell('INSERT INTO o SELECT i, vec(i, 16)
	  FROM generate_series(11, 20) i WHERE i < 15 OR wait_for(1)');
	$writer->wait_for_lock;
	is( run(q{SELECT rows FROM pomai_membranes
	  WHERE indexname = 'o_embedding'}),
		'14', 'no row waits');
	$gate->ask('SELECT pg_advisory_unlock(1)');
	is($writer->answer, '', 'inserted');
	$_->quit for $writer, $gate;
}
check_index($node, 'o', 'of a table that is no heap');

# Serializable transactions that look for what the other inserts. The second
# looks when the first has begun to apply its rows and none is in the index: the
# check for conflicts has to come after them.
run(q{CREATE TABLE s (id integer, embedding real[]);
CREATE INDEX s_embedding ON s USING pomai (embedding);
INSERT INTO s SELECT i, vec(i, 16) FROM generate_series(1, 5) i;});
{
	my ($writer, $reader, $gate) = map { PomaiSession->new($node) } 1 .. 3;
	my $look = 'SELECT count(*) FROM
	  (SELECT 1 FROM s ORDER BY embedding <-> vec(1, 16) OFFSET 0) a';
	my $insert = 'INSERT INTO s SELECT i, vec(i, 16)
	  FROM generate_series(1, 20) i';
	$gate->ask('SELECT pg_advisory_lock(1)');
	$_->ask('SET enable_seqscan = off; BEGIN ISOLATION LEVEL SERIALIZABLE')
	  for $writer, $reader;
	is($writer->ask($look), '5', 'the writer looks');
	$writer->tell("SET pomai.fault_point = 'wait insert-begun'; $insert");
	$writer->wait_for_lock;
	is($reader->ask($look), '5', 'the reader finds no row half-way');
	is($reader->ask("$insert; COMMIT"), '', 'it inserts and commits');
	$gate->ask('SELECT pg_advisory_unlock(1)');
	like(
		$writer->answer,
		qr/could not serialize access due to read\/write dependencies/,
		'the check comes after the rows');
	$_->quit for $writer, $reader, $gate;
}
check_index($node, 's', 'after a conflict');

$node->stop;
done_testing();
