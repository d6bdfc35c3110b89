#!/bin/sh
# Makes the virtual environment from the lock file: with uv where it is there, else with venv and pip and hashes.
set -eu
venv=$1

python=""
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "error: no Python 3.11 or newer" >&2
    echo "hint: install one, or name it: make PYTHON=/path/to/python3.11 …" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Setting up $venv …" >&2
run() {
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "error: set-up failed at: $*" >&2
        exit 1
    fi
}

# Behind a company's proxy the certificates to trust are the system's; the second name is uv's older one.
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1

if command -v uv >/dev/null 2>&1; then
    run uv venv --clear --python "$python" "$venv"
    run uv pip sync --python "$venv/bin/python" --require-hashes requirements.lock
    run uv pip install --python "$venv/bin/python" --no-deps --no-build-isolation -e .
else
    run "$python" -m venv --clear "$venv"
    run "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
    run "$venv/bin/python" -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
