#!/usr/bin/env bash
# Runs a command in another Debian, which sees STATE and this folder where they are here: inside.sh ROOT STATE COMMAND...
# What is mounted for it is seen by the command and what it starts, and goes with them.
set -euo pipefail

export root=$1 state=$2
here=$(dirname "$(readlink -f "$0")")
export here
shift 2
mkdir -p "$state" "$root/$state" "$root/$here"
exec unshare --mount --propagation private bash -euc '
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount --rbind /sys "$root/sys"
  mount --bind "$state" "$root/$state"
  mount --bind "$here" "$root/$here"
  exec chroot "$root" "$@"' bash "$@"
