# Steps of a check: each is one line of output, with its seconds; what it
# prints goes to a file. To be sourced after common.sh:
#
#   step "unit tests" ctest --test-dir build
#   end_steps        prints the counts and exits
#
# A step that fails shows the end of its file; the steps after it still run.

steps_passed=0
steps_failed=0
log_dir=$build_dir/logs
mkdir -p "$log_dir"

# Runs the command in this very shell, so it may set variables.
step() {
  local name=$1 log start=$SECONDS status=0
  shift
  log=$log_dir/${name//[ \/]/-}.log
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" = 0 ]; then
    steps_passed=$((steps_passed + 1))
    printf 'ok    %4d s  %s\n' $((SECONDS - start)) "$name"
    return
  fi
  steps_failed=$((steps_failed + 1))
  printf 'FAIL  %4d s  %s (status %d); the end of %s:\n' \
    $((SECONDS - start)) "$name" "$status" "${log#"$repo_dir"/}"
  tail -n "${POMAI_LOG_LINES:-60}" "$log" | sed 's/^/    /'
  return 1
}

end_steps() {
  printf '%d passed, %d failed\n' "$steps_passed" "$steps_failed"
  [ "$steps_failed" = 0 ] && [ "$steps_passed" -gt 0 ]
  exit
}
