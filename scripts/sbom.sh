#!/usr/bin/env bash
# Writes bin/sbom.json: what the release is made of, as CycloneDX JSON; the modules linked into it, Go's own library, and
# what its static files hold. usage: scripts/sbom.sh VERSION [--may-skip]
#
# It fails if it cannot write the list. With --may-skip it says so and passes where the tool's modules cannot be fetched:
# the list belongs to a release, not to every build.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v1.7.0 # as in scripts/sbom/go.mod, which fixes everything it needs by hash
tool=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
folder=$PWD/.cache/bin/cyclonedx-gomod@$version
release=bin/mysecurity-release
out=bin/sbom.json

rm -f "$out" # what is there after a failure is not of this release
trap 'rm -f "$out"' ERR
if [ ! -x "$folder/cyclonedx-gomod" ]; then
  if ! trouble=$(GOWORK=off go list -C scripts/sbom -deps "$tool" 2>&1 >/dev/null); then
    echo "$trouble" >&2
    echo "sbom: not written, the modules of cyclonedx-gomod $version could not be fetched" >&2
    case $trouble in *"checksum mismatch"* | *"SECURITY ERROR"*) exit 1 ;; esac # that is no matter of the network
    if [ "${2:-}" = --may-skip ]; then exit 0; fi
    exit 1
  fi
  GOWORK=off go build -C scripts/sbom -o "$folder/" "$tool"
fi
"$folder/cyclonedx-gomod" bin -json -std -version "${1:-development}" -output "$out" "$release"
node scripts/complete-sbom.mjs "$out" "$release"
