#!/usr/bin/env bash
# Fills node_modules from package-lock.json, unless it already holds what is asked for.
#
#   setup-npm.sh run     what the static files are made of
#   setup-npm.sh test    that and the browser-test packages (no browser: see setup-test-programs.sh)
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$1
stamp=node_modules/.mysecurity-set # goes when node_modules goes
lock=$(cksum <package-lock.json)

command -v npm >/dev/null || { echo "setup: Node 20 or newer with npm is needed, see README.md" >&2; exit 1; }

present=$(cat "$stamp" 2>/dev/null || true)
if [ "$present" = "test $lock" ] || [ "$present" = "$wanted $lock" ]; then
  exit 0
fi

omit=(--omit=dev)
if [ "$wanted" = test ]; then omit=(); fi
echo "setup: npm packages ($wanted)"
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "${omit[@]}"
echo "$wanted $lock" >"$stamp"
