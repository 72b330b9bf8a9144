# Recall has a floor: with the default settings the ten nearest rows hold at
# least 95 of 100 of the true ones, for each metric, for rows of the build and
# rows that came later.
use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::Bin/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use PomaiTest;
use Test::More;

my $dimensions = 48;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE t (id integer, embedding real[]);
INSERT INTO t SELECT i, vec(i, $dimensions) FROM generate_series(1, 20000) i;
CREATE TABLE queries AS
SELECT i AS id, vec(i * 7 + 1000000, $dimensions) AS embedding
FROM generate_series(1, 100) i;
CREATE FUNCTION nearest(operator text, query real[], rows integer)
RETURNS integer[] LANGUAGE plpgsql AS \$\$
DECLARE
  found integer[];
BEGIN
  EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM t
    ORDER BY embedding %s \$1 LIMIT \$2) s', operator)
  INTO found USING query, rows;
  RETURN found;
END \$\$;
CREATE TABLE truth (operator text, id integer, found integer[]);
SQL

# Mean share of the true $rows nearest rows that the index returns.
sub recall
{
	my ($operator, $rows, $settings) = @_;
	return $node->safe_psql('postgres', <<"SQL");
SET enable_indexscan = off;
CREATE TEMPORARY TABLE truth AS
SELECT id, nearest('$operator', embedding, $rows) AS found FROM queries;
SET enable_indexscan = on;
SET enable_seqscan = off;
$settings;
SELECT round(avg((
  SELECT count(*) FROM unnest(truth.found) f
  WHERE f = ANY (n.ids)) / $rows.0), 4)
FROM queries JOIN truth USING (id),
LATERAL nearest('$operator', embedding, $rows) AS n (ids);
SQL
}

my %classes =
  ('<->' => 'real_l2_ops', '<#>' => 'real_ip_ops', '<=>' => 'real_cosine_ops');
for my $operator (sort keys %classes)
{
	$node->safe_psql('postgres',
		"CREATE INDEX t_embedding ON t
		 USING pomai (embedding $classes{$operator})");
	cmp_ok(recall($operator, 10, ''), '>=', 0.95, "recall\@10 of $operator");
	cmp_ok(recall($operator, 1, ''), '>=', 0.93, "recall\@1 of $operator");
	cmp_ok(recall($operator, 100, ''), '>=', 0.93, "recall\@100 of $operator");
	cmp_ok(
		recall($operator, 10, 'SET pomai.target_recall = 0.99'),
		'>=', 0.98, "recall\@10 of $operator at target 0.99");
	is(recall($operator, 10, 'SET pomai.target_recall = 1') + 0,
		1, "everything is found by $operator at target 1");
	$node->safe_psql('postgres', 'DROP INDEX t_embedding');
}

# Every row finds itself first.
$node->safe_psql('postgres',
	'CREATE INDEX t_embedding ON t USING pomai (embedding)');
cmp_ok(
	$node->safe_psql('postgres', q{
	SET enable_seqscan = off;
	SELECT avg((n.id = t.id)::integer) FROM t, LATERAL (
	  SELECT id FROM t s ORDER BY embedding <-> t.embedding LIMIT 1) n
	WHERE t.id % 20 = 0}),
	'>=', 0.999, 'rows find themselves');

# As many rows again, inserted one statement after the other.
$node->safe_psql('postgres',
	"INSERT INTO t SELECT i, vec(i, $dimensions)
	 FROM generate_series(20001, 30000) i");
cmp_ok(recall('<->', 10, ''), '>=', 0.95, 'recall with rows that came later');
is(index_problems($node, 't_embedding'), '', 'sound');
$node->stop;
done_testing();
