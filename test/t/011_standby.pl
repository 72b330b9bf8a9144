# A streaming standby answers as its primary does, and its pages are the
# primary's to the byte (wal_consistency_checking stops it otherwise).
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', <<'CONF');
wal_consistency_checking = 'all'
autovacuum = off
max_wal_size = 1GB
CONF
$primary->start;
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;
prepare_database($primary);

my $query = q{
SET enable_seqscan = off;
SELECT q, id, round(distance::numeric, 4) FROM generate_series(1, 20) q,
LATERAL (SELECT id, embedding <-> vec(-q, 16) AS distance FROM t
  ORDER BY embedding <-> vec(-q, 16) LIMIT 10) n};

sub compare
{
	my ($when) = @_;
	$primary->wait_for_catchup($standby);
	is( $standby->safe_psql('postgres', $query),
		$primary->safe_psql('postgres', $query),
		"standby answers as its primary $when");
	is(index_problems($standby, 't_embedding'), '',
		"sound on the standby $when");
	is(index_problems($primary, 't_embedding'), '',
		"sound on the primary $when");
	return;
}

sub run { return $primary->safe_psql('postgres', $_[0]); }

run('CREATE TABLE t (id integer, embedding real[]);
  INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(1, 5000) i;
  CREATE INDEX t_embedding ON t USING pomai (embedding) WITH (shards = 3)');
compare('after the build');
run('INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(5001, 6000) i');
compare('after many inserts at once');
run("INSERT INTO t VALUES ($_, vec($_, 16))") for 6001 .. 6030;
run('INSERT INTO t VALUES (6031, NULL)');
compare('after single inserts');
run('DELETE FROM t WHERE id % 5 = 0');
compare('after deletes');
run('VACUUM (INDEX_CLEANUP on) t');
compare('after VACUUM');
run('UPDATE t SET embedding = vec(id + 1, 16) WHERE id % 7 = 0');
run('VACUUM (INDEX_CLEANUP on) t');
compare('after updates and VACUUM');
run("SELECT pomai_seal('t_embedding')");
compare('after sealing');
run("SELECT pomai_merge('t_embedding')");
compare('after merging');
run("SELECT pomai_retrain('t_embedding')");
compare('after retraining');
run('REINDEX INDEX CONCURRENTLY t_embedding');
compare('after REINDEX CONCURRENTLY');
run('TRUNCATE t; INSERT INTO t SELECT i, vec(i, 16)
  FROM generate_series(1, 300) i');
compare('after TRUNCATE');

# A scan that is open on the standby while the primary goes on.
is( $standby->safe_psql('postgres', q{
	BEGIN ISOLATION LEVEL REPEATABLE READ;
	SET enable_seqscan = off;
	DECLARE c CURSOR FOR SELECT id FROM t ORDER BY embedding <-> vec(1, 16);
	FETCH 1 FROM c;
	SELECT count(*) FROM (SELECT 1 FROM t ORDER BY embedding <-> vec(1, 16)
	  OFFSET 0) s;
	COMMIT}),
	"1\n300", 'cursor on the standby');

# Unlogged and foreign temporary indexes are not there to be looked at.
run('CREATE UNLOGGED TABLE u (id integer, embedding real[]);
  CREATE INDEX u_embedding ON u USING pomai (embedding)');
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', 'SELECT indexname FROM pomai_membranes'),
	't_embedding', 'unlogged index is skipped on a standby');
my ($code, $out, $error) = $standby->psql('postgres',
	"SELECT * FROM pomai_segments('u_embedding')");
like($error, qr/cannot read index "u_embedding"/,
	'unlogged index is not read on a standby');

# After promotion it takes writes.
my $log = slurp_file($standby->logfile);
unlike($log, qr/inconsistent page found/, 'pages are consistent');
$standby->promote;
$standby->safe_psql('postgres',
	'INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(301, 900) i;
	 DELETE FROM t WHERE id % 3 = 0');
$standby->safe_psql('postgres', 'VACUUM (INDEX_CLEANUP on) t');
check_index($standby, 't', 'after promotion');
check_index($standby, 'u', 'unlogged after promotion');
$standby->stop;
$primary->stop;
done_testing();
