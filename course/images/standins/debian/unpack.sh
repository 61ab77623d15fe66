# Runs under busybox in an otherwise empty filesystem: unpacks every package into /target.
set -eu
for applet in dpkg-deb mkdir; do
    alias "$applet=/bin/busybox $applet"
done
mkdir -p /target
# base-files first: it brings the links /bin -> usr/bin that all others unpack through.
dpkg-deb -x /ctx/debs/base-files_*.deb /target
for deb in /ctx/debs/*.deb; do
    case $deb in
        */base-files_*) ;;
        *) dpkg-deb -x "$deb" /target ;;
    esac
done
