#!/usr/bin/env bash
# Starts again a daemon of up.sh's that was killed: restart.sh STATE slurmctld|slurmdbd|slurmd-NODE
set -euo pipefail

state=$1 daemon=$2
export SLURM_CONF=$state/etc/slurm.conf
# sshd is in the UTS namespace that up.sh may have made
within=(nsenter "--target=$(cat "$state/run/sshd.pid")" --uts)
case $daemon in
  slurmdbd) "${within[@]}" setpriv --reuid=slurm --regid="$(id -g slurm)" --init-groups slurmdbd ;;
  slurmctld) "${within[@]}" slurmctld ;;
  slurmd-*) "${within[@]}" slurmd -N "${daemon#slurmd-}" ;;
esac </dev/null >/dev/null 2>&1
left=400
until case $daemon in
  slurmdbd) sacct -X -n >/dev/null 2>&1 ;;
  slurmctld) scontrol ping 2>/dev/null | grep -q 'is UP' ;;
  slurmd-*) scontrol -o show node "${daemon#slurmd-}" | grep -v 'NOT_RESPONDING' | grep -q 'State=' ;;
esac; do
  left=$((left - 1))
  [ "$left" -gt 0 ] || { echo "restart.sh: $daemon did not come up" >&2; exit 1; }
  sleep 0.05
done
