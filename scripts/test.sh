#!/usr/bin/env bash
# Runs every test: Go's, the browser's, Auth0's SDKs against the emulator. Each suite runs even if another fails; closes
# with one line for each.
set -uo pipefail
cd "$(dirname "$0")/.."

results=.cache/results
rm -rf "$results"
mkdir -p "$results"

status=0
scripts/setup-npm.sh test || exit 1
node scripts/go-test.mjs -race ./... || status=1
# The race detector allocates too: the page's budget (performance.md, G1) is exact only without it.
go test -count=1 -run '^TestOverviewCost$' ./web || status=1
node_modules/.bin/playwright test --config e2e/playwright.config.ts || status=1
node --test --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=tap --test-reporter-destination="$results/sdk.tap" e2e/sdk/sdk.test.mjs || status=1
awk '/^# (pass|fail|skipped) / { n[$2] = $3 } END { printf "SDKs: %d passed, %d failed, %d skipped\n", n["pass"], n["fail"], n["skipped"] }' \
  "$results/sdk.tap" >"$results/sdk.txt"

echo
for suite in go browser sdk; do
  cat "$results/$suite.txt" 2>/dev/null || { echo "$suite: no result"; status=1; }
done
exit $status
