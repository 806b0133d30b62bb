#!/usr/bin/env bash
# Makes a Debian 13 in a folder, with its newer SLURM: trixie.sh ROOT. Quick when it is there. As root, with debootstrap.
set -euo pipefail

root=$1
packages=(slurmctld slurmd slurm-client slurmdbd slurm-wlm-mysql-plugin munge openssh-server mariadb-server python3 git)

exec 9>"$root.lock"
flock 9
[ ! -e "$root/is_complete" ] || exit 0
# The mirror that this machine installs from, whichever that is: Debian's main archive among apt's sources.
sources=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages')
mirror=$(sed -n 's/^Debian|Debian|//p' <<<"$sources" | head -n 1)
[ -n "$mirror" ] || { echo "none of apt's sources is Debian's main archive; run apt-get update" >&2; exit 1; }
rm -rf --one-file-system "$root"
debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$mirror"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # the packages' scripts start no services
chmod 755 "$root/usr/sbin/policy-rc.d"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install --yes -qq --no-install-recommends "${packages[@]}"
touch "$root/is_complete"
