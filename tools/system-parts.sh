#!/bin/sh
# Installs the system parts that tests need (Chromium, fonts, PostgreSQL, curl) when we are root on Debian; else says what is
# missing. Tests whose parts are missing are skipped with that reason.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="chromium fonts-dejavu-core"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v curl >/dev/null 2>&1 || missing="$missing curl"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing $missing …" >&2
    log=$(mktemp)
    if { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } \
        >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
fi
echo "Missing: $missing. Tests that need them are skipped." >&2
