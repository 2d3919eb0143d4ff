#!/bin/sh
# The guest's first process: mounts, runs the matrix in three modes, prints what came of it, powers off.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t securityfs securityfs /sys/kernel/security
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs tmpfs /w
# Nothing of the kernel's may come between our lines.
dmesg -n 1
ip link set lo up
cp /bin/rp-attack /w/rp-attack
cp /bin/rp-attack /w/rp-setup
cp /bin/rp-attack /w/rp-fork
echo "RP kernel $(uname -r) lsm $(cat /sys/kernel/security/lsm) lockdown $(cat /sys/kernel/security/lockdown)"

# Waits until the sensor's output holds $2 at least $1 times: at most ten seconds.
wait_for() {
  tries=0
  while [ "$(grep -aoc "$2" "$3")" -lt "$1" ] && [ $tries -lt 100 ]; do usleep 100000; tries=$((tries + 1)); done
  [ $tries -lt 100 ] || echo "RP timeout $2"
}

set_up() {
  rm -rf /w/f
  /w/rp-setup setup /w/f
  cp /bin/rp-attack /w/f/denied
  cp /bin/rp-attack /w/f/allowed
}

# One that was denied its own exec prints nothing; its line is missing, which fails.
attack_all() {
  for name in $CASES; do
    program=rp-attack
    [ "$name" = fork ] && program=rp-fork
    echo "RP case $1 $(/w/$program "$name" /w/f 4711)"
  done
}

CASES=$(rp-attack list)
mkfifo /w/control
/bin/runproof-sensor < /w/control > /w/frames 2> /w/log &
sensor=$!
exec 3> /w/control

for step in audit alert enforce; do
  # Before the policy: the sensor looks up what it protects when it gets it.
  set_up
  cat "/control/$step" >&3
  case $step in
  alert) wait_for 1 '"mode":"alert"' /w/frames ;;
  audit) wait_for 1 policy_active /w/frames ;;
  enforce) wait_for 1 '"generation":3,"boot_ns"' /w/frames ;;
  esac
  attack_all $step
done
echo "RP status $(grep -E '^(Uid|CapEff|CapPrm|NoNewPrivs)' /proc/$sensor/status | tr -s '\t\n' ' ')"
cat /control/stop >&3
exec 3>&-
wait $sensor
echo "RP sensor ended $?"

# Where LSM cannot be had: what demands prevention is refused, what does its best ends who misbehaves.
set_up
rm -f /w/control
mkfifo /w/control
/bin/runproof-sensor --no-lsm < /w/control > /w/frames.nolsm 2>> /w/log &
sensor=$!
exec 3> /w/control
cat /control/nolsm >&3
wait_for 1 policy_active /w/frames.nolsm
echo "RP nolsm refused $(grep -aoc 'policy\.prevent' /w/frames.nolsm)"
attack_all nolsm
cat /control/nolsm.stop >&3
exec 3>&-
wait $sensor

# A sensor that is killed takes its hooks with it; one that was told to persist leaves them, until they are unpinned.
probe() {
  tries=0
  while [ $tries -lt 30 ]; do
    result=$(/w/rp-attack openat /w/f 4711)
    case $result in *"$1"*) break ;; esac
    usleep 100000
    tries=$((tries + 1))
  done
  echo "RP after $2 $result"
}
for how in plain persist; do
  option=
  [ $how = persist ] && option=--persist
  rm -f /w/control
  mkfifo /w/control
  /bin/runproof-sensor $option < /w/control > /w/frames.$how 2>> /w/log &
  sensor=$!
  exec 3> /w/control
  cat /control/alone >&3
  wait_for 1 policy_active /w/frames.$how
  probe refused "$how:guarded"
  kill -9 $sensor
  wait $sensor 2> /dev/null
  exec 3>&-
  if [ $how = plain ]; then
    probe done "$how:killed"
  else
    usleep 500000
    probe refused "$how:killed"
    /bin/runproof-sensor --unpin 2>> /w/log
    probe done "$how:unpinned"
  fi
done

sed 's/^/RP log /' /w/log
# Twice: now and then the serial line spoils a letter.
for copy in 1 2; do
  echo "RP frames begin"
  gzip -c /w/frames | base64
  echo "RP frames end"
done
poweroff -f
