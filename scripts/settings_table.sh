#!/usr/bin/env bash
# The README's table of settings, made from the one in src/am/settings.cc.
#
#   scripts/settings_table.sh           compares; fails when they differ
#   scripts/settings_table.sh --write   puts the table into the README
set -euo pipefail
cd "$(dirname "$0")/.."

perl -0777 -e '
  use strict;
  my ($mode) = @ARGV;
  sub slurp { open my $f, "<", $_[0] or die "$_[0]: $!"; local $/; <$f> }
  my $source = slurp("src/am/settings.cc");
  my @rows;
  while ($source =~ /\{"(pomai\.\w+)",\s*((?:"[^"]*"\s*)+),\s*&[\w:]+,\s*([\d.]+|true|false)\s*[,}]/g) {
    my ($name, $text, $initial) = ($1, $2, $3);
    $text = join("", $text =~ /"([^"]*)"/g);
    push @rows, "| `$name` | $initial | $text |\n";
  }
  die "no settings found in src/am/settings.cc\n" unless @rows;
  my $table = "| setting | default | meaning |\n| --- | --- | --- |\n" .
      join("", sort @rows);
  my $readme = slurp("README.md");
  (my $wanted = $readme) =~
      s/(<!-- settings.*?-->\n).*?(<!-- end of settings -->)/$1$table$2/s
      or die "README.md has no place for the settings\n";
  exit 0 if $wanted eq $readme;
  die "README.md: the settings differ; scripts/settings_table.sh --write\n"
      unless $mode eq "--write";
  open my $f, ">", "README.md" or die $!;
  print $f $wanted;
' -- "${1:-compare}"
