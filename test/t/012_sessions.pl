# Sessions beside each other: rows are found at once by everybody, and nothing
# is lost between inserts, searches, VACUUM and REINDEX CONCURRENTLY.
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
$node->init;
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id serial, session integer, embedding real[]);
INSERT INTO t (embedding) SELECT vec(i, 16) FROM generate_series(1, 3000) i;
CREATE INDEX t_embedding ON t USING pomai (embedding) WITH (shards = 2);
SQL

# Each session looks for what it has just committed, and for what the other
# one has: the last row of a session is at a place of its own.
for my $i (1 .. 10)
{
	$node->safe_psql('postgres',
		"INSERT INTO t (session, embedding)
		 VALUES (${i}, array_fill(${i}::real, '{16}'))");
	is($node->safe_psql('postgres',
			"SET enable_seqscan = off;
			 SELECT session FROM t
			 ORDER BY embedding <-> array_fill(${i}::real, '{16}') LIMIT 1"),
		$i, "another session finds row $i");
}

# Every client inserts at a place of its own, whose numbers a real holds to the
# last bit, and must find the row there; a row that is not found divides by
# zero. All lists are searched: the question is what a search sees, not how far
# it goes.
$node->append_conf('postgresql.conf', 'pomai.target_recall = 1');
$node->reload;
my $script = "$PostgreSQL::Test::Utils::tmp_check/clients.sql";
append_to_file($script, <<'SQL');
\set place random(1, 1000000000)
\set more random(1, 1000000)
INSERT INTO t (session, embedding)
VALUES (:place, ARRAY[:place / 32768, :place % 32768, :more]::real[]
  || vec(:client_id, 13));
SELECT 1 / (session = :place)::integer FROM (
  SELECT session FROM t ORDER BY embedding <->
    (ARRAY[:place / 32768, :place % 32768, :more]::real[]
      || vec(:client_id, 13))
  LIMIT 1) s;
DELETE FROM t WHERE session = :place AND :place % 3 = 0;
SQL
my $maintenance = IPC::Run::start(
	[
		'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d',
		$node->connstr('postgres'), '-f', '-'
	],
	'<', \("VACUUM (INDEX_CLEANUP on) t;\nSELECT pg_sleep(0.1);\n" x 30
		. "REINDEX INDEX CONCURRENTLY t_embedding;\n"),
	'>', \my $out, '2>', \my $errors);
my ($stdout, $stderr) = run_command(
	[
		'pgbench', '-n', '-c', '4', '-j', '2', '-T', '8', '-f', $script,
		'--no-vacuum', $node->connstr('postgres')
	]);
unlike($stderr, qr/error|abort/i, 'every client finds its rows');
IPC::Run::finish($maintenance);
is($errors, '', 'VACUUM and REINDEX beside it');
check_index($node, 't', 'after all of that');

# A statement that is cancelled leaves nothing behind.
my ($code, $ignored, $canceled) = $node->psql('postgres',
	"SET statement_timeout = '300ms';
	 INSERT INTO t (embedding) SELECT vec(i, 16)
	 FROM generate_series(1, 1000000) i");
like($canceled, qr/statement timeout/, 'insert is cancelled');
check_index($node, 't', 'after a cancel');
$node->stop;
done_testing();
