#!/usr/bin/env bash
# Install what congvan needs on this machine, and only what is missing: programs and fonts with apt
# (Debian 12 or later, Ubuntu 24.04 or later), Python packages of requirements.lock into .venv.
# Nothing missing: nothing done, at once. Exit code 3 where something cannot be installed.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

fitting_python() {
    local python
    for python in "${PYTHON:-python3}" /usr/bin/python3; do
        if has "$python" && "$python" -c '
import sys, venv, ensurepip
sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$python"
            return
        fi
    done
    return 1
}

has_model() { tesseract --list-langs 2>/dev/null | grep -qx "$1"; }
lacks_package() { has dpkg-query && ! dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' installed'; }

missing_packages() {
    fitting_python >/dev/null || echo python3 python3-venv
    has tesseract || echo tesseract-ocr
    has_model vie || echo tesseract-ocr-vie
    has_model eng || echo tesseract-ocr-eng
    has_model osd || echo tesseract-ocr-osd
    has_model Vietnamese || echo tesseract-ocr-script-viet
    { has pdftoppm && has pdftotext; } || echo poppler-utils
    # Fonts that have Vietnamese, for the samples, the tests and the benchmarks.
    has fc-match || echo fontconfig
    local font
    for font in fonts-texgyre fonts-croscore fonts-liberation2 fonts-freefont-ttf; do
        if lacks_package "$font"; then echo "$font"; fi
    done
}

install_packages() {
    local packages=("$@") root=()
    if [ "$(id -u)" -ne 0 ]; then
        root=(sudo)
    fi
    if ! has apt-get || { [ "$(id -u)" -ne 0 ] && ! has sudo; }; then
        say "Missing on this machine; install it and start again:"
        say "    apt-get install --no-install-recommends ${packages[*]}"
        exit 3
    fi
    say "Installing ${packages[*]} …"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq ||
        say "apt-get update failed; trying with the package lists as they are"
    if ! "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null; then
        say "Could not be installed; install it and start again:"
        say "    sudo apt-get install --no-install-recommends ${packages[*]}"
        exit 3
    fi
}

# What .venv was made from; the same again means there is nothing to do.
state_of_environment() {
    cat requirements.lock pyproject.toml setup.sh | sha256sum
    readlink -f .venv/bin/python 2>/dev/null || true
    pwd
}

make_environment() {
    local python
    python=$(fitting_python)
    say "Installing the Python packages of requirements.lock into .venv …"
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        "$python" -m venv --clear .venv
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --require-hashes --requirement requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --no-deps --no-build-isolation --editable .
    state_of_environment >.venv/congvan-setup
}

main() {
    local packages
    mapfile -t packages < <(missing_packages | tr ' ' '\n')
    if [ "${#packages[@]}" -gt 0 ]; then
        install_packages "${packages[@]}"
    fi
    if [ "$(cat .venv/congvan-setup 2>/dev/null)" != "$(state_of_environment)" ]; then
        make_environment
    fi
}

main
