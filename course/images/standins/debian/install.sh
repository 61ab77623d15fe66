# Runs in the unpacked root: lets its own dpkg install the same packages, then tidies up.
set -eu
if [ -n "${SLIM:-}" ]; then
    # What was unpacked by hand is not removed by dpkg's exclusions.
    rm -rf /usr/share/{doc,man,locale,info,lintian,groff}
    mkdir -p /etc/dpkg/dpkg.cfg.d
    cp /ctx/slim.dpkg /etc/dpkg/dpkg.cfg.d/docker
fi

# Maintainer scripts look up users before base-passwd is configured.
cp /usr/share/base-passwd/passwd.master /etc/passwd
cp /usr/share/base-passwd/group.master /etc/group
: >/var/lib/dpkg/status
# All at once: dpkg sorts out the order of configuring, but essential packages depend on each other in circles.
dpkg --force-depends --force-unsafe-io --install /ctx/debs/*.deb
dpkg --audit

cp /ctx/debian.sources /etc/apt/sources.list.d/
cp /ctx/apt.conf.d/* /etc/apt/apt.conf.d/
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/docker-apt-speedup
# No service is started while packages are being installed in a build.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d

find /var/log /var/cache/ldconfig -type f -delete
rm -rf /var/lib/dpkg/*-old /var/cache/debconf/*-old /etc/*- /tmp/* /run/*
: >/etc/machine-id
