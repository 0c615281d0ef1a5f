#!/usr/bin/env bash
# Writes bin/sbom.json: what the release is made of, as CycloneDX JSON; the modules linked into it, Go's own library, and
# what its static files hold. Where the tool cannot be fetched, says so and passes: the list belongs to a release, not to
# every build.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v1.7.0 # as in scripts/sbom/go.mod, which fixes everything it needs by hash
folder=$PWD/.cache/bin/cyclonedx-gomod@$version
release=bin/mysecurity-release
out=bin/sbom.json

skip() {
  echo "sbom: not written, $1"
  exit 0
}

if [ ! -x "$folder/cyclonedx-gomod" ]; then
  GOWORK=off go build -C scripts/sbom -o "$folder/" github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod ||
    skip "cyclonedx-gomod $version could not be fetched and built"
fi
"$folder/cyclonedx-gomod" bin -json -std -version "${1:-development}" -output "$out" "$release"
node scripts/complete-sbom.mjs "$out" "$release"
