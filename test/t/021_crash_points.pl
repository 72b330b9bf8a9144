# Every step of maintenance, an insert, VACUUM and a build break off at each of
# their points: by SIGKILL and by an error. Afterwards the index is sound, has
# each row once, goes on, and has lost no space for good.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# Small buffers: pages are written at all times.
$node->append_conf('postgresql.conf', <<'CONF');
shared_buffers = 4MB
autovacuum = off
restart_after_crash = on
pomai.background_maintenance = off
CONF
$node->start;
prepare_database($node);
require_fault_points($node);
sub run { return $node->safe_psql('postgres', $_[0]); }

# More shards than one publication can switch.
run(<<'SQL');
CREATE TABLE t (id serial, embedding real[]);
INSERT INTO t (embedding) SELECT vec(i, 16) FROM generate_series(1, 3000) i;
CREATE INDEX t_embedding ON t USING pomai (embedding)
  WITH (shards = 5, lists = 40);
SQL

my $insert = 'INSERT INTO t (embedding)
  SELECT vec(nextval(\'t_id_seq\')::int, 16) FROM generate_series(1, 300)';
my $delete = 'DELETE FROM t WHERE id % 7 = (SELECT max(id) % 7 FROM t)';

# Steps: what makes one due, what starts it, its points.
my @written = qw(written manifest-written published);
my @steps = (
	{
		prepare => "$insert;",
		start => "$insert;",
		points => [qw(insert-pages-written insert-appended)]
	},
	{
		# Of an empty tail.
		prepare => q{SELECT pomai_seal('t_embedding');},
		start => "$insert;",
		points => [qw(insert-extent-written)]
	},
	{
		prepare => "$insert; $insert;",
		start => q{SELECT pomai_seal('t_embedding');},
		points => [
			map { "seal-$_" } qw(closed allocated half-written), @written
		]
	},
	{
		prepare => "$insert; $delete;",
		start => 'VACUUM (INDEX_CLEANUP on) t;',
		points => [qw(vacuum-marked vacuum-swept)]
	},
	{
		prepare => "$insert; SELECT pomai_seal('t_embedding');",
		start => q{SELECT pomai_merge('t_embedding');},
		points => [ map { "merge-$_" } qw(allocated half-written), @written ]
	},
	{
		prepare => "$insert;",
		start => q{SELECT pomai_retrain('t_embedding');},
		points => [
			(map { "train-$_" } qw(allocated half-written), @written),
			(map { "switch-$_" } @written),
			(map { "move-$_" } qw(allocated half-written), @written),
			(map { "calibrate-$_" } @written)
		]
	});

# Runs $statements with $fault; true when it was met.
sub is_met
{
	my ($fault, $statements) = @_;
	my $offset = -s $node->logfile;
	my $said = '';
	$node->psql('postgres',
		"SET pomai.fault_point = '$fault'; SET pomai.batch_size = 250;
		 $statements",
		stderr => \$said);
	return $said =~ /ERROR:  fault point/ if $fault =~ /^error/;
	return 0 unless $said =~ /server closed the connection/;
	wait_for_recovery($node, $offset);
	return 1;
}

my $met = 0;

sub break_off
{
	my ($step) = @_;
	for my $fault (map { ("kill $_", "lose $_", "error $_") }
		@{ $step->{points} })
	{
		run($step->{prepare}) if $step->{prepare} ne '';
		ok(is_met($fault, $step->{start}), "$fault: met");
		check_rows($node, 't', "after $fault");
		$met++;
	}
	# It goes on where it was.
	run($step->{start});
	check_rows($node, 't', "at last, $step->{points}[0]");
	return;
}

break_off($_) for @steps;
is(differing_answers($node, 't'), '0', 'same answers');

# Space: what was left behind is used again or given back, once there is a later
# transaction. A shard keeps up to 64 spare pages for its next tail.
for (1 .. 3)
{
	run('VACUUM (INDEX_CLEANUP on) t');
	run("SELECT pomai_merge('t_embedding')");
	run('SELECT pg_current_xact_id()');
}
my $size = run("SELECT pg_relation_size('t_embedding')");
run('REINDEX INDEX t_embedding');
my $least = run("SELECT pg_relation_size('t_embedding')");
note "$met faults; $size bytes, $least after REINDEX";
cmp_ok($size, '<=', 1.5 * $least + 5 * 64 * 8192, 'no space is lost for good');

# Giving back, each time from a new index, so that some comes to be due:
# segments at the file's end, then nothing there. Their pages are free for the
# transactions after the one that gave them up.
break_off(
	{
		prepare => 'REINDEX INDEX t_embedding',
		start => q{BEGIN;
		  INSERT INTO t (embedding) SELECT vec(-i, 16)
		  FROM generate_series(1, 6000) i; ROLLBACK;
		  SELECT pomai_seal('t_embedding');
		  VACUUM (INDEX_CLEANUP on) t;
		  SELECT pg_current_xact_id();
		  SELECT pomai_merge('t_embedding');},
		points => [qw(give-back-planned give-back-truncated)]
	});

# An index on an empty table settles its dimensions with the first row.
for my $action (qw(error lose kill))
{
	run('DROP TABLE IF EXISTS e; CREATE TABLE e (id integer, embedding real[]);
	  CREATE INDEX e_embedding ON e USING pomai (embedding)');
	ok( is_met(
			"$action insert-dimensions-settled",
			'INSERT INTO e VALUES (1, vec(1, 16));'),
		"$action insert-dimensions-settled: met");
	is(index_problems($node, 'e_embedding'), '', 'sound afterwards');
	run('INSERT INTO e VALUES (1, vec(1, 16))');
	check_index($node, 'e', 'with its first row');
}

# A build that breaks off leaves no index.
for my $action (qw(error lose kill))
{
	my $fault = "$action build-manifest-written";
	ok( is_met($fault, 'CREATE INDEX other ON t USING pomai (embedding);'),
		"$fault: met");
	is(run("SELECT to_regclass('other') IS NULL"), 't', "no index after $fault");
}

$node->stop;
done_testing();
