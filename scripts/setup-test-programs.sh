#!/usr/bin/env bash
# Makes sure that the programs of the test suites are there: a Chromium for the browser suite (CHROMIUM_PATH names
# another one), a C compiler for Go's race detector, nginx with a certificate of openssl's making for the tests behind a
# proxy. Missing ones are installed by apt when this runs as root.
set -euo pipefail

missing=()
[ -x "${CHROMIUM_PATH:-/usr/bin/chromium}" ] || missing+=(chromium fonts-liberation)
command -v "$(go env CC)" >/dev/null || missing+=(gcc libc6-dev)
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing+=(nginx)
command -v openssl >/dev/null || missing+=(openssl)
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "setup: the tests need: ${missing[*]}" >&2
  echo "setup: install them (as root: apt-get install ${missing[*]}), or set CHROMIUM_PATH to a Chromium or Chrome" >&2
  exit 1
fi
echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
# The tests start an nginx of their own; the service that comes with the package would take ports of this machine.
if [[ " ${missing[*]} " == *" nginx "* ]] && command -v systemctl >/dev/null; then
  systemctl disable --now --quiet nginx 2>/dev/null || true
fi
