#!/bin/sh
# Puts a program folder in place, the first one and every newer one. As root: xuda-update.sh FOLDER [/opt/xuda]
# /opt/xuda is a link to a folder in /opt/xuda-versions and is turned in one step: whenever the power goes, a booth finds
# the old program or the new one, never half of one. Nothing changes when the new one fails its own test. Data folders are
# elsewhere and are not touched. A booth that runs goes on with its own folder; the new one counts from its next start on
# (staff panel, Restart). Run again after anything that went wrong.
set -eu
new=$(readlink -f "${1:?usage: xuda-update.sh FOLDER [PLACE]}")
place=${2:-/opt/xuda}
versions=$place-versions
part=$versions/.part

in_use() {
    for exe in /proc/[0-9]*/exe; do
        case $(readlink "$exe" 2>/dev/null) in "$1"/*) return 0 ;; esac
    done
    return 1
}

[ -f "$new/_internal/program.json" ] || { echo "xuda-update: $new is no folder of this program" >&2; exit 2; }
name=$("$new/xuda" --version | tr -cs 'A-Za-z0-9.\n' '-')-$(sha256sum "$new/_internal/program.json" | cut -c1-8)
mkdir -p "$versions"
rm -rf "$part" "$place.turning"
if [ ! -d "$versions/$name" ]; then
    cp -a "$new" "$part"
    data=$(mktemp -d)
    if ! QT_QPA_PLATFORM=offscreen "$part/xuda" selftest --data "$data"; then
        rm -rf "$part" "$data"
        echo "xuda-update: the new program does not pass its own test; nothing was changed" >&2
        exit 1
    fi
    rm -rf "$data"
    sync -f "$part"
    mv -T "$part" "$versions/$name"
fi
before=
if [ -L "$place" ]; then
    before=$(readlink -f "$place" || true)
elif [ -d "$place" ]; then
    # put there by hand, once: from now on it is a link
    before=$versions/by-hand
    mv -T "$place" "$before"
fi
ln -s "$versions/$name" "$place.turning"
mv -T "$place.turning" "$place"
sync -f "$versions"
for old in "$versions"/*; do
    if [ "$old" != "$versions/$name" ] && [ "$old" != "$before" ] && ! in_use "$old"; then rm -rf "$old"; fi
done
echo "xuda-update: $place is $name now"
