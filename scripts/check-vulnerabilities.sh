#!/usr/bin/env bash
# Looks for known vulnerabilities in what the program calls. Needs the public database; where the network does not
# reach it, says so and passes: the check belongs to every open network, not to every build.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v1.9.0
folder=$PWD/.cache/bin/govulncheck@$version
database=https://vuln.go.dev

skip() {
  echo "vulnerabilities: not checked, $1"
  exit 0
}

node -e 'fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' \
  "$database/index/db.json" || skip "the database $database cannot be reached"
if [ ! -x "$folder/govulncheck" ]; then
  GOWORK=off GOBIN=$folder go install "golang.org/x/vuln/cmd/govulncheck@$version" || skip "govulncheck $version could not be built"
fi
"$folder/govulncheck" ./...
