#!/usr/bin/env bash
# Brings up a real SLURM and a real sshd on loopback: up.sh STATE PORT_BASE NAME
#
# As root, without systemd: munged, mariadbd, slurmdbd, slurmctld, two slurmd (NAME1 and NAME2, each with four imagined
# MI100s) and sshd. Everything they write is below STATE, which must be absent or empty; ports PORT_BASE to PORT_BASE+7
# are used. The packages must be there (../apt.sh). The environment may set OWNER_USER, the account jobs run as.
set -euo pipefail

state=$1 base=$2 name=$3
user=${OWNER_USER:-slipway-test}
nodes=2 gpus=4
here=$(dirname "$(readlink -f "$0")")

# SLURM's daemons bind the address that the host's own name stands for. Only with 127.0.0.1 is that loopback, and reachable
# from one another; elsewhere the cluster lives in a UTS namespace of its own, whose host is called localhost.
if [ "$(getent ahostsv4 "$(hostname)" | awk 'NR == 1 { print $1 }')" != 127.0.0.1 ]; then
  [ -z "${IN_UTS:-}" ] || { echo "up.sh: localhost is not 127.0.0.1" >&2; exit 1; }
  exec unshare --uts bash -c 'hostname localhost && IN_UTS=1 exec bash "$@"' bash "$0" "$@"
fi
host=$(hostname -s)

give_up() {
  echo "up.sh: $*" >&2
  grep -i -m 5 -e error -e fatal "$state"/log/*.log >&2 || true
  tail -n 5 "$state"/log/*.log >&2 || true
  exit 1
}

await() { # await WHAT SECONDS COMMAND...: until the command succeeds
  local what=$1 left=$(($2 * 20))
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || give_up "$what did not come up"
    sleep 0.05
  done
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

as() { # as USER COMMAND...
  local who=$1
  shift
  setpriv --reuid="$who" --regid="$(id -g "$who")" --init-groups "$@"
}

prepare_account() {
  id "$user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$user"
  usermod --password '*' "$user" # sshd without PAM takes the usual '!' for a locked account
}

prepare_folders() {
  mkdir -p "$state"/{etc,run,log,ssh,dev,spool/ctld,spool/d} /run/sshd
  chmod 755 "$state" "$state"/*
  install -d -o "$user" -m 755 "$state/shared"
  install -d -o munge -g munge -m 755 "$state/munge" # munged wants to own where it writes
  install -d -o mysql -g mysql -m 755 "$state/db"
  chown slurm "$state/spool/ctld" "$state/log" "$state/run"
  for ((gpu = 0; gpu < gpus; gpu++)); do # a GRES file must be a device; /dev/null's numbers are harmless
    mknod -m 666 "$state/dev/mi100-$gpu" c 1 3
  done
}

install_database() {
  rm -rf "$state/db/files"
  install -d -o mysql -g mysql -m 700 "$state/db/files"
  mariadb-install-db --no-defaults --user=mysql --datadir="$state/db/files" --skip-test-db \
    --auth-root-authentication-method=normal --innodb-flush-log-at-trx-commit=0 --innodb-use-native-aio=0 \
    >"$state/log/db-install.log" 2>&1
}

start_database() {
  install_database || install_database || give_up "mariadb-install-db" # on a busy machine it fails now and then
  setsid mariadbd --no-defaults --user=mysql --datadir="$state/db/files" --socket="$state/db/socket" \
    --pid-file="$state/db/pid" --bind-address=127.0.0.1 --port="$base" --log-error="$state/log/mariadb.log" \
    --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --innodb-use-native-aio=0 --skip-log-bin --skip-name-resolve \
    </dev/null >/dev/null 2>&1 &
}

start_munge() {
  (umask 077 && head -c 1024 /dev/urandom >"$state/munge/key")
  chown munge:munge "$state/munge/key"
  as munge munged --key-file="$state/munge/key" --socket="$state/munge/socket" --pid-file="$state/munge/pid" \
    --log-file="$state/munge/log" --seed-file="$state/munge/seed" --num-threads=2
}

start_sshd() {
  ssh-keygen -q -t ed25519 -N '' -C host -f "$state/ssh/host_key"
  ssh-keygen -q -t ed25519 -N '' -C bot -f "$state/ssh/user_key"
  install -m 644 "$state/ssh/user_key.pub" "$state/ssh/authorized_keys"
  echo "[127.0.0.1]:$((base + 3)) $(cut -d' ' -f1,2 "$state/ssh/host_key.pub")" >"$state/ssh/known_hosts"
  sed -e "s|@STATE@|$state|g" -e "s|@PORT@|$((base + 3))|" -e "s|@USER@|$user|" "$here/sshd_config.in" \
    >"$state/etc/sshd_config"
  /usr/sbin/sshd -f "$state/etc/sshd_config" -E "$state/log/sshd.log"
}

write_configs() {
  local tracking="ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill,NoShared"
  if [ -w /sys/fs/cgroup/memory ] && [ -w /sys/fs/cgroup/freezer ]; then # only version 1 can be had without systemd
    tracking="ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
JobAcctGatherType=jobacct_gather/cgroup"
    touch "$state/etc/has_cgroup"
  fi
  local node_lines=""
  for ((i = 1; i <= nodes; i++)); do
    node_lines+="NodeName=$name$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((base + 3 + i)) CPUs=64 RealMemory=256000"
    node_lines+=" Gres=gpu:mi100:$gpus State=UNKNOWN"$'\n'
  done
  local fill=(-e "s|@STATE@|$state|g" -e "s|@NAME@|$name|g" -e "s|@HOST@|$host|" -e "s|@NODES@|$nodes|"
    -e "s|@DB_PORT@|$base|" -e "s|@DBD_PORT@|$((base + 1))|" -e "s|@CTLD_PORT@|$((base + 2))|")
  { sed "${fill[@]}" "$here/slurm.conf.in" && printf '%s\n%s' "$tracking" "$node_lines"; } >"$state/etc/slurm.conf"
  sed "${fill[@]}" "$here/job_submit.lua.in" >"$state/etc/job_submit.lua"
  printf '#!/bin/sh\n[ ! -e %s ] || exit 1\n' "$state/run/prolog_fails" >"$state/etc/prolog"
  chmod 755 "$state/etc/prolog"
  sed "${fill[@]}" "$here/slurmdbd.conf.in" >"$state/etc/slurmdbd.conf"
  chown slurm "$state/etc/slurmdbd.conf" && chmod 600 "$state/etc/slurmdbd.conf"
  printf '%s\n' CgroupPlugin=cgroup/v1 CgroupMountpoint=/sys/fs/cgroup CgroupAutomount=no ConstrainRAMSpace=yes \
    ConstrainSwapSpace=no >"$state/etc/cgroup.conf"
  printf '%s\n' AutoDetect=off "Name=gpu Type=mi100 File=$state/dev/mi100-[0-$((gpus - 1))] Flags=amd_gpu_env" \
    >"$state/etc/gres.conf"
}

sql() { mariadb --no-defaults -u root -S "$state/db/socket" "$@"; }

start_accounting() {
  await mariadb 60 sql -e 'select 1'
  sql -e "create database slurm_acct_db; create user 'slurm'@'127.0.0.1' identified by 'slurm';
    create user 'slurm'@'localhost' identified by 'slurm'; grant all on slurm_acct_db.* to 'slurm'@'127.0.0.1';
    grant all on slurm_acct_db.* to 'slurm'@'localhost'"
  as slurm slurmdbd
  await slurmdbd 60 listens $((base + 1))
  await sacctmgr 30 sacctmgr -n list cluster
  sacctmgr -i add cluster "$name" >/dev/null
  sacctmgr -i add account ml Description=ml Organization=ml >/dev/null
  sacctmgr -i add user "$user" account=ml >/dev/null
}

nodes_are_up() { [ "$(sinfo -h -N -p gpu -t idle -o %N | sort -u | wc -l)" = "$nodes" ]; }

start_slurm() {
  slurmctld
  for ((i = 1; i <= nodes; i++)); do
    mkdir -p "$state/spool/d/$name$i"
    slurmd -N "$name$i"
  done
  await "the nodes" 60 nodes_are_up
}

[ "$(id -u)" = 0 ] || { echo "up.sh: must be root" >&2; exit 1; }
[ ! -e "$state" ] || [ -z "$(ls -A "$state")" ] || { echo "up.sh: $state is not empty; down.sh empties it" >&2; exit 1; }
trap 'give_up "line $LINENO: $BASH_COMMAND"' ERR
set -o errtrace
export SLURM_CONF=$state/etc/slurm.conf
prepare_account
prepare_folders
start_database
start_munge
write_configs
start_sshd
await munge 10 munge -S "$state/munge/socket" -n
start_accounting
start_slurm
await sshd 10 listens $((base + 3))
