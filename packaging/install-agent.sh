#!/bin/sh
# Installs the agent that was built beside this folder, with its service.
#
#   npm run build:agent:sea && sudo RUSTRONAUT_KEY=rnek_… packaging/install-agent.sh https://hub.example.com
set -eu

hub=${1:?"usage: install-agent.sh HUB-URL (the enrolment key in RUSTRONAUT_KEY)"}
here=$(dirname "$(readlink -f "$0")")
built=$here/../dist/agent/rustronaut-agent

fail() {
  echo "install-agent: $1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "must run as root: repeat it with sudo"
[ -x "$built" ] || fail "there is no $built: run \`npm run build:agent:sea\` first"
[ -c /dev/net/tun ] || fail "this machine has no TUN device: load the module with \`modprobe tun\`"
for tool in ip wg nft systemctl; do
  command -v "$tool" >/dev/null || fail "$tool is missing: install iproute2, wireguard-tools, nftables and systemd"
done

install -m 0755 "$built" /usr/local/bin/rustronaut-agent
install -d -m 0700 /etc/rustronaut
if [ -n "${RUSTRONAUT_KEY:-}" ]; then
  (umask 077 && printf 'RUSTRONAUT_KEY=%s\n' "$RUSTRONAUT_KEY" >/etc/rustronaut/agent.env)
fi
if [ -n "${HTTPS_PROXY:-${https_proxy:-}}" ]; then
  (umask 077 && printf 'HTTPS_PROXY=%s\nNO_PROXY=%s\n' "${HTTPS_PROXY:-${https_proxy:-}}" "${NO_PROXY:-${no_proxy:-}}" \
    >/etc/rustronaut/proxy.env)
fi
sed "s|^ExecStart=.*|ExecStart=/usr/local/bin/rustronaut-agent up --hub $hub|" \
  "$here/rustronaut-agent.service" >/etc/systemd/system/rustronaut-agent.service
systemctl daemon-reload
systemctl enable rustronaut-agent
systemctl restart rustronaut-agent
for _ in $(seq 30); do
  [ -e /var/lib/rustronaut/membership.json ] && break
  sleep 1
done
[ -e /var/lib/rustronaut/membership.json ] || fail "the machine has not joined: see \`journalctl -u rustronaut-agent\`"
rm -f /etc/rustronaut/agent.env
echo "The agent runs. See: rustronaut-agent status"
