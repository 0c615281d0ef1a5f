#!/usr/bin/env bash
# Fuzzes each fuzz target for a while (FUZZTIME, 60s each): go test takes only one target of one package at a time.
# What it finds lands in that package's testdata/fuzz; commit it with the fix, and every make test tries it again.
set -euo pipefail
cd "$(dirname "$0")/.."

git grep -oE --untracked '^func Fuzz\w+' -- '*_test.go' | while IFS=: read -r file declaration; do
  target=${declaration#func }
  echo "fuzz: $target in $(dirname "$file")"
  go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-60s}" "./$(dirname "$file")"
done
