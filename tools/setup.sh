#!/bin/sh
# Make a virtual environment and install a requirements file into it; nothing outside it is touched.
#
#     tools/setup.sh ENVIRONMENT REQUIREMENTS [PYTHON]
set -eu

environment=$1
requirements=$2
wanted=${3:-}

# The first command given that is a Python of 3.11 or later.
find_python() {
    for candidate in "$@"; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

works() {
    find_python "$environment/bin/python" >/dev/null &&
        "$environment/bin/python" -m pip --version >/dev/null 2>&1
}

if ! works; then
    if ! python=$(find_python ${wanted:-python3.11 python3 python}); then
        echo "Python 3.11 or later is needed; ${wanted:-python3.11, python3 and python} did not start one." >&2
        echo "Install it (Debian: apt install python3.11 python3.11-venv; macOS: brew install python@3.11)" >&2
        echo "or name yours: make lab PYTHON=/path/to/python3.11" >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "$python cannot make virtual environments: its venv and ensurepip modules are missing." >&2
        echo "On Debian and Ubuntu: apt install python3-venv (or python3.11-venv), then try again." >&2
        exit 1
    fi
    echo "Making $environment with $("$python" --version)"
    "$python" -m venv --clear "$environment"
fi

"$environment/bin/python" tools/probe_index.py requirements.txt
echo "Installing $requirements into $environment; the first time takes some minutes."
# No retries: an index that cannot be reached is skipped at once instead of once per package.
# No cache: it would stay in the home when the folder of the course is gone.
PIP_RETRIES=${PIP_RETRIES:-0} PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    "$environment/bin/python" -m pip install --quiet --requirement "$requirements"
