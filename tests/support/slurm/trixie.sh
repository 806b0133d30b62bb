#!/usr/bin/env bash
# Makes a Debian 13 in a folder, with its newer SLURM: trixie.sh ROOT. Quick when it is there. As root, with debootstrap.
set -euo pipefail

root=$1
packages=(slurmctld slurmd slurm-client slurmdbd slurm-wlm-mysql-plugin munge openssh-server mariadb-server python3 git)

exec 9>"$root.lock"
flock 9
[ ! -e "$root/is_complete" ] || exit 0
rm -rf --one-file-system "$root"
debootstrap --variant=minbase --include=ca-certificates trixie "$root" http://deb.debian.org/debian
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # the packages' scripts start no services
chmod 755 "$root/usr/sbin/policy-rc.d"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get install --yes -qq --no-install-recommends "${packages[@]}"
touch "$root/is_complete"
