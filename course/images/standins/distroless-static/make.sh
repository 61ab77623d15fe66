# Lays out /root-fs. Runs under busybox, in a filesystem that holds nothing else.
set -eu
mkdir() { /bin/busybox mkdir "$@"; }
mkdir -p /root-fs
set -- base-files netbase tzdata
. /ctx/shared/trees.sh
cd /root-fs
rm -rf etc/apt etc/dpkg usr/share/base-files usr/share/common-licenses/*-[0-9]
mkdir -p etc/ssl/certs home/nonroot root tmp
cat /ctx/trees/ca-certificates/usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt
cp /ctx/etc/* etc/
chmod 1777 tmp
chmod 700 root home/nonroot
chown -R 65532:65532 home/nonroot
