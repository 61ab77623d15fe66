set -eu
groupadd --system --gid 999 postgres
useradd --system --gid postgres --uid 999 --home-dir /var/lib/postgresql --shell /bin/bash postgres
# Debian would make a cluster at once; here it is made when a container starts.
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
printf 'force-confold\n' >/etc/dpkg/dpkg.cfg.d/confold
. /ctx/shared/install-debs.sh
rm /etc/dpkg/dpkg.cfg.d/confold
sed -i "s/^#\?listen_addresses.*/listen_addresses = '*'/" /usr/share/postgresql/17/postgresql.conf.sample
install -d -o postgres -g postgres -m 3777 /run/postgresql
install -d -o postgres -g postgres /var/lib/postgresql
install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data
mkdir -p /docker-entrypoint-initdb.d /usr/local/bin
install -m 755 /ctx/entrypoint.sh /usr/local/bin/docker-entrypoint.sh
