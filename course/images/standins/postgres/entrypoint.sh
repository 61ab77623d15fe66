#!/usr/bin/env bash
# Makes a database cluster in an empty PGDATA, as POSTGRES_USER, _PASSWORD, _DB and _INITDB_ARGS say (or the
# files that their _FILE twins name), runs what lies in /docker-entrypoint-initdb.d, then starts the server.
# Other programs wait for some of the real image's log lines; those are said here in the same words.
set -Eeuo pipefail
shopt -s nullglob

from_file() { # variable, default
    local file_name="${1}_FILE"
    if [[ -n ${!1:-} && -n ${!file_name:-} ]]; then
        echo "error: both $1 and $file_name are set, but they exclude each other" >&2
        exit 1
    fi
    if [[ -n ${!file_name:-} ]]; then
        printf -v "$1" %s "$(<"${!file_name}")"
    elif [[ -z ${!1:-} ]]; then
        printf -v "$1" %s "${2:-}"
    fi
    export "${1?}"
    unset "$file_name"
}

require_password() {
    [[ -n $POSTGRES_PASSWORD || ${POSTGRES_HOST_AUTH_METHOD:-} == trust ]] && return
    cat >&2 <<'TEXT'
error: there is no database yet, and the superuser password is not specified.
       Give one for this first start: docker run -e POSTGRES_PASSWORD=… (or POSTGRES_PASSWORD_FILE).
       POSTGRES_HOST_AUTH_METHOD=trust lets everybody in without a password: for tests only.
TEXT
    exit 1
}

sql() { # database, then psql's own arguments
    PGHOST='' PGPASSWORD=$POSTGRES_PASSWORD psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password \
        --username "$POSTGRES_USER" --dbname "$@"
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        echo "$0: running $file"
        case $file in
            *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
            *.sql) sql "$POSTGRES_DB" --file "$file" ;;
            *.sql.gz) gunzip -c "$file" | sql "$POSTGRES_DB" ;;
            *.sql.xz) xzcat "$file" | sql "$POSTGRES_DB" ;;
            *) echo "$0: ignoring $file" ;;
        esac
    done
}

initialize() {
    # The directory may be a mount whose owner is unknown here; initdb insists on its mode.
    mkdir -p "$PGDATA"
    chmod 00700 "$PGDATA" || :
    eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") ${POSTGRES_INITDB_ARGS:-}"
    local method=${POSTGRES_HOST_AUTH_METHOD:-$(postgres -C password_encryption -D "$PGDATA")}
    printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"

    # Reachable by nobody but this script until it is set up: no TCP yet.
    PGPASSWORD='' pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p ${PGPORT:-5432}" -w start
    if [[ $POSTGRES_DB != postgres ]]; then
        echo 'CREATE DATABASE :"name";' | sql postgres --set name="$POSTGRES_DB"
    fi
    run_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

main() {
    if [[ ${1:-} == -* ]]; then set -- postgres "$@"; fi
    if [[ ${1:-} != postgres ]] || [[ " $* " =~ \ (--help|--version|-V|-\?|--describe-config)\  ]]; then exec "$@"; fi

    if [[ $(id -u) == 0 ]]; then
        mkdir -p "$PGDATA" /run/postgresql
        chmod 00700 "$PGDATA" || :
        chmod 03777 /run/postgresql || :
        find "$PGDATA" ! -user postgres -exec chown postgres {} +
        find /run/postgresql ! -user postgres -exec chown postgres {} +
        export HOME=/var/lib/postgresql
        exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
    fi

    if [[ -s $PGDATA/PG_VERSION ]]; then
        printf '\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n'
    else
        from_file POSTGRES_PASSWORD
        from_file POSTGRES_USER postgres
        from_file POSTGRES_DB "$POSTGRES_USER"
        from_file POSTGRES_INITDB_ARGS
        require_password
        initialize
        unset PGPASSWORD
    fi
    exec "$@"
}

# A script in /docker-entrypoint-initdb.d may source this file for its functions.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
