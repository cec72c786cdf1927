#!/bin/sh
# Owns the Docker engine that tests and CI need: finds one that answers, else installs and starts one (Debian or Ubuntu,
# as root), and stops only what it started itself. What runs on the engine is the runtime's.
#
#   scripts/engine.sh start    exit 0 once an engine answers
#   scripts/engine.sh stop     ends the engine that `start` started; any other one is left alone
#   scripts/engine.sh status   exit 0 when an engine answers, 1 when none does
#
# HASHFLOW_ENGINE_DIR (default /var/lib/hashflow-engine) holds its data, pid file, log and the note that it is ours.
# HASHFLOW_ENGINE_OPTIONS: further options of dockerd. DOCKER_HOST is asked where it is set; started is an engine only on a
# unix:// one.
set -eu

DIR=${HASHFLOW_ENGINE_DIR:-/var/lib/hashflow-engine}
HOST=${DOCKER_HOST:-unix:///var/run/docker.sock}
SOCKET=${HOST#unix://}
PIDFILE=$DIR/dockerd.pid
LOG=$DIR/dockerd.log
NOTE=$DIR/started-by-hashflow # "PID STARTTIME", written by start, read by stop
INSTALL_SECONDS=300
START_SECONDS=60

say() { printf 'engine: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# The engine's answer, never the mere presence of a client or a socket file.
answers() {
  if command -v docker >/dev/null 2>&1; then
    DOCKER_HOST=$HOST timeout 5 docker version --format '{{.Server.Version}}' 2>/dev/null
  else
    timeout 5 curl -fsS --unix-socket "$SOCKET" http://engine/_ping 2>/dev/null
  fi
}

# Field 22 of /proc/PID/stat: with the pid it names one process for good, so that a reused pid is never mistaken for ours.
# The command (field 2) may hold spaces: cut through its closing parenthesis first. A zombie has ended: it has none.
start_time() { sed -n -e '/) Z /d' -e 's/^.*) //p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# Prints the pid of the engine that we started, when it still runs.
ours() {
  [ -r "$NOTE" ] || return 1
  read -r pid started <"$NOTE" || return 1
  [ -n "$pid" ] && [ "$(start_time "$pid")" = "$started" ] || return 1
  echo "$pid"
}

install_engine() {
  [ -x "$(command -v apt-get)" ] || fail 'no Docker engine here, and it can only be installed by this script on Debian or Ubuntu: install Docker and start it'
  say 'installing docker.io (Debian package)'
  export DEBIAN_FRONTEND=noninteractive
  timeout "$INSTALL_SECONDS" sh -c 'apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io iptables iproute2' >"$DIR/install.log" 2>&1 ||
    { tail -n 20 "$DIR/install.log" >&2; fail "the installation failed or took more than $INSTALL_SECONDS s ($DIR/install.log)"; }
  # The package starts the engine itself where there is an init system.
  sleep 1
}

# Some kernels lack the nf_tables backend. A private PATH entry switches this engine to the legacy tools and leaves the
# system's own choice as it is.
choose_iptables() {
  iptables -t nat -nL >/dev/null 2>&1 && return 0
  if command -v iptables-legacy >/dev/null 2>&1 && iptables-legacy -t nat -nL >/dev/null 2>&1; then
    say 'iptables (nf_tables) does not work on this kernel: using iptables-legacy'
    mkdir -p "$DIR/bin"
    for tool in iptables ip6tables; do ln -sf "$(command -v $tool-legacy)" "$DIR/bin/$tool"; done
    PATH=$DIR/bin:$PATH
    export PATH
  else
    say 'iptables does not work here: containers may get no network'
  fi
}

launch() {
  [ ! -S "$SOCKET" ] || say "$SOCKET exists but nothing answers on it"
  choose_iptables
  rm -f "$NOTE"
  say "starting dockerd (log: $LOG)"
  # A session of its own: the engine outlives this script and gets none of its terminal's signals. The lock is not inherited.
  # shellcheck disable=SC2086 # the options are words
  setsid dockerd --data-root "$DIR/data" --exec-root "$DIR/exec" --pidfile "$PIDFILE" -H "$HOST" \
    ${HASHFLOW_ENGINE_OPTIONS:-} >>"$LOG" 2>&1 </dev/null 9>&- &
  child=$!
  waited=0
  until version=$(answers); do
    if ! kill -0 "$child" 2>/dev/null && [ ! -s "$PIDFILE" ]; then tail -n 15 "$LOG" >&2; fail 'dockerd ended at once'; fi
    if [ "$waited" -ge "$START_SECONDS" ]; then tail -n 15 "$LOG" >&2; fail "no answer within $START_SECONDS s"; fi
    sleep 1
    waited=$((waited + 1))
  done
  # With no pid file of ours the engine that answers is somebody else's, started in the same moment.
  if pid=$(cat "$PIDFILE" 2>/dev/null) && [ -n "$(start_time "$pid")" ]; then
    echo "$pid $(start_time "$pid")" >"$NOTE"
  fi
  say "Docker $version answers, started by this script"
}

# One at a time: two starts at once would fight for the pid file.
exclusively() {
  mkdir -p "$DIR" 2>/dev/null && [ -w "$DIR" ] || fail "cannot write $DIR: run as root or set HASHFLOW_ENGINE_DIR"
  exec 9>"$DIR/lock"
  command -v flock >/dev/null 2>&1 || return 0
  flock -w $((INSTALL_SECONDS + START_SECONDS)) 9 || fail 'another start or stop is still at work'
}

start() {
  if version=$(answers); then say "Docker $version answers already"; return 0; fi
  case $HOST in unix://*) ;; *) fail "nothing answers at DOCKER_HOST=$HOST" ;; esac
  [ "$(id -u)" = 0 ] || fail 'no Docker engine answers: start one, or run this script as root'
  exclusively
  if version=$(answers); then say "Docker $version answers already"; return 0; fi
  command -v dockerd >/dev/null 2>&1 || install_engine
  if version=$(answers); then say "Docker $version answers"; return 0; fi
  launch
}

stop() {
  if ! ours >/dev/null; then say 'not started by this script: left alone'; return 0; fi
  exclusively
  pid=$(ours) || return 0
  kill -TERM "$pid"
  waited=0
  # SIGKILL would orphan containerd and the containers: rather say that it still runs.
  while ours >/dev/null; do
    [ "$waited" -lt "$START_SECONDS" ] || fail "dockerd ($pid) is still running after $START_SECONDS s"
    sleep 1
    waited=$((waited + 1))
  done
  rm -f "$NOTE"
  say 'stopped'
}

status() {
  version=$(answers) || { say 'no engine answers'; return 1; }
  if pid=$(ours); then say "Docker $version answers (pid $pid, started by this script)"; else say "Docker $version answers"; fi
}

case "${1:-}" in
  start) start ;;
  stop) stop ;;
  status) status ;;
  *) echo 'usage: scripts/engine.sh start|stop|status' >&2; exit 2 ;;
esac
