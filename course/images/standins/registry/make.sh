set -eu
. /ctx/shared/install-debs.sh
ln -s /usr/bin/docker-registry /usr/bin/registry
rm -rf /etc/docker/registry /var/lib/docker-registry
install -d /etc/docker/registry /var/lib/registry
cp /ctx/config.yml /etc/docker/registry/
install -m 755 /ctx/entrypoint.sh /entrypoint.sh
