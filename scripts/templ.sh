#!/usr/bin/env bash
# Runs the templ generator of the version in go.mod: templ.sh generate, templ.sh fmt ., templ.sh version
set -euo pipefail
cd "$(dirname "$0")/.."

# Where setup-templ.sh had to fetch Debian's packages, the generator came with them. It calls itself v1.2.3+ds-4 and
# writes that into each file; the suffix goes, so that the same source gives the same files on every network.
debian=.cache/templ/usr/bin/templ
if [ -x "$debian" ] && [ -f go.work ]; then
  case $1 in
    version) "$debian" version | sed 's/+ds.*//' ;;
    generate)
      "$debian" "$@"
      git ls-files --cached --others --exclude-standard '*_templ.go' |
        xargs -r sed -i '/^\/\/ templ: version: /s/+ds.*//'
      ;;
    *) "$debian" "$@" ;;
  esac
  exit
fi

version=$(GOWORK=off go list -m -f '{{.Version}}' github.com/a-h/templ)
folder=$PWD/.cache/bin/templ@$version
if [ ! -x "$folder/templ" ]; then
  GOWORK=off GOBIN=$folder go install "github.com/a-h/templ/cmd/templ@$version"
fi
exec "$folder/templ" "$@"
