#!/usr/bin/env bash
# Makes github.com/a-h/templ available where the Go module proxy does not serve it.
#
# On an open network this does nothing. Elsewhere the same source comes from Debian's sid suite, signatures verified,
# unpacked under .cache and put in templ's place by a go.work that git ignores; the system is left as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

module=github.com/a-h/templ
home=.cache/templ
mark="// made by scripts/setup-templ.sh"

ours() { [ -f go.work ] && grep -qF "$mark" go.work; }

if refusal=$(GOWORK=off go mod download "$module" 2>&1); then
  if ours; then rm -f go.work go.work.sum; fi
  exit 0
fi
if ours && [ -d "$home/usr/share/gocode/src/$module" ]; then
  exit 0
fi

give_up() {
  printf 'setup: %s cannot be obtained: the module proxy refused it, and %s\n%s\n' "$module" "$1" "$refusal" >&2
  exit 1
}

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null && command -v dpkg >/dev/null || give_up "this is no Debian system."
[ -r "$keyring" ] || give_up "$keyring is missing (package debian-archive-keyring)."
[ ! -e go.work ] || give_up "a go.work of your own is in the way."

echo "setup: the module proxy does not serve $module, taking it from Debian sid"

# The mirror that this machine is configured for: the one of its own release's main component.
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' |
  awk -v release="$codename" '$1 == release && $2 == "main" { print $3; exit }')
[ -n "$mirror" ] || give_up "no Debian mirror is configured for $codename."

rm -rf "$home"
mkdir -p "$home/lists/partial" "$home/archives/partial"
echo "deb [signed-by=$keyring] $mirror sid main" >"$home/sid.list"

# A private list of packages: no Dir of the system is written, so this needs no root either.
private=(
  -o "Dir::Etc::SourceList=$PWD/$home/sid.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$PWD/$home/lists" -o "Dir::Cache::Archives=$PWD/$home/archives"
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  -o Acquire::Languages=none
  -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
  -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
  -o "APT::Sandbox::User=$(id -un)"
)
apt-get "${private[@]}" -qq update || give_up "Debian's sid suite is not reachable either."
(cd "$home" && apt-get "${private[@]}" -qq download templ golang-github-a-h-templ-dev) ||
  give_up "Debian's sid suite does not have it."
for package in "$home"/*.deb; do dpkg -x "$package" "$home"; done
rm -rf "$home"/*.deb "$home/lists" "$home/archives"

cat >go.work <<EOF
$mark: where $module comes from on this network

go $(GOWORK=off go list -m -f '{{.GoVersion}}')

use .

replace $module => ./$home/usr/share/gocode/src/$module
EOF
