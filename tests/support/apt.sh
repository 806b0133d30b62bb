#!/usr/bin/env bash
# Installs every distribution package the tests need (Debian 12). Quick when all are there; starts no daemon.
set -euo pipefail

PACKAGES=(
  slurmctld slurmd slurm-client slurmdbd slurm-wlm-mysql-plugin munge openssh-server mariadb-server # a real SLURM
  debootstrap                                                                                      # a newer one
  postgresql                                                                                       # the store's tests
  chromium fonts-noto-core fonts-noto-color-emoji                                                   # the browser and its Thai
)
POLICY=/usr/sbin/policy-rc.d

missing=()
for package in "${PACKAGES[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "apt.sh: all ${#PACKAGES[@]} packages are installed"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "apt.sh: not root, so these stay missing and the tests that need them are skipped: ${missing[*]}" >&2
  exit 1
fi

echo "apt.sh: installing ${missing[*]}"
log=$(mktemp)
made_policy=
cleanup() {
  rm -f "$log"
  [ -z "$made_policy" ] || rm -f "$POLICY"
}
trap cleanup EXIT
if [ ! -e "$POLICY" ]; then # 101 forbids the packages' scripts to start their services
  printf '#!/bin/sh\nexit 101\n' >"$POLICY"
  chmod 755 "$POLICY"
  made_policy=yes
fi
export DEBIAN_FRONTEND=noninteractive
install_missing() { apt-get install --yes --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
if ! install_missing; then # the package lists may be old or absent
  apt-get update >/dev/null
  install_missing || { tail -n 20 "$log" >&2; echo "apt.sh: apt-get failed" >&2; exit 1; }
fi
echo "apt.sh: installed"
