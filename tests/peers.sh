#!/usr/bin/env bash
# Bring current peers (Prometheus, VictoriaMetrics with vmagent, Alertmanager, node exporter) from Debian's newest
# suite into a folder, without installing them:   tests/peers.sh DIR [PACKAGE ...]
# The binaries are then in DIR/usr/bin.  Needs a Debian or Ubuntu machine with apt-get and dpkg; no root rights.
set -euo pipefail
mkdir -p "$1"; root=$(cd "$1" && pwd); shift
packages=("$@")
[ ${#packages[@]} -gt 0 ] || packages=(prometheus promtool victoria-metrics prometheus-alertmanager prometheus-node-exporter)

state=$root/.apt
mkdir -p "$state"/lists/partial "$state"/cache/archives/partial "$state"/etc
# The mirror that apt uses here; DEBIAN_MIRROR names another (on Ubuntu it has to).
uri=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(SITE)' | grep -v -- -security | head -n1 || true)}
signed=$(grep -hoE '^Signed-By: .*' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n1 || true)
{ echo "Types: deb"; echo "URIs: ${uri:?apt knows no mirror: set DEBIAN_MIRROR}"; echo "Suites: sid"; echo "Components: main"
  echo "${signed:-Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg}"; } >"$state/etc/peers.sources"
cat >"$state/apt.conf" <<CONF
Dir::State::lists "$state/lists";
Dir::Cache "$state/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$state/etc";
Acquire::Languages "none";
APT::Sandbox::User "$(id -un)";
CONF
export APT_CONFIG=$state/apt.conf
apt-get -qq update
(cd "$state" && apt-get -qq download "${packages[@]}" && for deb in *.deb; do dpkg -x "$deb" "$root"; done && rm -f ./*.deb)
rm -rf "$state/lists"
ls "$root/usr/bin"
