# The disk is full during an insert, a seal, a merge, a retrain and a build: the
# statement fails with 53100, the index is what it was and answers, and once
# there is space again the same statement goes through.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $disk = $ENV{POMAI_SMALL_DISK};
plan skip_all => 'no small file system (scripts/check.sh mounts one as root)'
  unless defined $disk && -w $disk;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
autovacuum = off
pomai.background_maintenance = off
max_parallel_maintenance_workers = 0
CONF
$node->start;
prepare_database($node);
sub run { return $node->safe_psql('postgres', $_[0]); }

# All of the disk but $bytes is taken.
sub leave_free
{
	my ($bytes) = @_;
	open my $file, '>', "$disk/taken" or die "$disk/taken: $!";
	my $size = 0;
	my $piece = "\0" x 4096;
	while (defined(my $written = syswrite $file, $piece)) { $size += $written; }
	truncate $file, $size > $bytes ? $size - $bytes : 0
	  or die "$disk/taken: $!";
	close $file or die "$disk/taken: $!";
	return;
}
sub free_disk { unlink "$disk/taken" or die "$disk/taken: $!"; return; }

mkdir "$disk/space" or die "$disk/space: $!";
run("CREATE TABLESPACE small LOCATION '$disk/space'");
run(<<'SQL');
CREATE TABLE t (id serial, embedding real[]);
INSERT INTO t (embedding) SELECT vec(i, 16) FROM generate_series(1, 4000) i;
CREATE INDEX t_embedding ON t USING pomai (embedding)
  WITH (shards = 2) TABLESPACE small;
CREATE TABLE b AS SELECT * FROM t;
SQL
my $insert = 'INSERT INTO t (embedding)
  SELECT vec(i, 16) FROM generate_series(1, 2000) i';
my $delete = 'DELETE FROM t WHERE id %';
my $vacuum = 'VACUUM (INDEX_CLEANUP on) t';

# What starts it, what makes it due, bytes left free: some, so that it breaks
# off in the middle.
my @steps = (
	[ $insert, '', 6 * 8192 ],
	[ q{SELECT pomai_seal('t_embedding')}, $insert, 8 * 8192 ],
	[
		q{SELECT pomai_merge('t_embedding')},
		"$insert; SELECT pomai_seal('t_embedding')", 0
	],
	[ q{SELECT pomai_retrain('t_embedding')}, $insert, 8 * 8192 ],
	[ q{SELECT pomai_retrain('t_embedding')}, $insert, 0 ],
	# Merges by itself, for there is no worker.
	[ $vacuum, "$delete 3 = 0", 8 * 8192 ],
	[ $vacuum, "$delete 4 = 0", 0 ],
	[ 'REINDEX INDEX t_embedding', '', 16 * 8192 ],
	[
		'CREATE INDEX b_embedding ON b USING pomai (embedding)
		 TABLESPACE small', '', 16 * 8192
	]);

for my $step (@steps)
{
	my ($start, $prepare, $left) = @$step;
	my ($name) = $start =~ /^(?:SELECT )?(\w+)/;
	run('REINDEX INDEX t_embedding');
	run($prepare) if $prepare ne '';
	my $rows = run('SELECT count(*) FROM t');
	run('CHECKPOINT');
	leave_free($left);
	my $said = '';
	$node->psql('postgres', "\\set VERBOSITY verbose\n$start;",
		stderr => \$said);
	like($said, qr/ERROR:  53100: could not extend file/,
		"$name: the disk is full");
	is(run('SELECT count(*) FROM t'), $rows, "$name: as many rows");
	check_rows($node, 't', "after $name on a full disk");
	is(differing_answers($node, 't'), '0', "$name: same answers");
	free_disk();
	run($start);
	check_rows($node, 't', "after $name with space");
}
check_index($node, 'b', 'built at last');

# Rows that are there already do not wait for space: deletes, and VACUUM's marks.
run("$insert; DELETE FROM t WHERE id % 10 = 0");
leave_free(64 * 8192);
run('VACUUM (INDEX_CLEANUP on) t');
check_rows($node, 't', 'after VACUUM on a nearly full disk');
free_disk();

$node->stop;
done_testing();
