# A cancel is honoured within a tenth of a second, whatever is under way. What is
# measured is the time from the signal to the moment at which the session is
# idle again, by the server's own clock.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Run;
use List::Util qw(max);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $rounds = $ENV{POMAI_CANCEL_ROUNDS} // 8;
my $seed = $ENV{POMAI_SEED} // time;
srand $seed;
note "POMAI_SEED=$seed replays the moments";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
shared_buffers = 256MB
max_wal_size = 4GB
maintenance_work_mem = 256MB
pomai.background_maintenance = off
CONF
$node->start;
prepare_database($node);
sub run { return $node->safe_psql('postgres', $_[0]); }

run(<<'SQL');
-- Waits until session `victim` runs a statement that starts with the word
-- "start" in a comment, lets it run for `seconds`, cancels it. Milliseconds
-- until it has ended; null when it had ended before, or there is no session.
CREATE FUNCTION cancel_after(victim text, seconds double precision)
RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
  number integer;
  began timestamptz;
  signalled timestamptz;
  ended timestamptz;
BEGIN
  LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT pid, query_start INTO number, began FROM pg_stat_activity
    WHERE application_name = victim AND backend_type = 'client backend'
      AND state = 'active' AND query LIKE '/* start */%'
      AND query_start > clock_timestamp() - interval '50 ms';
    EXIT WHEN FOUND;
    PERFORM 1 FROM pg_stat_activity WHERE application_name = victim;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM pg_sleep(0.001);
  END LOOP;
  PERFORM pg_sleep(seconds);
  PERFORM pg_stat_clear_snapshot();
  PERFORM 1 FROM pg_stat_activity
  WHERE pid = number AND query_start = began AND state = 'active';
  IF NOT FOUND THEN RETURN NULL; END IF;
  signalled := clock_timestamp();
  PERFORM pg_cancel_backend(number);
  LOOP
    PERFORM pg_stat_clear_snapshot();
    SELECT state_change INTO ended FROM pg_stat_activity
    WHERE pid = number AND (query_start > began OR state <> 'active');
    EXIT WHEN FOUND;
    PERFORM 1 FROM pg_stat_activity WHERE pid = number;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM pg_sleep(0.001);
  END LOOP;
  IF ended < signalled THEN RETURN NULL; END IF;
  RETURN 1000 * extract(epoch FROM ended - signalled);
END $$;
SELECT setseed(0.5);
CREATE UNLOGGED TABLE t (id serial, embedding real[]);
INSERT INTO t (embedding)
  SELECT ARRAY(SELECT random()::real FROM generate_series(1, 64) WHERE i > 0)
  FROM generate_series(1, 100000) i;
CREATE UNLOGGED TABLE more AS SELECT * FROM t WHERE id <= 50000;
CREATE INDEX t_embedding ON t USING pomai (embedding);
ALTER TABLE t SET (parallel_workers = 2);
SQL

# Dead entries are sealed and merged as others are.
my $fill = 'BEGIN; INSERT INTO t (embedding)
  SELECT embedding FROM more LIMIT 20000; ROLLBACK;';
my $build = 'CREATE INDEX other ON t USING pomai (embedding)';
my $serial = 'SET max_parallel_maintenance_workers = 0;';
my %work = (
	'1 build' => [ "DROP INDEX IF EXISTS other; $serial", $build ],
	'2 parallel build' => [
		"DROP INDEX IF EXISTS other; SET min_parallel_table_scan_size = 0;
		 SET max_parallel_maintenance_workers = 2;", $build
	],
	'3 scan' => [
		'SET enable_seqscan = off;',
		'SELECT count(*) FROM (SELECT id FROM t
		 ORDER BY embedding <-> (SELECT embedding FROM more LIMIT 1) OFFSET 0) s'
	],
	'4 retrain' => [ '', q{SELECT pomai_retrain('t_embedding')} ],
	'5 insert' => [
		'SET pomai.batch_size = 100000;',
		'INSERT INTO t (embedding) SELECT embedding FROM more'
	],
	'6 vacuum' => [ $fill, 'VACUUM (INDEX_CLEANUP on) t' ],
	'7 seal' => [ $fill, q{SELECT pomai_seal('t_embedding')} ],
	'8 merge' => [
		"$fill SELECT pomai_seal('t_embedding');",
		q{SELECT pomai_merge('t_embedding')}
	]);

for my $name (sort keys %work)
{
	my ($prepare, $start) = @{ $work{$name} };
	(my $file = "$PostgreSQL::Test::Utils::tmp_check/002_$name.sql") =~
	  tr/ /_/;
	append_to_file($file, "$prepare\n/* start */ $start;\n" x (4 * $rounds));
	# How long it takes if nobody minds; the first also clears away what
	# the work before has left.
	my ($took) =
	  run("$prepare\n$start;\n$prepare\n\\timing on\n$start;") =~
	  /Time: ([\d.]+) ms[^T]*\z/;
	my $victim = "victim $name";
	my $said = '';
	my $running = do
	{
		local $ENV{PGAPPNAME} = $victim;
		IPC::Run::start(
			[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', $file ],
			'>', \$said, '2>', \$said);
	};
	$node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM pg_stat_activity
		 WHERE application_name = '$victim'")
	  or die "$name does not start";
	my @times;
	my $latest = 0.8 * $took;
	for (1 .. 4 * $rounds)
	{
		my $time = run(
			sprintf "SELECT round(cancel_after('%s', %.4f)::numeric, 1)",
			$victim, rand($latest) / 1000);
		if ($time ne '') { push @times, $time }
		# It may have taken so long only because the machine was busy.
		else { $latest *= 0.8 }
		last if @times == $rounds;
	}
	run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	  WHERE application_name = '$victim' AND backend_type = 'client backend'");
	$running->finish;
	note sprintf "%s (%.0f ms): %s", $name, $took,
	  join ' ', sort { $a <=> $b } @times;
	# Some work is over within some milliseconds, before a signal comes.
	cmp_ok(scalar @times, '>=', $took > 100 ? $rounds / 4 : 1,
		"$name: cancelled");
	# A machine that is busy with something else may delay a few.
	my $soon = grep { $_ < 100 } @times;
	cmp_ok($soon, '>=', 0.5 * @times, "$name: most end within 100 ms");
	cmp_ok(max(0, @times), '<=', 500, "$name: all end within 500 ms");
	unlike($said, qr/ERROR:  (?!canceling|index was rewritten)/,
		"$name: no other errors");
}
run('DROP INDEX IF EXISTS other');
is(index_problems($node, 't_embedding'), '', 'sound after all cancels');
$node->stop;
done_testing();
