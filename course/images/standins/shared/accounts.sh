#!/bin/sh
# adduser, addgroup, deluser and delgroup with busybox's options. Debian builds its busybox without them;
# the real images have them, and Dockerfiles use them.
set -eu
me=${0##*/}
die() { echo "$me: $*" >&2; exit 1; }
has() { grep -q "^$2:" "/etc/$1" 2>/dev/null; }
id_taken() { cut -d: -f3 "/etc/$1" | grep -qx "$2"; }
next_id() { # file, first, last
    id=$2
    while id_taken "$1" "$id"; do
        id=$((id + 1))
        [ "$id" -le "$3" ] || die "no free id between $2 and $3"
    done
    echo "$id"
}
number() { case $1 in '' | *[!0-9]*) die "invalid number '$1'" ;; esac; }

new_group() { # name, gid or "", system?
    has group "$1" && die "group '$1' in use"
    gid=$2
    if [ -z "$gid" ]; then
        if [ "$3" ]; then gid=$(next_id group 100 999); else gid=$(next_id group 1000 59999); fi
    fi
    id_taken group "$gid" && die "gid '$gid' in use"
    echo "$1:x:$gid:" >>/etc/group
}

join_group() { # user, group
    has passwd "$1" || die "unknown user $1"
    has group "$2" || die "unknown group $2"
    line=$(grep "^$2:" /etc/group)
    case ",${line##*:}," in *",$1,"*) return ;; esac
    case $line in *:) joined="$line$1" ;; *) joined="$line,$1" ;; esac
    replace group "$2" "$joined"
}

replace() { # file, name, new line or "" to remove it. Written through, not renamed: the file may be a mount.
    rest=$(grep -v "^$2:" "/etc/$1" || :)
    { [ -z "$rest" ] || echo "$rest"; [ -z "$3" ] || echo "$3"; } >"/tmp/.$me.$$"
    cat "/tmp/.$me.$$" >"/etc/$1"
    rm "/tmp/.$me.$$"
}

do_addgroup() {
    gid= system=
    while getopts g:S opt; do
        case $opt in g) number "$OPTARG"; gid=$OPTARG ;; S) system=1 ;; *) exit 1 ;; esac
    done
    shift $((OPTIND - 1))
    case $# in 1) new_group "$1" "$gid" "$system" ;; 2) join_group "$1" "$2" ;; *) die "usage: addgroup [-g GID] [-S] [USER] GROUP" ;; esac
}

do_adduser() {
    home= gecos='Linux User' shell= group= system= nopw= nohome= uid= skel=
    while getopts h:g:s:G:SDHu:k: opt; do
        case $opt in
            h) home=$OPTARG ;; g) gecos=$OPTARG ;; s) shell=$OPTARG ;; G) group=$OPTARG ;;
            S) system=1 ;; D) nopw=1 ;; H) nohome=1 ;; u) number "$OPTARG"; uid=$OPTARG ;; k) skel=$OPTARG ;;
            *) exit 1 ;;
        esac
    done
    shift $((OPTIND - 1))
    case $# in 1) ;; 2) join_group "$1" "$2"; return ;; *) die "usage: adduser [-hgsGuk VALUE] [-SDH] USER [GROUP]" ;; esac
    has passwd "$1" && die "user '$1' in use"
    if [ -z "$uid" ]; then
        if [ "$system" ]; then uid=$(next_id passwd 100 999); else uid=$(next_id passwd 1000 59999); fi
    fi
    id_taken passwd "$uid" && die "uid '$uid' in use"
    if [ -n "$group" ]; then
        has group "$group" || die "unknown group $group"
    elif [ "$system" ]; then
        group=nogroup # a system user gets no group of its own
        has group nogroup || echo nogroup:x:65533: >>/etc/group
    else
        group=$1
        if id_taken group "$uid"; then new_group "$1" "" ""; else new_group "$1" "$uid" ""; fi
    fi
    gid=$(grep "^$group:" /etc/group | cut -d: -f3)
    if [ "$system" ]; then : "${shell:=/bin/false}"; else : "${shell:=/bin/sh}"; fi
    : "${home:=/home/$1}"
    echo "$1:x:$uid:$gid:$gecos:$home:$shell" >>/etc/passwd
    echo "$1:!:0:0:99999:7:::" >>/etc/shadow
    if [ -z "$nohome" ] && [ ! -e "$home" ]; then
        mkdir -p "$home"
        [ -z "$skel" ] || cp -r "$skel/." "$home/"
        chown -R "$uid:$gid" "$home"
        chmod 2755 "$home"
    fi
    [ "$nopw$system" ] || passwd "$1"
}

do_delgroup() {
    case $# in
        1) has group "$1" || die "unknown group $1"; replace group "$1" "" ;;
        2)
            line=$(grep "^$2:" /etc/group) || die "unknown group $2"
            members=$(echo "${line##*:}" | tr ',' '\n' | grep -vx "$1" | tr '\n' ',' || :)
            replace group "$2" "${line%:*}:${members%,}"
            ;;
        *) die "usage: delgroup [USER] GROUP" ;;
    esac
}

do_deluser() {
    [ "${1:-}" != --remove-home ] || { remove=1; shift; }
    [ $# = 1 ] || { do_delgroup "$@"; return; }
    has passwd "$1" || die "unknown user $1"
    home=$(grep "^$1:" /etc/passwd | cut -d: -f6)
    replace passwd "$1" ""
    replace shadow "$1" ""
    ! has group "$1" || replace group "$1" ""
    for group in $(grep -E "[:,]$1(,|\$)" /etc/group | cut -d: -f1); do
        do_delgroup "$1" "$group"
    done
    [ -z "${remove:-}" ] || rm -rf "$home"
}

case $me in
    adduser | addgroup | deluser | delgroup) "do_$me" "$@" ;;
    *) die "call me adduser, addgroup, deluser or delgroup" ;;
esac
