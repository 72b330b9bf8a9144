# The postmaster is killed at random moments while rows come, change and go,
# VACUUM runs and indexes are built. After recovery the index is sound and
# answers as its table does.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $rounds = $ENV{POMAI_CRASH_ROUNDS} // 20;
my $seed = $ENV{POMAI_SEED} // time;
srand $seed;
note "POMAI_SEED=$seed replays the moments";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# Small buffers and frequent checkpoints: pages are written at all times.
$node->append_conf('postgresql.conf', <<'CONF');
shared_buffers = 4MB
checkpoint_timeout = 30s
max_wal_size = 64MB
autovacuum = off
maintenance_work_mem = 16MB
restart_after_crash = off
log_statement = none
log_min_duration_statement = -1
CONF
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id serial PRIMARY KEY, note integer, embedding real[]);
CREATE INDEX t_embedding ON t USING pomai (embedding) WITH (shards = 2);
INSERT INTO t (embedding) SELECT vec(i, 16) FROM generate_series(1, 2000) i;
CREATE TABLE built AS SELECT id, embedding FROM t;
SQL

# What runs beside each other, over and over, until the server is gone.
my %work = (
	insert => 'INSERT INTO t (embedding)
	  SELECT vec((random() * 1e6)::int, 16)
	  FROM generate_series(1, (random() * 100)::int);',
	change => 'UPDATE t SET note = 1 WHERE id % 50 = (random() * 50)::int;
	  UPDATE t SET embedding = vec(id + 7, 16) WHERE id % 80 = 3;
	  DELETE FROM t WHERE id % 30 = (random() * 30)::int;
	  BEGIN; INSERT INTO t (embedding) VALUES (vec(1, 16)); ROLLBACK;',
	vacuum => 'VACUUM (INDEX_CLEANUP on) t; CHECKPOINT;
	  SELECT pg_sleep(0.05);',
	maintain => q{SELECT pomai_seal('t_embedding');
	  SELECT pomai_merge('t_embedding');
	  SELECT pomai_retrain('t_embedding');},
	build => 'DROP INDEX IF EXISTS built_embedding;
	  CREATE INDEX built_embedding ON built USING pomai (embedding);
	  REINDEX INDEX t_embedding;');

sub start_work
{
	my ($name) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$name.sql";
	append_to_file($file, "$work{$name}\n" x 200) unless -e $file;
	my $out = '';
	return IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', $file ],
		'>', \$out, '2>', \$out);
}

my (%answers, %problems);
for my $round (1 .. $rounds)
{
	# Builds lock everybody else out, so they are not in every round.
	my @names = qw(insert change vacuum maintain);
	push @names, 'build' if $round % 3 == 0;
	my @running = map { start_work($_) } @names;
	select undef, undef, undef, 0.1 + rand 1;
	kill_server($node);
	IPC::Run::finish($_) for @running;
	start_again($node);

	my $when = "in round $round";
	my $found = index_problems($node, 't_embedding');
	is($found, '', "sound $when");
	is(differing_answers($node, 't'), '0', "same answers $when");
	next unless $node->safe_psql('postgres',
		"SELECT to_regclass('built_embedding') IS NOT NULL") eq 't';
	check_index($node, 'built', "as built $when");
	$node->safe_psql('postgres', 'DROP INDEX built_embedding');
}

# And it goes on working.
$node->safe_psql('postgres', 'VACUUM t');
$node->safe_psql('postgres',
	'INSERT INTO t (embedding) SELECT vec(i, 16)
	 FROM generate_series(5000, 5500) i');
check_index($node, 't', 'at the end');
cmp_ok($node->safe_psql('postgres', 'SELECT count(*) FROM t'),
	'>', 500, 'rows have come');
$node->stop;

# An unlogged index is empty after a crash, as its table is.
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE UNLOGGED TABLE u (id integer, embedding real[]);
CREATE INDEX u_embedding ON u USING pomai (embedding);
INSERT INTO u SELECT i, vec(i, 16) FROM generate_series(1, 500) i;
SQL
kill_server($node);
start_again($node);
is($node->safe_psql('postgres', 'SELECT count(*) FROM u'),
	'0', 'unlogged table is empty');
check_index($node, 'u', 'unlogged after a crash');
$node->safe_psql('postgres',
	'INSERT INTO u SELECT i, vec(i, 16) FROM generate_series(1, 500) i');
check_index($node, 'u', 'unlogged, filled again');
$node->stop;
done_testing();
