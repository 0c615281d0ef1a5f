#!/usr/bin/env bash
# Makes sure that the programs of the test suites are there: a Chromium for the browser suite (CHROMIUM_PATH names
# another one), a C compiler for Go's race detector, nginx with a certificate of openssl's making for the tests behind a
# proxy. Missing ones are installed by apt when this runs as root.
set -euo pipefail

shell=/usr/bin/chromium-headless-shell # which costs half of what the whole browser does
missing=()
if [ -n "${CHROMIUM_PATH:-}" ]; then
  [ -x "$CHROMIUM_PATH" ] || { echo "setup: CHROMIUM_PATH names no program: $CHROMIUM_PATH" >&2; exit 1; }
elif [ ! -x "$shell" ] && [ ! -x /usr/bin/chromium ]; then
  missing+=(chromium)
fi
command -v "$(go env CC)" >/dev/null || missing+=(gcc libc6-dev)
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing+=(nginx)
command -v openssl >/dev/null || missing+=(openssl)

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  [ ${#missing[@]} -gt 0 ] || exit 0
  echo "setup: the tests need: ${missing[*]}" >&2
  echo "setup: install them (as root: apt-get install ${missing[*]}), or set CHROMIUM_PATH to a Chromium or Chrome" >&2
  exit 1
fi
wants_shell() { [ -z "${CHROMIUM_PATH:-}" ] && [ ! -x "$shell" ]; }
if [ ${#missing[@]} -eq 0 ] && ! wants_shell; then
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
if wants_shell && apt-cache show chromium-headless-shell >/dev/null 2>&1; then
  missing=("${missing[@]/#chromium/chromium-headless-shell}")
  [[ " ${missing[*]} " == *" chromium-headless-shell "* ]] || missing+=(chromium-headless-shell)
fi
[ ${#missing[@]} -gt 0 ] || exit 0
[[ " ${missing[*]} " != *" chromium"* ]] || missing+=(fonts-liberation)
echo "setup: installing ${missing[*]}"
apt-get -qq install --yes --no-install-recommends "${missing[@]}" >/dev/null
# The tests start an nginx of their own; the service that comes with the package would take ports of this machine.
if [[ " ${missing[*]} " == *" nginx "* ]] && command -v systemctl >/dev/null; then
  systemctl disable --now --quiet nginx 2>/dev/null || true
fi
