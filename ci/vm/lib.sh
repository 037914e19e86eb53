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
  [ -n "$found" ] || not_run "this machine names no mirror of $1; set RINGFENCE_VM_MIRROR and RINGFENCE_VM_SECURITY_MIRROR"
  echo "$found"
}

# The keys that Debian signs its lists with; Ubuntu has them in the package debian-archive-keyring.
keyring=${RINGFENCE_VM_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}

# An apt with lists of its own, for other suites and for arm64: it changes nothing of this machine.
own_apt() {
  local apt=$RINGFENCE_VM_HOME/apt suite debian security fresh
  [ -f "$keyring" ] || not_run "there is no $keyring; install debian-archive-keyring"
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
  export APT_CONFIG=$apt/apt.conf
  # Lists of the last day are good enough.
  fresh=$(find "$apt/lists-are-fresh" -mmin -1440 2>/dev/null || true)
  [ -z "$fresh" ] || return 0
  debian=${RINGFENCE_VM_MIRROR:-$(APT_CONFIG='' mirror_of debian)}
  security=${RINGFENCE_VM_SECURITY_MIRROR:-$(APT_CONFIG='' mirror_of debian-security)}
  printf '%s\n' "$debian" >"$apt/mirror"
  printf '%s\n' "$security" >"$apt/security-mirror"
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
  {
    for suite in bullseye bookworm trixie trixie-backports; do
      echo "deb [arch=amd64,arm64 signed-by=$keyring] $debian $suite main"
    done
    echo "deb [arch=amd64,arm64 signed-by=$keyring] $security bookworm-security main"
  } >"$apt/sources.list"
  apt-get -q -q update >&2 || not_run "Debian's package lists cannot be had from $debian"
  touch "$apt/lists-are-fresh"
}

# Makes a temporary directory that goes with the script.
scratch() {
  work=$(mktemp -d "$RINGFENCE_VM_HOME/work.XXXXXX")
  trap 'rm -rf "$work"' EXIT
}
