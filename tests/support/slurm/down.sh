#!/usr/bin/env bash
# Ends everything that up.sh started below STATE, whatever became of it, and deletes STATE: down.sh STATE
#
# Daemons are known by their pid file together with their command line, jobs by the SLURM_CONF in their environment;
# nothing is ended by its name alone.
set -uo pipefail

state=$1
[ -d "$state" ] || exit 0

runs() { # runs PID PROGRAM: a zombie or a stranger under that pid does not count
  { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null | grep -q -- "$2"
}

end() { # end PID_FILE PROGRAM
  local pid left=100
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && runs "$pid" "$2" || return 0
  kill -KILL "$pid" 2>/dev/null
  while runs "$pid" "$2" && [ "$left" -gt 0 ]; do
    left=$((left - 1))
    sleep 0.05
  done
}

end_jobs() { # slurmstepd and what it started outlive slurmd
  local process
  for process in /proc/[0-9]*; do
    [ "${process#/proc/}" != $$ ] || continue
    if { tr '\0' '\n' <"$process/environ"; } 2>/dev/null | grep -qx "SLURM_CONF=$state/etc/slurm.conf" &&
      { tr '\0' '\n' <"$process/environ" | grep -q '^SLURM_JOB_ID=' || grep -q slurmstepd "$process/comm"; } 2>/dev/null; then
      kill -KILL "${process#/proc/}" 2>/dev/null
    fi
  done
}

end "$state/run/slurmctld.pid" slurmctld
for file in "$state"/run/slurmd-*.pid; do end "$file" slurmd; done
end_jobs
end "$state/run/slurmdbd.pid" slurmdbd
end "$state/run/sshd.pid" sshd
end "$state/db/pid" mariadbd
end "$state/munge/pid" munged
for node in "$state"/spool/d/*; do # the nodes' empty cgroups
  for cgroup in /sys/fs/cgroup/*/slurm_"${node##*/}"; do
    [ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
  done
done
while read -r _ mounted _; do # what a test has mounted there; it would be deleted where it comes from
  case $mounted in "$state"/*) umount --lazy "$mounted" || exit 1 ;; esac
done </proc/mounts
rm -rf --one-file-system "$state"
