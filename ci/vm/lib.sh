# Sourced by the scripts beside it: places, Debian's packages, and the two ways to end early.
# shellcheck shell=bash
#
# Everything that is made lies below RINGFENCE_VM_HOME and is reused: packages, kernels, roots.
RINGFENCE_VM_HOME=${RINGFENCE_VM_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/ringfence-vm}
here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # "run" uses it
checkout=$(CDPATH='' cd -- "$here/../.." && pwd)

# Exit codes that no command of a guest shares with these scripts.
# shellcheck disable=SC2034 # "run" uses both
readonly TIMED_OUT=124 NOT_RUN=125

# Ends a script that cannot run here, and says so.
not_run() {
  echo "not run: $*" >&2
  exit $NOT_RUN
}

# Names the Debian packages of programs that are missing; nothing when there are all.
missing_packages() { # program:package...
  local pair
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || echo "${pair#*:}"
  done | sort -u | tr '\n' ' '
}

need_tools() { # architecture
  local emulator=qemu-system-x86_64:qemu-system-x86 missing
  [ "$1" = amd64 ] || emulator=qemu-system-aarch64:qemu-system-arm
  # Debian keeps these in directories that an ordinary user's PATH lacks.
  PATH=$PATH:/usr/sbin:/sbin
  missing=$(missing_packages "$emulator" mmdebstrap:mmdebstrap depmod:kmod cpio:cpio xz:xz-utils mke2fs:e2fsprogs apt-get:apt)
  [ -z "$missing" ] || not_run "programs are missing; install the Debian packages $missing"
}

# The mirrors: those of this machine where it is a Debian.
mirror_of() { # last part of the path
  local found=
  if command -v apt-get >/dev/null 2>&1; then
    # shellcheck disable=SC2016 # apt fills in the site
    found=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 "/$1/*\$" || true)
  fi
  [ -n "$found" ] || not_run "this machine names no mirror of $1; set RINGFENCE_VM_MIRROR, RINGFENCE_VM_SECURITY_MIRROR, or RINGFENCE_VM_UBUNTU_MIRROR"
  echo "$found"
}

# The keys that Debian signs its lists with; Ubuntu has them in the package debian-archive-keyring.
keyring=${RINGFENCE_VM_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}

# An apt with lists of its own, for other suites and for arm64: it changes nothing of this machine.
own_apt() { # debian (default) or ubuntu
  local system=${1:-debian} apt=$RINGFENCE_VM_HOME/apt suite debian security ubuntu fresh
  [ "$system" = debian ] || apt=$RINGFENCE_VM_HOME/apt-$system
  # Lists of the last day are good enough.
  fresh=$(find "$apt/lists-are-fresh" -mmin -1440 2>/dev/null || true)
  if [ -n "$fresh" ]; then
    export APT_CONFIG=$apt/apt.conf
    return 0
  fi
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
  if [ "$system" = ubuntu ]; then
    ubuntu=${RINGFENCE_VM_UBUNTU_MIRROR:-$(APT_CONFIG='' mirror_of ubuntu)} || exit
    ubuntu_keyring "$apt"
    printf '%s\n' "$ubuntu" >"$apt/mirror"
    for suite in jammy jammy-updates noble noble-updates; do
      echo "deb [arch=amd64 signed-by=$apt/keyring.gpg] $ubuntu $suite main universe"
    done >"$apt/sources.list"
  else
    [ -f "$keyring" ] || not_run "there is no $keyring; install debian-archive-keyring"
    debian=${RINGFENCE_VM_MIRROR:-$(APT_CONFIG='' mirror_of debian)} || exit
    security=${RINGFENCE_VM_SECURITY_MIRROR:-$(APT_CONFIG='' mirror_of debian-security)} || exit
    printf '%s\n' "$debian" >"$apt/mirror"
    printf '%s\n' "$security" >"$apt/security-mirror"
    {
      for suite in bullseye bookworm trixie trixie-backports; do
        echo "deb [arch=amd64,arm64 signed-by=$keyring] $debian $suite main"
      done
      echo "deb [arch=amd64,arm64 signed-by=$keyring] $security bookworm-security main"
    } >"$apt/sources.list"
  fi
  : >"$apt/state/status"
  cat >"$apt/apt.conf" <<END
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
Acquire::Retries "2";
APT::Architecture "amd64";
APT::Architectures { "amd64"; "arm64"; };
APT::Sandbox::User "";
END
  export APT_CONFIG=$apt/apt.conf
  apt-get -q -q update >&2 || not_run "the package lists cannot be had from $(cat "$apt/mirror")"
  touch "$apt/lists-are-fresh"
}

# The keys that Ubuntu signs its lists with: this machine's, or those of Debian's package.
ubuntu_keyring() { # folder
  local given=/usr/share/keyrings/ubuntu-archive-keyring.gpg
  if [ ! -f "$given" ]; then
    own_apt debian
    (cd "$1" && apt-get -q -q download ubuntu-keyring/trixie >&2) || not_run "the package ubuntu-keyring cannot be had"
    dpkg-deb -x "$1"/ubuntu-keyring_*.deb "$1/keys"
    rm -f "$1"/ubuntu-keyring_*.deb
    given=$1/keys$given
  fi
  cp "$given" "$1/keyring.gpg"
}

# Makes a temporary directory that goes with the script.
scratch() {
  work=$(mktemp -d "$RINGFENCE_VM_HOME/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
}
