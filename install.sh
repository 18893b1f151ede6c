#!/bin/sh
# Installs kubectl-goweb from this checkout: into an environment of its own, with exactly the locked versions, without root.
#
# usage: install.sh [--prefix DIR] [--demo [ARGUMENT...]]
#        install.sh [--prefix DIR] --uninstall
#
#   --prefix DIR   links go to DIR/bin and the environment to DIR/share/kubectl-goweb
#                  (without it: ~/.local/bin and ${XDG_DATA_HOME:-~/.local/share}/kubectl-goweb)
#   --demo         goes on into "kubectl-goweb demo"; what follows is passed to it
#   --uninstall    removes everything that was installed there
#   --help         this text
#
# Run again after "git pull" to upgrade. The new version is built beside the old one and takes its place only when it
# runs; until then, and when anything fails, the old one stays as it is.

set -eu

# How it lies on the disk:
#   $data/environments/N    complete environments: the current one and its predecessor, which a running cockpit may still use
#   $data/current           link to the current one; switched by one rename
#   $data/cache             what pip or uv downloaded
#   $data/made              folders that did not exist before
#   $bin/COMMAND            links to $data/current/bin/COMMAND

commands='kubectl-goweb kubectl_complete-goweb'

say() { printf '%s\n' "$*" >&2; }
warn() { say "warning: $*"; }
fail() {
    say "install.sh: $1"
    shift
    for hint; do [ -z "$hint" ] || say "  $hint"; done
    exit 1
}
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# ── the folders ──────────────────────────────────────────────────────────────────────────────────────────────────────

make_folder() { # every missing folder of the path, remembered for --uninstall
    [ -d "$1" ] && return
    make_folder "$(dirname "$1")"
    mkdir "$1" || fail "cannot make the folder $1" "choose another place: --prefix DIR"
    made="$1
$made"
}

is_ours() { # whether $1 is a link that this script made
    [ -L "$1" ] && [ "$(readlink "$1")" = "$data/current/bin/$(basename "$1")" ]
}

remove_folders() { # what we made, without what others have put there since
    made=$(cat "$data/made" 2>/dev/null || :)
    rm -rf "$data"
    printf '%s\n' "$made" | while IFS= read -r folder; do
        if [ -n "$folder" ]; then rmdir "$folder" 2>/dev/null || :; fi
    done
}

replace_link() { # $1 target, $2 link: by one rename, so that the command is there at every moment
    ln -s "$1" "$2.new.$$"
    "$environment/bin/python" -I -c 'import os, sys; os.replace(*sys.argv[1:])' "$2.new.$$" "$2"
}

take_lock() {
    if ! mkdir "$data/lock" 2>/dev/null; then
        [ -d "$data/lock" ] || fail "cannot write to $data" 'choose another place: --prefix DIR'
        holder=$(cat "$data/lock/pid" 2>/dev/null || :)
        if [ -z "$holder" ] || kill -0 "$holder" 2>/dev/null; then
            fail "another install.sh${holder:+ (process $holder)} is at work in $data" \
                "wait for it; if there is none: rm -r '$data/lock'"
        fi
    fi
    printf '%s\n' $$ > "$data/lock/pid"
}

# ── what is needed ───────────────────────────────────────────────────────────────────────────────────────────────────

find_python() { # sets $python to the path of one that is new enough and, without uv, can make environments
    seen='' no_venv=''
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        answer=$("$name" -I -c '
import sys
from importlib.util import find_spec
print(sys.executable)
print(*sys.version_info[:3], sep=".")
print("old" if sys.version_info < (3, 11) else "bare" if not find_spec("ensurepip") or not find_spec("venv") else "good")
' 2>/dev/null) || continue
        { read -r executable && read -r version && read -r quality; } <<END
$answer
END
        case $quality:$uv in
            old:*) seen="$seen $name is $version," ;;
            bare:) no_venv=${no_venv:-$name ($version)} ;;
            *)
                python=$executable python_version=$version
                return
                ;;
        esac
    done
    if [ -n "$no_venv" ]; then
        if command -v apt-get >/dev/null; then
            fail "$no_venv lacks the venv module" "sudo apt-get install python3-venv    (or install uv)"
        fi
        fail "$no_venv lacks the venv and ensurepip modules" "install your system's package for them, or uv"
    fi
    hint='install a newer one with your package manager'
    [ -z "$uv" ] || hint='uv python install 3.13 --default    puts one on PATH'
    seen=${seen%,}
    fail "Python 3.11 or newer is needed;${seen:- there is none on PATH}" "$hint"
}

# What decides how an environment looks: when none of it changed, there is nothing to do.
fingerprint() {
    "$python" -I - "$source" <<'END'
import hashlib
import sys
from pathlib import Path

source = Path(sys.argv[1])
files = [source / name for name in ("install.sh", "pyproject.toml", "requirements.lock", "requirements-build.lock")]
files += sorted(path for path in (source / "kubectl_goweb").rglob("*") if path.is_file() and path.suffix != ".pyc")
digest = hashlib.sha256(f"{sys.base_prefix} {sys.version}".encode())
for path in files:
    digest.update(f"\0{path.relative_to(source)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
print(digest.hexdigest())
END
}

# ── installing ───────────────────────────────────────────────────────────────────────────────────────────────────────

quietly() { # runs a command; its output is shown only when it fails, with what it most likely means
    "$@" > "$log" 2>&1 && return
    say ''
    tail -n 15 "$log" | sed 's/^/  | /' >&2
    if grep -Eiq 'name resolution|name or service not known|nodename nor servname|dns error|NewConnectionError|connection refused|timed out|timeout|unreachable|proxyerror|error sending request' "$log"; then
        fail 'the package registry could not be reached' \
            'is there a network? behind a proxy, set HTTPS_PROXY; with a mirror, configure it for pip or uv as usual' "$kept"
    elif grep -Eiq 'certificate' "$log"; then
        fail 'the certificate of the package registry is not trusted' \
            'behind a proxy that looks into TLS, set SSL_CERT_FILE to its CA' "$kept"
    elif grep -Eiq 'hash(es)? (mismatch|.*do not match)|do not match the hashes' "$log"; then
        fail 'a package differs from what the lock file says; nothing of it was installed' "$kept"
    fi
    fail "this failed: $(basename "$1")" "$kept"
}

packages() { # installs what one lock names, checked by its hashes: packages LOCK [OPTION...]
    lock=$source/$1
    shift
    if [ -n "$uv" ]; then
        quietly "$uv" pip install --python "$environment/bin/python" --no-deps --require-hashes --compile-bytecode -r "$lock" "$@"
    else
        quietly "$environment/bin/python" -I -m pip install --no-deps --require-hashes --retries 2 -r "$lock" "$@"
    fi
}

# pip's own launcher would do, but Python's -I keeps the user's PYTHONPATH and PYTHONHOME out of the plugin: see
# docs/decisions/0001-install.md.
launcher() { # launcher COMMAND FUNCTION
    file=$environment/bin/$1
    {
        case $environment in
            *[!A-Za-z0-9._/+@:,~-]* | ????????????????????????????????????????????????????????????????????????????????????????????????????*)
                # Linux reads neither a blank nor more than 127 bytes in the first line, so sh starts Python here;
                # for Python, the exec line is a string.
                quoted=$(printf '%s' "$environment/bin/python" | sed "s/'/'\\\\''/g")
                printf "#!/bin/sh\n'''exec' '%s' -I \"\$0\" \"\$@\"\n'''\n" "$quoted"
                ;;
            *) printf '#!%s -I\n' "$environment/bin/python" ;;
        esac
        printf 'import sys\n\nfrom kubectl_goweb.__main__ import %s\n\nsys.exit(%s())\n' "$2" "$2"
    } > "$file.new"
    chmod +x "$file.new"
    mv "$file.new" "$file"
}

build_environment() { # a complete new environment in $environment, which nothing else knows yet
    make_folder "$data/environments"
    environment=$data/environments/$(date +%Y%m%d-%H%M%S)-$$
    mkdir "$environment"
    unfinished=$environment
    # Nothing that the user configured for other environments may steer where this one is installed.
    unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_ROOT PIP_USER PIP_REQUIRE_VIRTUALENV VIRTUAL_ENV UV_SYSTEM_PYTHON UV_PYTHON
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CACHE_DIR="$data/cache/pip" UV_CACHE_DIR="$data/cache/uv"

    if [ -n "$uv" ]; then
        say "making an environment with uv, Python $python_version ..."
        quietly "$uv" venv --allow-existing --no-project --python "$python" "$environment"
    else
        say "making an environment with venv, Python $python_version ..."
        quietly "$python" -I -m venv "$environment"
    fi
    say "installing $(grep -c '^[^ #]' "$source/requirements.lock") locked packages ..."
    packages requirements.lock

    say 'building kubectl-goweb ...'
    build=$environment/build
    packages requirements-build.lock --target "$build/tools"
    (cd "$source" && PYTHONPATH=$build/tools quietly "$environment/bin/python" -P -m hatchling build -t wheel -d "$build")
    if [ -n "$uv" ]; then
        quietly "$uv" pip install --python "$environment/bin/python" --no-deps --compile-bytecode "$build"/*.whl
    else
        quietly "$environment/bin/python" -I -m pip install --no-deps --no-index "$build"/*.whl
    fi
    rm -rf "$build"
    launcher kubectl-goweb run
    launcher kubectl_complete-goweb complete
    quietly "$environment/bin/kubectl-goweb" --version
    printf '%s\n' "$1" > "$environment/fingerprint"
}

remove_others() { # every environment but those named: older ones, and what interrupted runs left
    for folder in "$data"/environments/*; do
        case $folder in "$1" | "$2") ;; *) rm -rf "$folder" ;; esac
    done
}

install() {
    for command in $commands; do
        if [ -e "$bin/$command" ] || [ -L "$bin/$command" ]; then
            is_ours "$bin/$command" || fail "$bin/$command is there already, and this script did not put it there" \
                "if pipx or uv did: pipx uninstall kubectl-goweb, uv tool uninstall kubectl-goweb" "or choose another place: --prefix DIR"
        fi
    done
    uv=$(command -v uv || :)
    find_python
    made=''
    make_folder "$data"
    make_folder "$bin"
    take_lock
    [ -z "$made" ] || printf '%s' "$made" >> "$data/made"
    log=$data/install.log
    unfinished=''
    kept=''
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP PIPE

    wanted=$(fingerprint)
    environment=$data/current
    if [ "$(cat "$environment/fingerprint" 2>/dev/null)" = "$wanted" ] && version=$("$environment/bin/kubectl-goweb" --version 2>/dev/null); then
        did='is installed already'
    else
        previous=$(readlink "$data/current" || :)
        [ -z "$previous" ] || kept='what was installed before is untouched'
        build_environment "$wanted"
        version=$("$environment/bin/kubectl-goweb" --version)
        replace_link "$environment" "$data/current"
        unfinished=''
        remove_others "$environment" "$previous"
        did='installed'
    fi
    for command in $commands; do
        is_ours "$bin/$command" || replace_link "$data/current/bin/$command" "$bin/$command"
    done
    say "kubectl-goweb ${version##* } $did: $bin/kubectl-goweb"
    clean_up
    trap - EXIT
}

clean_up() { # what only the work itself needed; all of it when there is nothing to keep
    rm -rf "$data/lock" "$log" ${unfinished:+"$unfinished"}
    [ -e "$data/current" ] || remove_folders
}

advise() {
    if ! command -v kubectl >/dev/null; then
        warn 'there is no kubectl on PATH: kubectl-goweb runs without it, "kubectl goweb" does not'
    fi
    first=$(command -v kubectl-goweb || :)
    if [ -z "$first" ]; then
        warn "$bin is not on PATH, where kubectl looks for plugins; add to your shell's start-up file:"
        say "  export PATH=\"$bin:\$PATH\""
    elif [ "$(readlink "$first")" != "$data/current/bin/kubectl-goweb" ]; then
        warn "$first comes first on PATH and hides this one"
    fi
}

uninstall() {
    for command in $commands; do
        if is_ours "$bin/$command"; then rm "$bin/$command"; fi
    done
    if [ ! -d "$data" ]; then
        say "nothing is installed in $data"
        return
    fi
    remove_folders
    say 'kubectl-goweb is uninstalled'
}

# ── arguments ────────────────────────────────────────────────────────────────────────────────────────────────────────

prefix='' action=install demo=false
while [ $# -gt 0 ]; do
    case $1 in
        --prefix)
            [ -n "${2:-}" ] || fail '--prefix needs a folder'
            prefix=$2
            shift
            ;;
        --prefix=?*) prefix=${1#--prefix=} ;;
        --uninstall) action=uninstall ;;
        --demo)
            demo=true
            shift
            break
            ;;
        -h | --help)
            usage
            exit
            ;;
        *)
            say "install.sh: unknown argument $1"
            usage >&2
            exit 2
            ;;
    esac
    shift
done

if [ -n "$prefix" ]; then
    case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
    data=${prefix%/}/share/kubectl-goweb
    bin=${prefix%/}/bin
else
    [ -n "${HOME:-}" ] || fail 'HOME is not set' 'say where to install: --prefix DIR'
    data=${XDG_DATA_HOME:-$HOME/.local/share}/kubectl-goweb
    bin=$HOME/.local/bin
fi
source=$(cd "$(dirname "$0")" && pwd -P)

if [ $action = uninstall ]; then
    [ $demo = false ] || fail '--uninstall and --demo contradict each other'
    uninstall
    exit
fi
install
advise
if [ $demo = true ]; then
    exec "$bin/kubectl-goweb" demo "$@"
fi
