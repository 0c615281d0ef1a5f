#!/usr/bin/env bash
# Fails when a *_templ.go file is not what the templ of go.mod makes of its .templ file, or when a .templ file is
# not formatted. The files are then already current: look at the difference and commit it.
set -euo pipefail
cd "$(dirname "$0")/.."

required=$(GOWORK=off go list -m -f '{{.Version}}' github.com/a-h/templ)
present=$(scripts/templ.sh version)
if [ "$present" != "$required" ]; then
  # The generator writes its version into each file, so another version differs everywhere.
  echo "generated code: not compared, Debian has templ $present and go.mod wants $required"
  exit 0
fi

sums() { find . -path ./node_modules -prune -o -path ./.cache -prune -o -name "$1" -exec cksum {} + | sort -k3; }

before=$(sums '*_templ.go'; sums '*.templ')
scripts/templ.sh fmt -log-level error .
scripts/templ.sh generate -log-level error
after=$(sums '*_templ.go'; sums '*.templ')
if [ "$before" != "$after" ]; then
  echo "generated code: these files were not current or not formatted; they are now, commit them:" >&2
  diff <(echo "$before") <(echo "$after") | awk '/^[<>]/ { print "  " $4 }' | sort -u >&2
  exit 1
fi
echo "generated code: current"
