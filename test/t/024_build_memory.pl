# A build keeps to maintenance_work_mem, in each of its processes, on a table that
# is many times as large; and gives the index that it gives with plenty.
use strict;
use warnings FATAL => 'all';
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX qw(WNOHANG);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

plan skip_all => 'no /proc to read resident memory from'
  unless -r '/proc/self/status';

my $rows = $ENV{POMAI_MEMORY_ROWS} // 250000;
# A process's own memory beside the setting: the server's caches, the codebook,
# batches.
my $allowed = 64;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
shared_buffers = 128MB
max_wal_size = 4GB
CONF
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<SQL);
SELECT setseed(0.5);
CREATE TABLE t (id integer, embedding real[]);
INSERT INTO t SELECT i,
  ARRAY(SELECT random()::real FROM generate_series(1, 100) WHERE i > 0)
FROM generate_series(1, $rows) i;
SQL

# Resident memory of their own, in MB, of the processes that build now, by id.
sub resident
{
	my ($postmaster) = @_;
	my %found;
	for my $folder (glob '/proc/[0-9]*')
	{
		# A process may be gone before it has been read.
		my $stat = eval { slurp_file("$folder/stat") } // next;
		next unless $stat =~ /\) \S (\d+) / && $1 == $postmaster;
		my $title = eval { slurp_file("$folder/cmdline") } // next;
		next unless $title =~ /CREATE INDEX|parallel worker/;
		my $status = eval { slurp_file("$folder/status") } // next;
		next unless $status =~ /^RssAnon:\s+(\d+) kB/m;
		$found{$folder} = $1 / 1024;
	}
	return %found;
}

# Builds the index anew: the most that each of its processes had.
sub build
{
	my ($settings) = @_;
	$node->safe_psql('postgres', 'DROP INDEX IF EXISTS t_embedding');
	my ($postmaster) =
	  slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		exec 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d',
		  $node->connstr('postgres'), '-c', $settings, '-c',
		  'CREATE INDEX t_embedding ON t USING pomai (embedding)'
		  or die "psql: $!";
	}
	my %most;
	while (waitpid($pid, WNOHANG) == 0)
	{
		my %now = resident($postmaster);
		for (keys %now)
		{
			$most{$_} = $now{$_} if $now{$_} > ($most{$_} // 0);
		}
		select undef, undef, undef, 0.01;
	}
	is($?, 0, 'built');
	return sort { $b <=> $a } map { sprintf '%.0f', $_ } values %most;
}

# As in 001_build.pl: pages without their log positions and the meta page.
sub fingerprint
{
	$node->safe_psql('postgres', 'CHECKPOINT');
	my $path = $node->data_dir . '/'
	  . $node->safe_psql('postgres', "SELECT pg_relation_filepath('t_embedding')");
	my $file = slurp_file($path);
	my $pages = length($file) / 8192;
	return join ' ', $pages,
	  sha256_hex(join '', map { substr $file, $_ * 8192 + 32, 8192 - 32 }
		  1 .. $pages - 1);
}

my $serial = 'SET max_parallel_maintenance_workers = 0';
# The table's own wish: by itself the server plans workers of 32 MB at least.
my $parallel = 'SET max_parallel_maintenance_workers = 2;
  ALTER TABLE t SET (parallel_workers = 2)';

my @plenty = build("SET maintenance_work_mem = '1GB'; $serial");
my $expected = fingerprint();
note "1 GB: @plenty MB";
cmp_ok($plenty[0], '>', 48, 'more is used where it is allowed');
for my $way ([ $serial, 1 ], [ $parallel, 3 ])
{
	my ($settings, $processes) = @$way;
	my @most = build("SET maintenance_work_mem = '16MB'; $settings");
	note "16 MB, $processes processes: @most MB";
	is(scalar @most, $processes, "built by $processes");
	cmp_ok($most[0], '<=', 16 + $allowed, 'within the setting and 64 MB');
	is(fingerprint(), $expected, 'the same index');
}
is(index_problems($node, 't_embedding'), '', 'sound');

$node->stop;
done_testing();
