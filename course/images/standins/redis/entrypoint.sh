#!/bin/sh
# Options or a configuration file alone mean redis-server. As root, /data is given to redis and root let go.
set -e
case $1 in
    -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
    if [ "$(id -u)" = 0 ]; then
        find . ! -user redis -exec chown redis {} +
        exec setpriv --reuid redis --regid redis --clear-groups "$0" "$@"
    fi
    # The real image is compiled without protected mode, which would turn other containers away.
    shift
    case ${1:-} in
        -v | --version | -h | --help) ;; # redis-server takes these alone
        '' | -*) set -- --protected-mode no "$@" ;;
        *) conf=$1; shift; set -- "$conf" --protected-mode no "$@" ;;
    esac
    umask 0077
    exec redis-server "$@"
fi
exec "$@"
