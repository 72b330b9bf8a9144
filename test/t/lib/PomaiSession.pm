# A session beside the test's own, in which statements run step by step.
#
#   my $session = PomaiSession->new($node);
#   $session->ask('BEGIN');                 # waits for the answer
#   $session->tell('INSERT INTO t ...');    # does not
#   $session->wait_for_lock;                # it stands before a lock
#   is($session->answer, '', 'inserted');   # what came back, errors too
package PomaiSession;

use strict;
use warnings FATAL => 'all';
use IPC::Run;
use PostgreSQL::Test::Utils;

sub new
{
	my ($class, $node) = @_;
	my $self = bless { node => $node, in => '', out => '', asked => 0 }, $class;
	$self->{psql} = IPC::Run::start(
		[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', '-' ],
		'<', \$self->{in}, '>', \$self->{out}, '2>&1',
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	$self->{pid} = $self->ask('SELECT pg_backend_pid()');
	return $self;
}

sub tell
{
	my ($self, $sql) = @_;
	++$self->{asked};
	$self->{in} .= "$sql;\n\\echo end of $self->{asked}\n";
	$self->{psql}->pump_nb;
	return;
}

sub answer
{
	my ($self) = @_;
	my $end = qr/^end of $self->{asked}\n/m;
	$self->{psql}->pump until $self->{out} =~ $end;
	my ($answer) = $self->{out} =~ /\A(.*?)$end/ms;
	$self->{out} = '';
	chomp $answer;
	return $answer;
}

sub ask
{
	my ($self, $sql) = @_;
	$self->tell($sql);
	return $self->answer;
}

sub wait_for_lock
{
	my ($self) = @_;
	$self->{node}->poll_query_until('postgres',
		"SELECT wait_event_type = 'Lock' FROM pg_stat_activity
		  WHERE pid = $self->{pid}")
	  or die 'waits for no lock';
	return;
}

sub quit
{
	my ($self) = @_;
	$self->{in} .= "\\q\n";
	$self->{psql}->finish;
	return;
}

1;
