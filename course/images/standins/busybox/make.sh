# Lays out /root-fs: the binary, its applets, and the few files of /etc.
set -eu
bb=/bin/busybox
root=/root-fs
for dir in bin dev etc home root tmp usr/bin usr/sbin var/spool/mail var/www; do
    $bb mkdir -p "$root/$dir"
done
$bb chmod 1777 "$root/tmp"
$bb chmod 700 "$root/root"
$bb cp /bin/busybox "$root/bin/"
# Hard links, as in the real image: the applets share one inode.
for applet in $($bb --list); do
    [ "$applet" = busybox ] || $bb ln "$root/bin/busybox" "$root/bin/$applet"
done
$bb cp /ctx/shared/accounts.sh "$root/bin/adduser"
$bb chmod 755 "$root/bin/adduser"
for applet in addgroup deluser delgroup; do
    $bb ln "$root/bin/adduser" "$root/bin/$applet"
done
$bb ln -s ../../bin/env "$root/usr/bin/env"
$bb cp /ctx/etc/* "$root/etc/"
$bb chmod 640 "$root/etc/shadow"
