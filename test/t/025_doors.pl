# The doors between C++ and the server (src/pg/entry.h): a failure of C++ is an
# error with the right SQLSTATE, an error of the server keeps its own, no
# destructor is jumped over, and afterwards the session can be cancelled.
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
require_fault_points($node);
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION pomai_test_throw(what text) RETURNS void
  LANGUAGE c AS '$libdir/pomai';
CREATE FUNCTION pomai_test_error(how text) RETURNS void
  LANGUAGE c AS '$libdir/pomai';
CREATE FUNCTION pomai_test_alive() RETURNS integer
  LANGUAGE c AS '$libdir/pomai';
CREATE FUNCTION pomai_test_heap() RETURNS bigint
  LANGUAGE c AS '$libdir/pomai';
-- What became of it, caught by an exception block.
CREATE FUNCTION caught(statement text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE d text; h text;
BEGIN
  EXECUTE statement;
  RETURN 'no error';
EXCEPTION WHEN OTHERS OR query_canceled THEN
  GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
  RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(d, ''), nullif(h, ''));
END $$;
SQL

# Runs $statements in a session; afterwards no object is alive, and a cancel is
# heard. Returns all but these two.
sub outcome
{
	my ($statements) = @_;
	my ($out, $said);
	$node->psql(
		'postgres', <<SQL, stdout => \$out, stderr => \$said, on_error_stop => 0);
$statements;
SELECT pomai_test_alive();
SET statement_timeout = 100;
SELECT caught('SELECT pg_sleep($PostgreSQL::Test::Utils::timeout_default)');
SQL
	my @lines = split /\n/, $out;
	is($lines[-1], '57014 | canceling statement due to statement timeout',
		"cancel after: $statements");
	is($lines[-2], '0', "all destroyed after: $statements");
	return join "\n", @lines[ 0 .. $#lines - 2 ];
}

# From C++ to the server.
my %thrown = (
	'bad_alloc' => '53200 \| out of memory \| .* needed more\.',
	'exception' => 'XX000 \| an exception',
	'number' => 'XX000 \| unknown exception',
	'invalid argument' => '22023 \| invalid argument',
	'not found' => '42704 \| not found',
	'already exists' => '42710 \| already exists',
	'permission denied' => '42501 \| permission denied',
	'not now' => '55000 \| not now',
	'disk full' => '53100 \| disk full',
	'aborted' => '40001 \| index was rewritten .* \| Run the .* again\.',
	'io' => '58030 \| io',
	'corruption' => 'XX002 \| corruption \| REINDEX .*');
for my $what (sort keys %thrown)
{
	like(outcome("SELECT caught('SELECT pomai_test_throw(''$what'')')"),
		qr/\A$thrown{$what}\z/, $what);
}

# A message that is too long is cut between two characters: what is left is
# text.
is( outcome(q{SELECT length(convert_from(convert_to(
		caught('SELECT pomai_test_throw(''long'')'), 'UTF8'), 'UTF8'))}),
	length('XX000 | --') + 510,
	'a long message');

# The Status it came in is destroyed, too: 5000 of 2 KB would be 10 MB.
my $throw = q{SELECT count(caught('SELECT pomai_test_throw(''long'')'))
	FROM generate_series(1, 5000)};
is( outcome(
		"$throw;
		 SELECT pomai_test_heap() AS before \\gset
		 $throw;
		 SELECT pomai_test_heap() - :before < 1000000"),
	"5000\n5000\nt",
	'what a failure owns is destroyed');

# From the server through C++ to the server.
my $error = '22012 | an error | its detail | its hint';
my %errors = (
	'guarded' => $error,
	'nested' => $error,
	'nested exception' => '53200 | out of memory | '
	  . 'An index of access method "pomai" needed more.',
	'swallowed' => $error,
	'exception afterwards' => $error,
	'frames' => $error,
	'holding' => $error,
	'caught' => $error);
for my $how (sort keys %errors)
{
	my $call = "SELECT pomai_test_error('$how')";
	(my $quoted = $call) =~ s/'/''/g;
	is(outcome("SELECT caught('$quoted')"), $errors{$how}, $how);
	# Without an exception block: the server's own end of a statement.
	is(outcome($call), '', "$how, as a statement");
	# Many in one session: nothing is used up.
	is( outcome(
			"SELECT count(DISTINCT caught('$quoted'))
			 FROM generate_series(1, 1000)"),
		'1', "$how, often");
}

# A cancel inside.
is( outcome(
		q{SET statement_timeout = 100;
		  SELECT caught('SELECT pomai_test_error(''sleeping'')')}),
	'57014 | canceling statement due to statement timeout',
	'cancelled inside');

$node->stop;
done_testing();
