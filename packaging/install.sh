#!/bin/sh
# Installs the Rustronaut agent from its hub, and joins this machine to the hub's network. Run it again to upgrade.
#
#   curl -fsSL HUB/install.sh | sudo sh                           asks for the enrolment key
#   curl -fsSL HUB/install.sh | sudo sh -s -- --key-file FILE     reads it from a file
#
# A line `RUSTRONAUT_KEY=rnek_…` before this text does it, too. The key is no argument: `ps` shows those to everybody.
# Everything stands in functions that the very end calls, so a download that was cut runs nothing.
set -eu

main() {
  hub='@HUB@'
  key=${RUSTRONAUT_KEY:-}
  proxy=${HTTPS_PROXY:-${https_proxy:-}}
  no_proxy=${NO_PROXY:-${no_proxy:-}}
  parts='' packed_sha256=''
  unset RUSTRONAUT_KEY HTTPS_PROXY https_proxy NO_PROXY IFS
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  umask 022
  read_options "$@"
  demand_machine
  work=$(mktemp -d /tmp/rustronaut-install.XXXXXX)
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  fetch_agent "$work/agent"
  is_joined || ask_key
  install_files
  if [ -d /run/systemd/system ]; then start_service; else start_detached; fi
}

fail() {
  echo "install: $1" >&2
  exit 1
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --key-file)
        [ $# -ge 2 ] || fail "--key-file lacks its value"
        [ -r "$2" ] || fail "$2 can't be read"
        key=$(cat -- "$2")
        shift 2
        ;;
      --key | --key=*) fail "a key as an argument would be seen by everybody in \`ps\`: use --key-file FILE" ;;
      *) fail "there is no option $1; there is --key-file FILE" ;;
    esac
  done
  case $key in
    *[!A-Za-z0-9_.-]*) fail "that is no enrolment key: one begins with rnek_ and has no spaces" ;;
  esac
}

# The caller's environment is left behind: what it holds would change what the commands do.
clean() {
  env -i PATH="$PATH" HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive HTTPS_PROXY="$proxy" NO_PROXY="$no_proxy" "$@"
}

demand_machine() {
  [ "$(uname -s)" = Linux ] || fail "the agent runs on Linux"
  [ "$(id -u)" = 0 ] || fail "must run as root: use sudo"
  [ ! -e /usr/bin/rustronaut-agent ] ||
    fail "the agent came as a Debian package: upgrade it by \`apt install ./rustronaut-agent_….deb\`"
  missing=
  for tool in ip:iproute2 wg:wireguard-tools nft:nftables curl:curl; do
    command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"
  done
  [ -z "$missing" ] || install_packages
}

# shellcheck disable=SC2086 # One word for each package.
install_packages() {
  command -v apt-get >/dev/null || fail "not installed:$missing. Install these packages, then run this again"
  echo "Installing$missing"
  clean apt-get update -qq
  clean apt-get install -y -qq --no-install-recommends $missing
}

# Node for the bundle of the agent, where the service finds it, too; else the hub's single executable.
fetch_agent() {
  if has_node; then
    fetch '@BUNDLE_PATH@' "$1"
    check '@BUNDLE_SHA256@' "$1"
    return
  fi
  executable "$(uname -m)" || fail "there is no Node 22.23 or newer in $PATH, and the hub serves no single \
executable for $(uname -m). Install Node, or build the hub after \`npm run build:agent:sea\`"
  for part in $parts; do
    fetch "$part" "$work/part"
    cat "$work/part" >>"$work/packed"
  done
  check "$packed_sha256" "$work/packed"
  gzip -dc <"$work/packed" >"$1"
}

# Older ones, and 23, negotiate no post-quantum key exchange in TLS.
has_node() {
  command -v node >/dev/null &&
    [ "$(clean node -p 'const [a, b] = process.versions.node.split(".").map(Number); a > 23 || (a === 22 && b > 22)')" = true ]
}

# Sets what the hub serves for a kind of machine.
executable() {
  case $1 in
    # @EXECUTABLES@
    *) return 1 ;;
  esac
}

fetch() {
  clean curl -q -fsS --proto "=${hub%%:*}" --retry 3 -o "$2" "$hub/$1" ||
    fail "$hub/$1 can't be fetched. If the hub has just been upgraded, fetch install.sh anew"
}

check() {
  [ "$(sha256sum <"$2")" = "$1  -" ] ||
    fail "what $hub served is not what this script expects (SHA-256 $1). Nothing was installed"
}

is_joined() {
  [ -e /var/lib/rustronaut/membership.json ]
}

ask_key() {
  [ -z "$key" ] || return 0
  (: </dev/tty) 2>/dev/null || fail "there is no enrolment key: give --key-file FILE, or run this at a terminal"
  printf 'Enrolment key (rnek_…): ' >/dev/tty
  stty -echo </dev/tty
  trap 'stty echo </dev/tty; exit 130' INT TERM HUP
  read -r key </dev/tty || key=
  stty echo </dev/tty
  trap 'exit 130' INT TERM HUP
  echo >/dev/tty
  read_options
  [ -n "$key" ] || fail "there is no enrolment key"
}

install_files() {
  # Renamed into place: a program that runs can't be written to, and is never half there.
  install -m 0755 "$work/agent" /usr/local/bin/.rustronaut-agent.new
  mv -f /usr/local/bin/.rustronaut-agent.new /usr/local/bin/rustronaut-agent
  install -d -m 0700 /etc/rustronaut
  (
    umask 077
    printf 'RUSTRONAUT_HUB=%s\n' "$hub" >/etc/rustronaut/hub.env
    [ -z "$proxy" ] || printf 'HTTPS_PROXY=%s\nNO_PROXY=%s\n' "$proxy" "$no_proxy" >/etc/rustronaut/proxy.env
    [ -z "$key" ] || printf 'RUSTRONAUT_KEY=%s\n' "$key" >/etc/rustronaut/agent.env
  )
}

start_service() {
  unit >/etc/systemd/system/rustronaut-agent.service
  clean systemctl daemon-reload
  clean systemctl enable --quiet rustronaut-agent
  clean systemctl restart rustronaut-agent
  waited=0
  until is_joined; do
    [ "$waited" -lt 30 ] ||
      fail "the machine has not joined yet; see \`journalctl -u rustronaut-agent\`. The key waits in /etc/rustronaut/agent.env"
    sleep 1
    waited=$((waited + 1))
  done
  rm -f /etc/rustronaut/agent.env
  echo "The agent runs, and starts with the machine. See: sudo rustronaut-agent status"
}

# Where no systemd runs, such as in a container.
start_detached() {
  rm -f /etc/rustronaut/agent.env
  if clean rustronaut-agent status >/dev/null 2>&1; then
    echo "Installed. The agent that runs is still the one before: rustronaut-agent down; rustronaut-agent up --detach"
    return
  fi
  set -- --hub "$hub"
  if [ -n "$key" ]; then
    (umask 077 && printf '%s\n' "$key" >"$work/key")
    set -- "$@" --key-file "$work/key"
  fi
  clean rustronaut-agent up --detach "$@" || fail "the agent is installed, but has not joined"
  echo "There is no systemd: after a restart of the machine, run \`rustronaut-agent up --detach\`."
}

unit() {
  cat <<'UNIT'
@UNIT@
UNIT
}

{ main "$@" </dev/null; }
