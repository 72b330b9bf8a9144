# Batches and other sessions: what is pending in one is never met by DDL, by
# VACUUM or by a reader in another.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiSession;
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

# Rows that ON CONFLICT takes back. The first session's row is in the table
# when the second session inserts what it conflicts with; it is taken back while
# the statement goes on, VACUUM frees its place, and a third row gets it.
run(q{CREATE FUNCTION wait_for(key integer) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_lock(key), pg_advisory_unlock(key);
  RETURN true;
END $$;
-- Called first to look for a conflict, and again between the table's row and
-- its entry in the unique index.
CREATE FUNCTION slow_id(id integer) RETURNS integer IMMUTABLE
LANGUAGE plpgsql AS $$
DECLARE calls integer := current_setting('test.calls', true);
BEGIN
  IF id = 777 AND calls IS NOT NULL THEN
    PERFORM set_config('test.calls', (calls + 1)::text, false);
    IF calls = 1 THEN PERFORM public.wait_for(1); END IF;
  END IF;
  RETURN id;
END $$;
CREATE TABLE race (id integer, embedding real[]);
CREATE UNIQUE INDEX race_id ON race (slow_id(id));
CREATE INDEX race_embedding ON race USING pomai (embedding);
INSERT INTO race SELECT i, vec(i, 16) FROM generate_series(1, 5) i;});
{
	my ($first, $gates) = map { PomaiSession->new($node) } 1 .. 2;
	$gates->ask('SELECT pg_advisory_lock(1), pg_advisory_lock(2)');
	$first->ask('SET test.calls = 0');
	$first->tell(q{INSERT INTO race
	  SELECT CASE i WHEN 1 THEN 777 ELSE 10000 + i END, vec(i, 16)
	  FROM generate_series(1, 3) i WHERE i < 3 OR wait_for(2)
	  ON CONFLICT DO NOTHING});
	$first->wait_for_lock;
	run('INSERT INTO race VALUES (777, vec(777, 16))');
	$gates->ask('SELECT pg_advisory_unlock(1)');
	wait_until(qq{SELECT count(*) = 1 FROM pg_locks WHERE pid = $first->{pid}
	  AND locktype = 'advisory' AND objid = 2 AND NOT granted});
	run('VACUUM (INDEX_CLEANUP on) race');
	run('INSERT INTO race VALUES (778, vec(778, 16))');
	# Of the first session: 777, which was taken back, and 10002.
	is( run('SELECT ctid FROM race WHERE id = 778'),
		'(0,6)', 'the place of the row taken back is given to another');
	$gates->ask('SELECT pg_advisory_unlock(2)');
	is($first->answer, '', 'the first session loses without an error');
	is(run('SELECT count(*) FROM race'), '9', 'one row lost the race');
	check_index($node, 'race', 'after a lost race');
	$_->quit for $first, $gates;
}

# A transaction that is prepared takes its rows along.
run(q{BEGIN; INSERT INTO t SELECT 3000 + i, vec(i, 16)
  FROM generate_series(1, 30) i; PREPARE TRANSACTION 'p'});
run('CHECKPOINT');
$node->stop('immediate');
$node->start;
run("COMMIT PREPARED 'p'");
check_index($node, 't', 'after COMMIT PREPARED');
is(run('SELECT count(*) FROM t'), '530', 'prepared rows are there');

# DDL in another session, while a statement has rows pending: it waits, and
# finds them all.
sub insert_beside
{
	my ($table, $ddl) = @_;
	my $insert_out = '';
	my $insert = session(qq{INSERT INTO $table SELECT
	  (SELECT max(id) FROM $table) + i, vec(i, 16)
	  FROM generate_series(1, 40) i WHERE i < 40 OR pg_sleep(1) IS NOT NULL;},
		\$insert_out);
	wait_until(q{SELECT count(*) = 1 FROM pg_stat_activity
	  WHERE wait_event = 'PgSleep'});
	run($ddl);
	IPC::Run::finish($insert);
	is($insert_out, '', "insert beside $ddl");
	return;
}
for my $ddl ('REINDEX INDEX t_embedding', 'VACUUM FULL t',
	'REINDEX INDEX CONCURRENTLY t_embedding',
	'CREATE INDEX CONCURRENTLY more ON t USING pomai (embedding)')
{
	insert_beside('t', $ddl);
	check_index($node, 't', "after $ddl");
}
is(index_problems($node, 'more'), '', 'sound after CREATE INDEX CONCURRENTLY');
run('DROP INDEX more');
run('CREATE TABLE gone AS SELECT * FROM t LIMIT 50;
  CREATE INDEX gone_embedding ON gone USING pomai (embedding)');
insert_beside('gone', 'TRUNCATE gone');
check_rows($node, 'gone', 'after TRUNCATE');
is(run('SELECT count(*) FROM gone'), '0', 'TRUNCATE took all rows');
run('INSERT INTO gone SELECT * FROM t LIMIT 50');
insert_beside('gone', 'DROP INDEX gone_embedding');
run('CREATE INDEX gone_embedding ON gone USING pomai (embedding)');
run('CREATE INDEX gone_id ON gone (id)');
insert_beside('gone', 'CLUSTER gone USING gone_id');
check_rows($node, 'gone', 'after DROP INDEX and CLUSTER');
is(run('SELECT count(*) FROM gone'), '130', 'DROP INDEX took none');

# SET TABLESPACE locks nothing but the index, and copies its file. The executor
# lets its own lock go before the batch, which takes a while to apply, does.
run(q{SET allow_in_place_tablespaces = on; CREATE TABLESPACE other LOCATION ''});
{
	my ($insert, $mover, $gate) = map { PomaiSession->new($node) } 1 .. 3;
	$gate->ask('SELECT pg_advisory_lock(1)');
	$insert->ask('SET pomai.batch_size = 100000');
	$insert->tell(q{INSERT INTO t SELECT 10000 + i, vec(i, 16)
	  FROM generate_series(1, 20000) i WHERE i < 20000 OR wait_for(1)});
	$insert->wait_for_lock;
	$mover->tell('ALTER INDEX t_embedding SET TABLESPACE other');
	$mover->wait_for_lock;
	$gate->ask('SELECT pg_advisory_unlock(1)');
	is($insert->answer, '', 'insert beside SET TABLESPACE');
	is($mover->answer, '', 'SET TABLESPACE beside an insert');
	check_index($node, 't', 'after SET TABLESPACE');
	$_->quit for $insert, $mover, $gate;
}

# CREATE INDEX CONCURRENTLY finds rows that came while it was building, and
# writes them when it commits: without a transaction id and after it has given
# up its snapshot. While it does, something has to hold the horizon.
run(q{CREATE TABLE late (id integer, embedding real[]);
INSERT INTO late SELECT i, vec(i, 16) FROM generate_series(1, 10) i;
CREATE FUNCTION slow(embedding real[]) RETURNS real[] IMMUTABLE
LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('test.slow', true) = 'on' THEN PERFORM public.wait_for(1); END IF;
  RETURN embedding;
END $$;
CREATE TABLE samples (size bigint, holds boolean);
CREATE PROCEDURE watch(builder integer) LANGUAGE plpgsql AS $$
DECLARE
  last bigint := -1;
  size bigint;
  activity record;
BEGIN
  LOOP
    SELECT state, backend_xmin FROM pg_stat_get_activity(builder)
      INTO activity;
    size := pg_relation_size('late_embedding');
    IF size <> last THEN
      INSERT INTO samples VALUES (size, activity.backend_xmin IS NOT NULL);
      last := size;
    END IF;
    EXIT WHEN activity.state = 'idle';
    COMMIT;
  END LOOP;
END $$;});
{
	my ($builder, $watcher, $gate) = map { PomaiSession->new($node) } 1 .. 3;
	$gate->ask('SELECT pg_advisory_lock(1)');
	$builder->ask(q{SET test.slow = 'on'; SET pomai.batch_size = 100000});
	$builder->tell('CREATE INDEX CONCURRENTLY late_embedding
	  ON late USING pomai (slow(embedding)) WITH (bits = 9)');
	$builder->wait_for_lock;
	run('INSERT INTO late SELECT 100 + i, vec(i % 100, 16)
	  FROM generate_series(1, 60000) i');
	$watcher->tell("CALL watch($builder->{pid})");
	$gate->ask('SELECT pg_advisory_unlock(1)');
	is($builder->answer, '', 'CREATE INDEX CONCURRENTLY with late rows');
	is($watcher->answer, '', 'it was watched');
	$_->quit for $builder, $watcher, $gate;
	# The first size is that of the build, the last that of the end.
	my $growing = 'SELECT count(*) FROM samples WHERE
	  size > (SELECT min(size) FROM samples) AND
	  size < (SELECT max(size) FROM samples)';
	cmp_ok(run($growing), '>', 0, 'seen while it wrote late rows');
	is(run("$growing AND NOT holds"), '0', 'it held the horizon');
	is(index_problems($node, 'late_embedding'), '', 'sound with late rows');
	is( run(q{SELECT rows FROM pomai_membranes
	  WHERE indexname = 'late_embedding'}),
		'60010', 'late rows are in');
}

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
