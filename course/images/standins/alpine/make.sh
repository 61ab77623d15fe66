# Lays out /root-fs. Runs under busybox, in a filesystem that holds nothing else.
set -eu
for applet in $(/bin/busybox --list); do
    [ "$applet" = busybox ] || /bin/busybox ln -sf busybox "/bin/$applet"
done
export PATH=/bin
root=/root-fs
mkdir -p $root && cd $root
mkdir -p bin dev etc/ssl/certs home lib media mnt opt proc root run sbin srv sys tmp usr/bin usr/lib usr/sbin \
    usr/local/bin usr/local/lib usr/local/share var/cache var/log var/tmp
chmod 1777 tmp var/tmp
chmod 700 root
ln -s ../run var/run

cp /bin/busybox bin/
busybox --list-full | while read -r path; do
    mkdir -p "${path%/*}"
    [ "$path" = bin/busybox ] || ln -sf /bin/busybox "$path"
done
ln -sf /bin/busybox bin/sh
cp /ctx/shared/accounts.sh usr/sbin/adduser
chmod 755 usr/sbin/adduser
for applet in addgroup deluser delgroup; do
    ln -s adduser usr/sbin/$applet
done

# musl is one file: the C library and, under its other name, the loader that programs ask for.
machine=$(uname -m)
cp /ctx/trees/musl/usr/lib/"$machine"-linux-musl/libc.so lib/ld-musl-"$machine".so.1
chmod 755 lib/ld-musl-"$machine".so.1
ln -s ld-musl-"$machine".so.1 lib/libc.musl-"$machine".so.1
printf '/lib\n/usr/local/lib\n/usr/lib\n' >etc/ld-musl-"$machine".path
printf '#!/bin/sh\nexec /lib/ld-musl-%s.so.1 --list "$@"\n' "$machine" >usr/bin/ldd
chmod 755 usr/bin/ldd

cat /ctx/trees/ca-certificates/usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt
ln -s certs/ca-certificates.crt etc/ssl/cert.pem
cp /ctx/etc/* etc/
chmod 640 etc/shadow
