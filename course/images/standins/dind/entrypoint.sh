#!/bin/sh
# Prepares what an engine needs in a container, as the real image's script does, and starts it. Without
# TLS, and without a TCP port: only a command that begins with dockerd says where to listen.
set -e
case "$1" in
    dockerd) shift ;;
    "" | -*) set -- --host=unix:///var/run/docker.sock "$@" ;;
    *) exec "$@" ;;
esac
rm -f /var/run/docker.pid /run/docker/containerd/containerd.pid
mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security || true
mountpoint -q /tmp || mount -t tmpfs none /tmp
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    # With cgroup v2 a group has processes or sub-groups, not both: ours make room for the containers'.
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs || true
    sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi
exec tini -- dockerd "$@"
