set -eu
. /ctx/shared/install-debs.sh
install -m 755 /ctx/entrypoint.sh /usr/local/bin/dockerd-entrypoint.sh
