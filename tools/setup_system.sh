#!/bin/sh
# Brings the system libraries that Qt's wheels load and do not carry, and Python's venv module: sh tools/setup_system.sh PYTHON
# Installs them when it may (apt-get, and root or sudo without a password); otherwise says which command does.
set -u

python=${1:-}
if [ -z "$python" ]; then
    echo "Python 3.11 or later is needed and was not found. Install it, or name one: make PYTHON=/path/to/python3.12" >&2
    exit 1
fi

[ "$(uname -s)" = Linux ] || exit 0

# What Qt's libraries and its xcb, wayland and offscreen plugins name as needed, beside what they bring themselves.
libraries="
libEGL.so.1             libegl1
libGL.so.1              libgl1
libX11.so.6             libx11-6
libX11-xcb.so.1         libx11-xcb1
libxcb.so.1             libxcb1
libxcb-cursor.so.0      libxcb-cursor0
libxcb-icccm.so.4       libxcb-icccm4
libxcb-image.so.0       libxcb-image0
libxcb-keysyms.so.1     libxcb-keysyms1
libxcb-randr.so.0       libxcb-randr0
libxcb-render.so.0      libxcb-render0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0       libxcb-shape0
libxcb-shm.so.0         libxcb-shm0
libxcb-sync.so.1        libxcb-sync1
libxcb-util.so.1        libxcb-util1
libxcb-xfixes.so.0      libxcb-xfixes0
libxcb-xkb.so.1         libxcb-xkb1
libxkbcommon.so.0       libxkbcommon0
libxkbcommon-x11.so.0   libxkbcommon-x11-0
libwayland-client.so.0  libwayland-client0
libwayland-cursor.so.0  libwayland-cursor0
libwayland-egl.so.1     libwayland-egl1
libfontconfig.so.1      libfontconfig1
libfreetype.so.6        libfreetype6
libdbus-1.so.3          libdbus-1-3
libglib-2.0.so.0        libglib2.0-0
libstdc++.so.6          libstdc++6
libzstd.so.1            libzstd1
"

known=$({ ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null)
packages=""
if [ -n "$known" ]; then
    packages=$(echo "$libraries" | while read -r library package; do
        [ -n "$library" ] || continue
        echo "$known" | grep -qF "$library" || printf '%s ' "$package"
    done)
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    packages="${packages}python${version}-venv"
fi
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "These system libraries are missing (named as Debian and Ubuntu name them): $packages" >&2
    echo "Install them with this system's package manager if the window does not open." >&2
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    elevate=""
elif sudo -n true >/dev/null 2>&1; then
    elevate="sudo -n"
else
    echo "Some system packages are missing. Run this once, then make again:" >&2
    echo "    sudo apt-get install $packages" >&2
    exit 1
fi

echo "Installing system packages: $packages"
# shellcheck disable=SC2086  # the list is meant to be split
{
    $elevate apt-get -qq update
    $elevate env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends $packages
} || {
    echo "The system packages could not be installed. By hand: sudo apt-get install $packages" >&2
    exit 1
}
