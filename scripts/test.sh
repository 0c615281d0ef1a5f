#!/usr/bin/env bash
# Runs every test, Go's and the browser's, the second even if the first fails, and closes with one line for each.
set -uo pipefail
cd "$(dirname "$0")/.."

results=.cache/results
rm -rf "$results"
mkdir -p "$results"

status=0
scripts/setup-npm.sh test || exit 1
node scripts/go-test.mjs -race ./... || status=1
node_modules/.bin/playwright test --config e2e/playwright.config.ts || status=1

echo
for suite in go browser; do
  cat "$results/$suite.txt" 2>/dev/null || { echo "$suite: no result"; status=1; }
done
exit $status
