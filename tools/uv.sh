#!/bin/sh
# Runs uv with this project's settings, and brings it first where it is not there yet.
#
# Needs nothing but Python 3.11 or newer: uv comes as a Python package, checked against the hashes in
# uv.txt, and goes into .tools/, which git ignores. It never downloads a Python of its own.
#
#   tools/uv.sh sync --frozen      as `uv sync --frozen`
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
version=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$root/tools/uv.txt")
home=$root/.tools/uv-$version

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return 0
        fi
    done
    say "Gốc needs Python 3.11 or newer, and found none on the PATH."
    return 1
}

can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }
has_pip() { "$1" -m pip --version >/dev/null 2>&1; }

# Debian parts Python from the module that makes virtual environments; root can fetch it.
fetch_venv() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    package=$("$1" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')
    say "Installing $package, which this Python lacks …"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    apt-get update -qq >/dev/null &&
        apt-get install -y -qq --no-install-recommends "$package" >/dev/null
}

bring_uv() {
    python=$(find_python)
    say "Bringing uv $version into .tools/ …"
    rm -rf "$home"
    if can_make_venv "$python" || { ! has_pip "$python" && fetch_venv "$python"; }; then
        "$python" -m venv "$home"
        "$home/bin/python" -m pip install --quiet --disable-pip-version-check \
            --require-hashes -r "$root/tools/uv.txt" >&2
    elif has_pip "$python"; then
        "$python" -m pip install --quiet --disable-pip-version-check \
            --root-user-action=ignore --target "$home" --require-hashes -r "$root/tools/uv.txt" >&2
    else
        say "This Python ($python) can make no virtual environment and has no pip."
        say "On Debian and Ubuntu: apt-get install python3-venv (as root), then try again."
        return 1
    fi
}

[ -x "$home/bin/uv" ] || bring_uv

# The Makefile counts on .venv; an environment that happens to be active must not be changed.
unset VIRTUAL_ENV
UV_PROJECT_ENVIRONMENT=$root/.venv
UV_PYTHON_DOWNLOADS=never
export UV_PROJECT_ENVIRONMENT UV_PYTHON_DOWNLOADS
cd "$root"
exec "$home/bin/uv" "$@"
