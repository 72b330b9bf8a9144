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

my $dimensions = 32;
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'autovacuum = off');
$node->start;
prepare_database($node);
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE t (id integer, embedding real[]);
INSERT INTO t SELECT i, vec(i, $dimensions) FROM generate_series(1, 15000) i;
CREATE TABLE later AS
SELECT i AS id, vec(i, $dimensions) AS embedding
FROM generate_series(15001, 22500) i;
CREATE TABLE queries AS
SELECT i AS id, vec(i * 7 + 1000000, $dimensions) AS embedding
FROM generate_series(1, 200) i;
-- The true 100 nearest rows of each query, nearest first.
CREATE TABLE truth (id integer, ids integer[]);
CREATE FUNCTION nearest(operator text, query real[], rows integer)
RETURNS integer[] LANGUAGE plpgsql AS \$\$
DECLARE
  ids integer[];
BEGIN
  EXECUTE format('SELECT array_agg(id) FROM (SELECT id FROM t
    ORDER BY embedding %s \$1 LIMIT \$2) s', operator)
  INTO ids USING query, rows;
  RETURN ids;
END \$\$;
SQL

sub find_truth
{
	my ($operator) = @_;
	$node->safe_psql('postgres', <<"SQL");
SET enable_indexscan = off;
TRUNCATE truth;
INSERT INTO truth
SELECT id, nearest('$operator', embedding, 100) FROM queries;
SQL
	return;
}

# Mean share of the true $rows nearest rows that the index returns.
sub recall
{
	my ($operator, $rows, $settings) = @_;
	return $node->safe_psql('postgres', <<"SQL");
SET enable_seqscan = off;
$settings;
SELECT round(avg((
  SELECT count(*) FROM unnest(truth.ids[:$rows]) f
  WHERE f = ANY (n.ids)) / $rows.0), 4)
FROM queries JOIN truth USING (id),
LATERAL nearest('$operator', embedding, $rows) AS n (ids);
SQL
}

my %classes =
  ('<->' => 'real_l2_ops', '<#>' => 'real_ip_ops', '<=>' => 'real_cosine_ops');
for my $operator ('<#>', '<=>', '<->')
{
	my $class = $classes{$operator};
	$node->safe_psql('postgres',
		"DROP INDEX IF EXISTS t_embedding;
		 CREATE INDEX t_embedding ON t USING pomai (embedding $class)");
	find_truth($operator);
	my $best = 'SET pomai.target_recall = 1';
	my $high = 'SET pomai.target_recall = 0.99';
	cmp_ok(recall($operator, 10, ''), '>=', 0.95, "recall\@10, $class");
	cmp_ok(recall($operator, 1, ''), '>=', 0.93, "recall\@1, $class");
	cmp_ok(recall($operator, 100, ''), '>=', 0.93, "recall\@100, $class");
	cmp_ok(recall($operator, 10, $high), '>=', 0.98, "target 0.99, $class");
	is(recall($operator, 10, $best) + 0, 1, "target 1, $class");
}

# Every row finds itself first.
cmp_ok(
	$node->safe_psql('postgres', q{
	SET enable_seqscan = off;
	SELECT avg((n.id = t.id)::integer) FROM t, LATERAL (
	  SELECT id FROM t s ORDER BY embedding <-> t.embedding LIMIT 1) n
	WHERE t.id % 20 = 0}),
	'>=', 0.999, 'rows find themselves');

# Half as many rows again.
$node->safe_psql('postgres', 'INSERT INTO t SELECT * FROM later');
find_truth('<->');
cmp_ok(recall('<->', 10, ''), '>=', 0.95, 'recall with rows that came later');
is(index_problems($node, 't_embedding'), '', 'sound');
$node->stop;
done_testing();
