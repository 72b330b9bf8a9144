# What the TAP tests share: vectors that look random but are the same on every
# run, and the two questions every test ends with.
#
#   use FindBin;
#   use lib "$FindBin::Bin/lib";
#   use PomaiTest;
#
#   prepare_database($node);
#   $node->safe_psql('postgres', 'INSERT INTO t SELECT i, vec(i, 16) ...');
#   check_index($node, 't_embedding', 'after the build');
package PomaiTest;

use strict;
use warnings FATAL => 'all';
use Exporter 'import';
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(prepare_database index_problems differing_answers
  check_index check_rows kill_server start_again wait_for_recovery
  require_fault_points);

# Creates the extension, vec(i, dimensions) and answers_differ(...).
sub prepare_database
{
	my ($node, $database) = @_;
	$node->safe_psql($database // 'postgres', <<'SQL');
CREATE EXTENSION pomai;
-- Vector i: one of 40 places, and its own noise around it. Both are uniform in
-- [0, 1), by i and j alone. One function: a call of another for each element
-- took ten times as long.
CREATE FUNCTION vec(i integer, dimensions integer) RETURNS real[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  place double precision;
  own double precision;
  vector real[];
BEGIN
  FOR j IN 1..dimensions LOOP
    place := sin((i % 40) * 12.9898 + j * 78.233) * 43758.5453;
    own := sin(i * 12.9898 + (j + 1000) * 78.233) * 43758.5453;
    vector[j] := place - floor(place) + 0.4 * (own - floor(own));
  END LOOP;
  RETURN vector;
END $$;
-- How many of `queries` vectors have their ten nearest rows elsewhere by the
-- index than by a sequential scan. Distances, not ids: rows may be equal.
CREATE FUNCTION answers_differ(relation regclass, operator text,
                               dimensions integer, queries integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  query text := format(
    'SELECT array_agg(d) FROM (SELECT embedding %2$s $1 AS d FROM %1$s
     ORDER BY embedding %2$s $1 LIMIT 10) s', relation, operator);
  by_index double precision[];
  by_scan double precision[];
  differing integer := 0;
BEGIN
  FOR i IN 1..queries LOOP
    PERFORM set_config('enable_seqscan', 'off', true),
            set_config('enable_indexscan', 'on', true),
            set_config('pomai.target_recall', '1', true);
    EXECUTE query INTO by_index USING vec(-i, dimensions);
    PERFORM set_config('enable_seqscan', 'on', true),
            set_config('enable_indexscan', 'off', true);
    EXECUTE query INTO by_scan USING vec(-i, dimensions);
    differing := differing + (by_index IS DISTINCT FROM by_scan)::integer;
  END LOOP;
  RETURN differing;
END $$;
SQL
	return;
}

sub index_problems
{
	my ($node, $index) = @_;
	return $node->safe_psql('postgres', "SELECT * FROM pomai_check('$index')");
}

# $table must have columns id and embedding; vectors of 16 dimensions.
sub differing_answers
{
	my ($node, $table) = @_;
	return $node->safe_psql('postgres',
		"SELECT answers_differ('$table', '<->', 16, 5)");
}

# The index $table . '_embedding' is sound and answers as its table does.
sub check_index
{
	my ($node, $table, $when) = @_;
	is(index_problems($node, "${table}_embedding"), '', "sound $when");
	is(differing_answers($node, $table), '0', "same answers $when");
	return;
}

# The index $table . '_embedding' is sound, and a scan of all of it returns each
# row of its table once.
sub check_rows
{
	my ($node, $table, $when) = @_;
	my $sum = q{count(*), md5(string_agg(id::text, ',' ORDER BY id))};
	my @found = split /\n/, $node->safe_psql('postgres', <<SQL);
SET enable_indexscan = off;
SELECT $sum FROM $table;
SET enable_indexscan = on;
SET enable_seqscan = off;
WITH s AS MATERIALIZED
  (SELECT id FROM $table ORDER BY embedding <-> vec(0, 16))
SELECT $sum FROM s;
SELECT problem FROM pomai_check('${table}_embedding') problem;
SQL
	is($found[1], $found[0], "each row once $when");
	is(join("\n", @found[ 2 .. $#found ]), '', "sound $when");
	return;
}

# SIGKILL to the postmaster, as if the machine had killed it. Returns when the
# process is gone: a server whose number is still in use does not start again.
sub kill_server
{
	my ($node) = @_;
	my ($pid) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
	$node->kill9;
	for (1 .. 600)
	{
		return unless kill 0, $pid;
		select undef, undef, undef, 0.1;
	}
	die "process $pid does not go";
}

# Its children may take a moment to notice; until then it refuses to start.
sub start_again
{
	my ($node) = @_;
	for (1 .. 300)
	{
		return if $node->start(fail_ok => 1);
		select undef, undef, undef, 0.1;
	}
	die "server does not start again";
}

# A process of the server has been killed after the log had $offset bytes: until
# the server takes connections again.
sub wait_for_recovery
{
	my ($node, $offset) = @_;
	for (1 .. 1200)
	{
		return
		  if slurp_file($node->logfile, $offset) =~
		  /reinitializing.*ready to accept connections/s;
		select undef, undef, undef, 0.05;
	}
	die 'server does not recover';
}

# Skips the test when the module has no fault points (make FAULT_POINTS=1), but
# not where there have to be some.
sub require_fault_points
{
	my ($node) = @_;
	return
	  if $node->safe_psql('postgres',
		q{LOAD 'pomai';
		  SELECT count(*) FROM pg_settings WHERE name = 'pomai.fault_point'})
	  eq '1';
	die 'a module without fault points' if $ENV{POMAI_FAULT_POINTS};
	plan skip_all => 'the module has no fault points (make FAULT_POINTS=1)';
}

1;
