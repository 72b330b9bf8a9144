# pg_dump and restore: tables, indexes with their options, both extensions in
# the right order.
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
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE t (id integer, embedding real[]);
INSERT INTO t SELECT i, vec(i, 16) FROM generate_series(1, 2000) i;
CREATE INDEX t_embedding ON t USING pomai (embedding real_l2_ops)
WITH (bits = 7, shards = 2);
CREATE INDEX t_partial ON t USING pomai (embedding real_cosine_ops)
WHERE id % 2 = 0;
SQL
my $has_pgvector = $node->safe_psql('postgres',
	"SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'");
if ($has_pgvector)
{
	$node->safe_psql('postgres', <<'SQL');
CREATE SCHEMA extensions;
CREATE EXTENSION vector SCHEMA extensions;
CREATE EXTENSION pomai_pgvector SCHEMA extensions;
CREATE TABLE v (id integer, embedding extensions.vector(16));
INSERT INTO v SELECT id, embedding::extensions.vector FROM t;
CREATE INDEX v_embedding ON v
USING pomai (embedding extensions.vector_cosine_ops);
SQL
}

my $file = "$PostgreSQL::Test::Utils::tmp_check/dump";
for my $format ('custom', 'plain')
{
	$node->command_ok(
		[ 'pg_dump', "--format=$format", "--file=$file.$format", 'postgres' ],
		"dump $format");
	$node->safe_psql('postgres', "CREATE DATABASE restored_$format");
	my @restore =
	  $format eq 'plain'
	  ? ('psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f')
	  : ('pg_restore', '--exit-on-error');
	my @target = ('-d', "restored_$format");
	$node->command_ok(
		$format eq 'plain'
		? [ @restore, "$file.plain", @target ]
		: [ @restore, @target, "$file.custom" ],
		"restore $format");
	my $definitions = "SELECT indexdef FROM pg_indexes
	  WHERE indexdef LIKE '%USING pomai%' ORDER BY indexname";
	is( $node->safe_psql("restored_$format", $definitions),
		$node->safe_psql('postgres', $definitions),
		"indexes of $format");
	is( $node->safe_psql(
			"restored_$format",
			"SELECT count(*) FROM pg_indexes, LATERAL
			   pomai_check((schemaname || '.' || indexname)::regclass)
			 WHERE indexdef LIKE '%USING pomai%'"),
		'0',
		"sound, restored from $format");
	is( $node->safe_psql("restored_$format",
			"SELECT answers_differ('t', '<->', 16, 5)"),
		'0',
		"same answers, restored from $format");
}
$node->stop;
done_testing();
