# Maintenance beside everything else: workers, a mixed load with crashes, a
# standby that searches through it all, space.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
max_wal_size = 256MB
checkpoint_timeout = 30s
restart_after_crash = off
wal_consistency_checking = 'generic'
CONF
$primary->start;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = 200ms');
$standby->start;
prepare_database($primary);

sub run { return $primary->safe_psql('postgres', $_[0]); }

# No worker runs and none is about to.
sub settle
{
	$primary->poll_query_until('postgres',
		q{SELECT count(*) = 0 FROM pg_stat_activity
		  WHERE backend_type = 'pomai maintenance'})
	  or die 'a worker does not end';
	return;
}

# A worker trains an index that started empty, and seals its tails.
run('CREATE TABLE t (id serial, embedding real[]);
  CREATE INDEX t_embedding ON t USING pomai (embedding)');
for (1 .. 30)
{
	run('INSERT INTO t (embedding) SELECT vec(i, 16)
	  FROM generate_series(' . (100 * $_) . ', ' . (100 * $_ + 99) . ') i');
}
$primary->poll_query_until('postgres',
	q{SELECT lists > 1 AND rows > tail_rows FROM pomai_membranes
	  WHERE indexname = 't_embedding'})
  or die 'no worker has trained the index';
settle();
check_index($primary, 't', 'after a worker');

# Without background maintenance, and without a free worker, the inserting
# session seals by itself when the tail is four times too long.
my $limit = run("SELECT greatest(2048, 4 * lists) FROM pomai_membranes");
run("SET pomai.background_maintenance = off;
  INSERT INTO t (embedding) SELECT vec(i, 16)
  FROM generate_series(1, 5 * $limit) i;");
cmp_ok(run('SELECT tail_rows FROM pomai_membranes'), '<', 5 * $limit,
	'sealed by the session');
check_index($primary, 't', 'without workers');

# DDL does not wait for a worker.
run("INSERT INTO t (embedding) SELECT vec(i, 16)
  FROM generate_series(1, 3 * $limit) i;
  REINDEX INDEX t_embedding");
run("INSERT INTO t (embedding) SELECT vec(i, 16)
  FROM generate_series(1, 2 * $limit) i");
run('REINDEX INDEX CONCURRENTLY t_embedding');
settle();
check_index($primary, 't', 'after REINDEX beside workers');

# Searches on the standby, while pages are retired and used again on the
# primary: right, or cancelled with a serialization failure, never wrong.
run("TRUNCATE t; INSERT INTO t (embedding) SELECT vec(i, 16)
  FROM generate_series(1, 4000) i");
run("SELECT pomai_retrain('t_embedding')");
$primary->wait_for_catchup($standby);
my $compare = "$PostgreSQL::Test::Utils::tmp_check/020_compare.sql";
append_to_file($compare, "\\set VERBOSITY verbose\n" . <<'SQL' x 60);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT answers_differ('t', '<->', 16, 3);
COMMIT;
SQL
my $answers = '';
my $searching = IPC::Run::start(
	[ 'psql', '-XqAt', '-d', $standby->connstr('postgres'), '-f', $compare ],
	'>', \$answers, '2>&1');
for my $round (1 .. 24)
{
	run("INSERT INTO t (embedding) SELECT vec($round * 1000 + i, 16)
	  FROM generate_series(1, 400) i;
	  DELETE FROM t WHERE id % 24 = $round - 1;");
	run('VACUUM (INDEX_CLEANUP on) t');
	run("SELECT pomai_merge('t_embedding')");
	run("SELECT pomai_retrain('t_embedding')") if $round % 3 == 0;
}
IPC::Run::finish($searching);
my @lines = split /\n/, $answers;
my $right = grep { $_ eq '0' } @lines;
my @wrong = grep { /^[1-9]\d*$/ } @lines;
my @errors = grep { /ERROR/ && !/40001/ } @lines;
cmp_ok($right, '>', 20, 'the standby has answered');
is("@wrong", '', 'the standby has not answered wrongly');
is("@errors", '', 'the standby has failed with 40001 only');
$primary->wait_for_catchup($standby);
is( $standby->safe_psql('postgres', "SELECT answers_differ('t', '<->', 16, 5)"),
	'0', 'the standby answers as its table at the end');
is(index_problems($standby, 't_embedding'), '', 'sound on the standby');
unlike(slurp_file($standby->logfile), qr/inconsistent page found/,
	'pages are consistent');
$standby->stop;

# Ten rounds of deletes and inserts.
run('TRUNCATE t; INSERT INTO t (embedding) SELECT vec(i, 16)
  FROM generate_series(1, 40000) i; REINDEX INDEX t_embedding');
my $size = run("SELECT pg_relation_size('t_embedding')");
for my $round (0 .. 9)
{
	run("DELETE FROM t WHERE id % 10 = $round");
	run('VACUUM (INDEX_CLEANUP on) t');
	run('INSERT INTO t (embedding) SELECT vec(i, 16) FROM
	  generate_series(1, 40000 - (SELECT count(*) FROM t)::int) i');
}
settle();
run('VACUUM (INDEX_CLEANUP on) t');
settle();
run('VACUUM (INDEX_CLEANUP on) t');
note 'after ten rounds: '
  . run("SELECT pg_relation_size('t_embedding')") / $size
  . ' of the first size';
check_index($primary, 't', 'after ten rounds');

# Four clients and SIGKILL.
my %work = (
	insert => 'INSERT INTO t (embedding) SELECT vec(i, 16)
	  FROM generate_series(1, 300) i;',
	change => 'UPDATE t SET embedding = vec(id + 7, 16) WHERE id % 80 = 3;
	  DELETE FROM t WHERE id % 30 = (random() * 30)::int;',
	merge => q{SELECT pomai_seal('t_embedding');
	  SELECT pomai_merge('t_embedding');},
	retrain => q{SELECT pomai_retrain('t_embedding');
	  VACUUM (INDEX_CLEANUP on) t;});
run('TRUNCATE t; INSERT INTO t (embedding) SELECT vec(i, 16)
  FROM generate_series(1, 3000) i');
for my $round (1 .. 5)
{
	my @running;
	for my $name (sort keys %work)
	{
		my $file = "$PostgreSQL::Test::Utils::tmp_check/020_$name.sql";
		append_to_file($file, "$work{$name}\n" x 200) unless -e $file;
		my $out = '';
		push @running,
		  IPC::Run::start(
			[ 'psql', '-XqAt', '-d', $primary->connstr('postgres'),
			  '-f', $file ], '>', \$out, '2>', \$out);
	}
	select undef, undef, undef, 0.5 + rand 1.5;
	kill_server($primary);
	IPC::Run::finish($_) for @running;
	start_again($primary);
	check_index($primary, 't', "after crash $round");
}
# What crashes left behind is used again: as much work as before needs no more
# pages.
my @sizes;
for (1 .. 6)
{
	run("INSERT INTO t (embedding) SELECT vec(i, 16)
	  FROM generate_series(1, 2000) i;
	  DELETE FROM t WHERE id > (SELECT max(id) - 2000 FROM t)");
	run('VACUUM (INDEX_CLEANUP on) t');
	settle();
	run("SELECT pomai_merge('t_embedding')");
	push @sizes, run("SELECT pg_relation_size('t_embedding')");
}
note "sizes after crashes: @sizes";
cmp_ok($sizes[5], '<=', 1.5 * $sizes[2], 'no space is lost for good');
check_index($primary, 't', 'at the end');
$primary->stop;
done_testing();
