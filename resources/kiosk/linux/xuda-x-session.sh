#!/bin/sh
# A booth as a whole X session without a window manager: nothing else can be opened or switched to.
# As ~booth/.xsession, or with a display manager that logs "booth" in by itself; or: startx /opt/xuda/xuda-x-session.sh
# Server flags that keep people in: -nolisten tcp, and in xorg.conf DontVTSwitch and DontZap (xorg-kiosk.conf beside this).
xset s off -dpms 2>/dev/null
xsetroot -solid black 2>/dev/null
export QT_QPA_PLATFORM=xcb
exec "$(dirname "$0")/xuda-kiosk.sh" "${XUDA_PROGRAM:-/opt/xuda/xuda}" client --kiosk
