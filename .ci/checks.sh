# Runs checks, counts them, and shows the output of those that fail. Sourced by .ci/run.

passed=0
failed=0

# A place for what checks make, which every user can enter, removed at the end.
scratch=$(mktemp -d)
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT

# check NAME COMMAND...: counts as one.
check() {
  local name=$1 start=$SECONDS log="$scratch/check.log"
  shift
  if "$@" >"$log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    echo "ok      $name ($((SECONDS - start)) s)"
  else
    failed=$((failed + 1))
    echo "FAILED  $name ($((SECONDS - start)) s)"
    sed 's/^/        /' "$log"
  fi
}

# suite NAME COMMAND...: a command that runs Vitest and hands it further options. Each of its tests counts.
suite() {
  local name=$1 start=$SECONDS results="$scratch/results.json" status
  shift
  "$@" --reporter=default --reporter=json --outputFile.json="$results" </dev/null
  status=$?
  count_tests "$name" "$start" "$status" "$results" 'const { numPassedTests: p, numFailedTests: f } = results; `${p} ${f}`'
}

# browser_suite NAME COMMAND...: the same, for a command that runs Playwright.
browser_suite() {
  local name=$1 start=$SECONDS results="$scratch/results.json" status
  shift
  PLAYWRIGHT_RESULTS="$results" "$@" </dev/null
  status=$?
  count_tests "$name" "$start" "$status" "$results" 'const { expected: p, unexpected, flaky } = results.stats; `${p} ${unexpected + flaky}`'
}

# count_tests NAME START STATUS RESULTS EXPRESSION: adds up what a runner wrote, which the expression reads from `results`.
count_tests() {
  local name=$1 start=$2 status=$3 file=$4 counts suite_passed suite_failed
  counts=$(node -p "const results = JSON.parse(fs.readFileSync(process.argv[1])); $5" "$file") || counts='0 0'
  rm -f "$file"
  read -r suite_passed suite_failed <<<"$counts"
  # A suite that did not get as far as its tests, or that ran none, has failed all the same.
  if [ "$suite_failed" = 0 ] && { [ "$status" != 0 ] || [ "$suite_passed" = 0 ]; }; then suite_failed=1; fi
  passed=$((passed + suite_passed))
  failed=$((failed + suite_failed))
  echo "suite   $name: $suite_passed passed, $suite_failed failed ($((SECONDS - start)) s)"
}

# The closing line and the exit code of the whole run.
report() {
  echo
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
  exit
}
