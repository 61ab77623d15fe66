set -eu
groupadd --system --gid 999 redis
useradd --system --gid redis --uid 999 --no-create-home --home-dir /home/redis --shell /usr/sbin/nologin redis
. /ctx/shared/install-debs.sh
rm -rf /etc/redis /var/lib/redis /var/log/redis
install -d -o redis -g redis /data
mkdir -p /usr/local/bin
install -m 755 /ctx/entrypoint.sh /usr/local/bin/docker-entrypoint.sh
