# The same table gives the same index, whatever memory and processes the build
# had; what a build has written is there after a crash; a build can be watched
# and cancelled.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $rows = 12000;
my $page_size = 8192;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
min_parallel_table_scan_size = 0
max_parallel_maintenance_workers = 0
log_temp_files = 0
restart_after_crash = off
CONF
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<SQL);
CREATE TABLE t (id integer, embedding real[]);
INSERT INTO t SELECT i, CASE WHEN i % 100 <> 0 THEN vec(i, 16) END
FROM generate_series(1, $rows) i;
SQL

# Builds t_embedding anew. Returns what the server said at log level debug1.
sub build
{
	my ($settings, $options) = @_;
	$options //= '';
	my ($out, $messages);
	$node->psql('postgres', <<SQL, stdout => \$out, stderr => \$messages,
DROP INDEX IF EXISTS t_embedding;
$settings
SET client_min_messages = debug1;
CREATE INDEX t_embedding ON t USING pomai (embedding) $options;
SQL
		on_error_die => 1);
	return $messages;
}

# What is on the pages, but for their log positions and the meta page, which
# has the random build id. (Block 0 is the meta page; 32 bytes are the server's.)
sub fingerprint
{
	$node->safe_psql('postgres', 'CHECKPOINT');
	my $path = $node->data_dir . '/'
	  . $node->safe_psql('postgres', "SELECT pg_relation_filepath('t_embedding')");
	my $file = slurp_file($path);
	my $pages = length($file) / $page_size;
	return join ' ', $pages, sha256_hex(
		join '',
		map { substr $file, $_ * $page_size + 32, $page_size - 32 }
		  1 .. $pages - 1);
}

for my $options ('', 'WITH (shards = 3, bits = 1, lists = 300)')
{
	my $alone = build("SET maintenance_work_mem = '1GB';", $options);
	unlike($alone, qr/launched \d+ parallel workers/, 'alone');
	my $expected = fingerprint();
	check_index($node, 't', "built alone $options");

	my $together = build(<<'SQL', $options);
SET maintenance_work_mem = '1GB';
SET max_parallel_maintenance_workers = 2;
SQL
	like($together, qr/launched 2 parallel workers/, 'two workers');
	is(fingerprint(), $expected, "workers change nothing $options");

	my $offset = -s $node->logfile;
	build("SET maintenance_work_mem = '1MB';", $options);
	is(fingerprint(), $expected, "little memory changes nothing $options");
	like(slurp_file($node->logfile, $offset),
		qr/temporary file: path/, 'but spills');
}

# Statistics are those of the table.
is( $node->safe_psql('postgres',
		"SELECT reltuples FROM pg_class WHERE relname = 't_embedding'"),
	$rows, 'rows counted');
is( $node->safe_psql('postgres',
		"SELECT sum(rows) FROM pomai_segments('t_embedding')"),
	$rows, 'rows in segments');

# An error in one process ends all, and the next build works.
my ($status, $out, $message) = $node->psql('postgres', <<'SQL');
CREATE TABLE bad AS SELECT id, embedding FROM t;
UPDATE bad SET embedding = ARRAY[1, 2, 3] WHERE id = 7777;
ALTER TABLE bad SET (parallel_workers = 2);
SET max_parallel_maintenance_workers = 2;
SET maintenance_work_mem = '1GB';
CREATE INDEX bad_embedding ON bad USING pomai (embedding);
SQL
like($message, qr/expected 16 dimensions, not 3/, 'lengths that differ');
is( $node->safe_psql('postgres', <<'SQL'), '', 'no temporary files are left');
SELECT name FROM pg_ls_tmpdir();
SQL
$node->safe_psql('postgres', <<'SQL');
UPDATE bad SET embedding = NULL WHERE id = 7777;
CREATE INDEX bad_embedding ON bad USING pomai (embedding);
SQL
check_index($node, 'bad', 'after an error');

# Everything that CREATE INDEX has returned from survives.
build('');
my $expected = fingerprint();
build('');
kill_server($node);
start_again($node);
check_index($node, 't', 'after a crash');
is(fingerprint(), $expected, 'replayed');

# Rows that change during CREATE INDEX CONCURRENTLY.
my $writer_file = "$PostgreSQL::Test::Utils::tmp_check/writer.sql";
append_to_file($writer_file, <<'SQL' x 100);
INSERT INTO c SELECT i, vec(i, 16) FROM generate_series(20001, 20010) i;
UPDATE c SET embedding = vec(id + 1, 16) WHERE id % 1000 = (random() * 999)::int;
DELETE FROM c WHERE id % 1000 = (random() * 999)::int;
SQL
$node->safe_psql('postgres', 'CREATE TABLE c AS SELECT * FROM t');
my $said = '';
my $writer = IPC::Run::start(
	[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', $writer_file ],
	'>', \$said, '2>', \$said);
for my $workers (0, 2)
{
	$node->safe_psql('postgres',
		'DROP INDEX CONCURRENTLY IF EXISTS c_embedding');
	local $ENV{PGOPTIONS} = "-c max_parallel_maintenance_workers=$workers";
	$node->safe_psql('postgres',
		'CREATE INDEX CONCURRENTLY c_embedding ON c USING pomai (embedding)');
}
$writer->finish;
is($said, '', 'writers met no error');
check_index($node, 'c', 'built concurrently');
$node->safe_psql('postgres', 'REINDEX INDEX CONCURRENTLY c_embedding');
check_index($node, 'c', 'rebuilt concurrently');

# The view shows our phases; a cancel is obeyed in each.
my %phases;
my $cancelled = 0;
for my $milliseconds (map { $_ * 20 } 1 .. 15)
{
	my $builder = IPC::Run::start(
		[
			'psql', '-XqAt', '-d', $node->connstr('postgres'), '-c',
			"SET statement_timeout = $milliseconds;
			 CREATE INDEX ON t USING pomai (embedding) WITH (lists = 2000)"
		],
		'>', \my $output, '2>', \my $errors);
	my $phase = $node->safe_psql('postgres',
		'SELECT phase FROM pg_stat_progress_create_index');
	$phases{$phase} = 1 if $phase ne '';
	$builder->finish;
	$cancelled++ if $errors =~ /canceling statement due to statement timeout/;
}
cmp_ok($cancelled, '>', 0, 'cancelled');
note 'seen: ' . join ', ', sort keys %phases;
is( scalar(grep { !/^(initializing|building index: [a-zA-Z ]+)$/ } keys %phases),
	0, 'phases have names');
check_index($node, 't', 'untouched by cancelled builds');

$node->stop;
done_testing();
