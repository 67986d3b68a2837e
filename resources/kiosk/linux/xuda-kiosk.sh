#!/bin/sh
# Keeps a booth running: xuda-kiosk.sh /opt/xuda/xuda client --kiosk
# Starts the program again whenever it ends, until staff close it (exit code 10). A program that ends at once, again and
# again, is started ever more seldom, at least twice a minute.
export XUDA_SUPERVISED=1
child=
trap '[ -n "$child" ] && kill "$child" 2>/dev/null; exit 0' TERM INT HUP
pause=1
while :; do
    started=$(date +%s)
    "$@" &
    child=$!
    wait "$child"
    code=$?
    [ "$code" -eq 10 ] && exit 10
    if [ $(($(date +%s) - started)) -ge 30 ]; then pause=1; fi
    echo "xuda-kiosk: the program ended with $code, next start in $pause s" >&2
    sleep "$pause" &
    wait $!
    pause=$((pause * 2))
    [ "$pause" -gt 30 ] && pause=30
done
