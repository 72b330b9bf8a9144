# Batches and other sessions: what is pending in one is never met by DDL, by
# VACUUM or by a reader in another.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
max_prepared_transactions = 5
CONF
$node->start;
prepare_database($node);

sub run { return $node->safe_psql('postgres', $_[0]); }

# A session beside this one.
my $sessions = 0;
sub session
{
	my ($script, $out) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/015_session"
	  . ++$sessions . '.sql';
	append_to_file($file, "$script;\n");
	return IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', $file ],
		'>', $out, '2>&1');
}

sub wait_until
{
	my ($sql) = @_;
	$node->poll_query_until('postgres', $sql) or die "never true: $sql";
	return;
}

run('CREATE TABLE t (id integer PRIMARY KEY, embedding real[]);
  CREATE INDEX t_embedding ON t USING pomai (embedding);
  INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(1, 500) i');

# Rows that ON CONFLICT takes back. The first session inserts the row it
# then loses to the second; VACUUM frees its place while the first statement is
# still running, and a third session's row gets it.
run(q{CREATE FUNCTION wait_for(key integer) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_lock(key);
  PERFORM pg_advisory_unlock(key);
  RETURN true;
END $$;
-- Called between the table's row and the unique index's entry.
CREATE FUNCTION slow_id(id integer) RETURNS integer IMMUTABLE
LANGUAGE plpgsql AS $$
BEGIN
  IF id = 777 AND current_setting('application_name') = 'first' THEN
    PERFORM wait_for(1);
  END IF;
  RETURN id;
END $$;
CREATE TABLE race (id integer, embedding real[]);
CREATE UNIQUE INDEX race_id ON race (slow_id(id));
CREATE INDEX race_embedding ON race USING pomai (embedding);
INSERT INTO race SELECT i, vec(i, 16) FROM generate_series(1, 5) i;});
my ($holder_out, $first_out) = ('', '');
my $holder = session(q{SELECT pg_advisory_lock(1);
  SELECT pg_sleep(1000)}, \$holder_out);
wait_until(q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory'});
# Goes on after the conflict, in the same statement.
my $first = session(q{SET application_name = 'first';
  INSERT INTO race SELECT CASE WHEN i = 1 THEN 777 ELSE 10000 + i END,
    vec(i, 16) FROM generate_series(1, 300) i ON CONFLICT DO NOTHING;},
	\$first_out);
wait_until(q{SELECT count(*) > 0 FROM pg_locks
  WHERE locktype = 'advisory' AND NOT granted});
run('INSERT INTO race VALUES (777, vec(777, 16))');
run('VACUUM (INDEX_CLEANUP on) race');
run(q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE query LIKE '%pg_sleep(1000)%' AND pid <> pg_backend_pid()});
IPC::Run::finish($first);
IPC::Run::finish($holder);
is($first_out, '', 'the first session loses without an error');
run('VACUUM (INDEX_CLEANUP on) race;
  INSERT INTO race VALUES (778, vec(778, 16));');
is(run('SELECT count(*) FROM race'), '306', 'one row lost the race');
check_index($node, 'race', 'after a lost race');

# Write skew: two sessions that each look and then insert what the other has
# looked for. One of them has to fail, whichever comes first.
my $skew = q{BEGIN ISOLATION LEVEL SERIALIZABLE;
  SET enable_seqscan = off;
  SELECT count(*) FROM (SELECT 1 FROM t
    ORDER BY embedding <-> vec(1, 16) OFFSET 0) s;
  SELECT pg_advisory_lock_shared(2);
  INSERT INTO t SELECT %d + i, vec(i, 16) FROM generate_series(1, 20) i;
  SELECT pg_advisory_unlock_all();
  SELECT pg_advisory_lock_shared(3);
  COMMIT;};
my ($gate_out, $one_out, $two_out) = ('', '', '');
my $gate = session(q{SELECT pg_advisory_lock(2), pg_advisory_lock(3);
  SELECT pg_sleep(0.5); SELECT pg_advisory_unlock(2);
  SELECT pg_sleep(0.5); SELECT pg_advisory_unlock(3);}, \$gate_out);
wait_until(q{SELECT count(*) = 2 FROM pg_locks WHERE locktype = 'advisory'});
my $one = session(sprintf($skew, 1000), \$one_out);
my $two = session(sprintf($skew, 2000), \$two_out);
IPC::Run::finish($_) for $one, $two, $gate;
my $failed = grep { /could not serialize access/ } $one_out, $two_out;
is($failed, 1, 'write skew is found');
is(run('SELECT count(*) FROM t'), '520', 'one of the two is in');
check_index($node, 't', 'after write skew');

# A transaction that is prepared takes its rows along.
run(q{BEGIN; INSERT INTO t SELECT 3000 + i, vec(i, 16)
  FROM generate_series(1, 30) i; PREPARE TRANSACTION 'p'});
run('CHECKPOINT');
$node->stop('immediate');
$node->start;
run("COMMIT PREPARED 'p'");
check_index($node, 't', 'after COMMIT PREPARED');
is(run('SELECT count(*) FROM t'), '550', 'prepared rows are there');

# DDL in another session, while a statement has rows pending: it waits, and
# finds them all.
for my $ddl ('REINDEX INDEX t_embedding', 'VACUUM FULL t',
	'REINDEX INDEX CONCURRENTLY t_embedding',
	'ALTER INDEX t_embedding SET TABLESPACE pg_default',
	'CREATE INDEX CONCURRENTLY more ON t USING pomai (embedding)')
{
	my $insert_out = '';
	my $insert = session(q{INSERT INTO t SELECT (SELECT max(id) FROM t) + i,
	  vec(i, 16) FROM generate_series(1, 40) i
	  WHERE i < 40 OR pg_sleep(1) IS NOT NULL;}, \$insert_out);
	wait_until(q{SELECT count(*) = 1 FROM pg_stat_activity
	  WHERE wait_event = 'PgSleep'});
	run($ddl);
	IPC::Run::finish($insert);
	is($insert_out, '', "insert beside $ddl");
	check_index($node, 't', "after $ddl");
}
is(index_problems($node, 'more'), '', 'sound after CREATE INDEX CONCURRENTLY');
run('DROP INDEX more');

# CREATE INDEX CONCURRENTLY under load.
my $script = "$PostgreSQL::Test::Utils::tmp_check/015_inserts.sql";
append_to_file($script, 'INSERT INTO t SELECT
  nextval(\'ids\'), vec(i, 16) FROM generate_series(1, 5) i;
DELETE FROM t WHERE id % 97 = 0;');
run('CREATE SEQUENCE ids START 1000000');
my $load_out = '';
my $load = IPC::Run::start(
	[
		'pgbench', '-n', '-c', '2', '-T', '4', '-f', $script,
		$node->connstr('postgres')
	], '>&', \$load_out);
for (1 .. 3)
{
	run('CREATE INDEX CONCURRENTLY more ON t USING pomai (embedding)');
	is(index_problems($node, 'more'), '', 'sound under load');
	run('DROP INDEX CONCURRENTLY more');
}
IPC::Run::finish($load);
unlike($load_out, qr/error|abort/i, 'the load goes on');
check_index($node, 't', 'after the load');

# The apply worker of logical replication.
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->start;
prepare_database($subscriber);
$subscriber->safe_psql('postgres',
	'CREATE TABLE r (id integer PRIMARY KEY, embedding real[]);
	 CREATE INDEX r_embedding ON r USING pomai (embedding)');
run('CREATE TABLE r (id integer PRIMARY KEY, embedding real[]);
  CREATE PUBLICATION p FOR TABLE r');
my $from = $node->connstr . ' dbname=postgres';
$subscriber->safe_psql('postgres',
	"CREATE SUBSCRIPTION s CONNECTION '$from' PUBLICATION p");
$subscriber->wait_for_subscription_sync($node, 's');
run('INSERT INTO r SELECT i, vec(i, 16) FROM generate_series(1, 1500) i;
  UPDATE r SET embedding = vec(id + 1, 16) WHERE id % 5 = 0;
  DELETE FROM r WHERE id % 7 = 0;');
run('BEGIN; INSERT INTO r SELECT 5000 + i, vec(i, 16)
  FROM generate_series(1, 10) i; ROLLBACK');
$node->wait_for_catchup('s');
check_index($subscriber, 'r', 'on the subscriber');
is( $subscriber->safe_psql('postgres', 'SELECT count(*) FROM r'),
	run('SELECT count(*) FROM r'),
	'every row has arrived');
$subscriber->stop;
$node->stop;
done_testing();
