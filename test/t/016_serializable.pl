# Serializable transactions: each looks for what the other inserts. The only
# trace of what they looked for is the lock on the index: rows that were read
# are locked one by one, and the index's check for conflicts is the only one
# that can see the other's insert.
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
default_transaction_isolation = serializable
enable_seqscan = off
CONF
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id integer, embedding real[]);
CREATE INDEX t_embedding ON t USING pomai (embedding);
INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(1, 5) i;
CREATE FUNCTION look() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT count(*) FROM (SELECT 1 FROM t
    ORDER BY embedding <-> vec(1, 16) OFFSET 0) s $$;
-- Looks, and does not mind an error.
CREATE FUNCTION try_to_look() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM look();
  RETURN true;
EXCEPTION WHEN serialization_failure THEN
  RETURN false;
END $$;
-- After all rows of a statement, and before its end.
CREATE FUNCTION after_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE current_setting('application_name')
    WHEN 'waits' THEN
      PERFORM pg_advisory_lock_shared(1), pg_advisory_unlock_shared(1);
    WHEN 'tries' THEN
      RAISE NOTICE 'it looks: %', try_to_look();
    ELSE
  END CASE;
  RETURN NULL;
END $$;
CREATE TRIGGER after_rows AFTER INSERT ON t EXECUTE FUNCTION after_rows();
SQL
my $skew = qr/could not serialize access due to read\/write dependencies/;
my $insert = 'INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(1, 20) i';

# The other one looks while rows are pending: they are not there yet, and the
# check that finds it comes after they are.
{
	my ($writer, $reader, $gate) = map { PomaiSession->new($node) } 1 .. 3;
	$gate->ask('SELECT pg_advisory_lock(1)');
	$writer->ask(q{SET application_name = 'waits'; BEGIN});
	is($writer->ask('SELECT look()'), '5', 'the writer looks');
	$writer->tell($insert);
	$writer->wait_for_lock;
	$reader->ask('BEGIN');
	is($reader->ask('SELECT look()'), '5', 'the reader finds no pending rows');
	is($reader->ask("$insert; COMMIT"), '', 'it inserts and commits');
	$gate->ask('SELECT pg_advisory_unlock(1)');
	like($writer->answer, $skew, 'an insert sees who looked while it waited');
	$_->quit for $writer, $reader, $gate;
}

# An apply fails by the check, and an exception block takes no notice: the rows
# are in the index, and the check is still to be passed.
{
	my ($writer, $reader) = map { PomaiSession->new($node) } 1 .. 2;
	$_->ask('BEGIN; SELECT look()') for $writer, $reader;
	is($reader->ask("$insert; COMMIT"), '', 'the reader inserts and commits');
	my $all = $writer->ask("SET application_name = 'tries'; $insert");
	like($all, qr/it looks: f/, 'an apply fails');
	like($all, $skew, 'a caught error does not do away with a conflict');
	$_->quit for $writer, $reader;
}

is($node->safe_psql('postgres', 'SELECT look()'),
	'45', 'one of two is in, each time');
check_index($node, 't', 'after conflicts');
$node->stop;
done_testing();
