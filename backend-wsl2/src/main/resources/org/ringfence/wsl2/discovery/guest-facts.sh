# What a distribution has, a line for each fact. Changes nothing. No sandbox confines it: commands may
# have left programs and modules in the directory that it starts in.
cd / || exit 1
unset PERL5OPT PERL5LIB PERLLIB PERL5DB PERLIO BASH_ENV ENV
say() { printf '%s=%s\n' "$1" "$2"; }
setting() {
  sed -n "/^[[:space:]]*\[$1\]/,/^[[:space:]]*\[/s/^[[:space:]]*$2[[:space:]]*=[[:space:]]*//p" \
    /etc/wsl.conf 2>/dev/null | tr -d '\r' | tail -n 1
}
say kernel "$(uname -r)"
# Another start of the virtual machine may have another kernel and networking mode.
say boot "$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
say machine "$(uname -m)"
say user "$(id -u)"
say distribution "$(. /etc/os-release 2>/dev/null && printf %s "$PRETTY_NAME")"
say automount "$(setting automount root)"
# Mounts of Windows and of what distributions share; the kernel escapes tabs inside.
say mounts "$(grep -E ' - (9p|drvfs|virtiofs|tmpfs) ' /proc/self/mountinfo 2>/dev/null | tr '\n' '\t')"
# The mode in force; .wslconfig says which is next.
say networking "$(wslinfo --networking-mode 2>/dev/null | tr -d '\r' | head -n 1)"
say interop "$(setting interop enabled)"
if bwrap=$(command -v bwrap); then
  say bubblewrap "$("$bwrap" --version 2>&1 | head -n 1)"
  say program "$(readlink -f "$bwrap")"
  if told=$("$bwrap" --unshare-user --unshare-net --unshare-pid --ro-bind / / /bin/true 2>&1); then
    say namespaces yes
    if "$bwrap" --unshare-user --unshare-pid --ro-bind / / --proc /proc /bin/true 2>/dev/null; then
      say procfs yes
    fi
  else
    say namespaces "$(printf %s "$told" | head -n 1)"
  fi
else
  say bubblewrap none
fi
# landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION): 444 on every architecture.
if command -v perl >/dev/null; then
  abi=$(perl -e 'my $abi = syscall(444, 0, 0, 1); print $abi > 0 ? "ABI $abi" : "none"')
  say landlock "$abi"
elif command -v python3 >/dev/null; then
  abi=$(python3 -I -S -c 'import ctypes; abi = ctypes.CDLL(None).syscall(444, None, 0, 1); print("ABI %d" % abi if abi > 0 else "none")')
  say landlock "$abi"
elif grep -q landlock /sys/kernel/security/lsm 2>/dev/null; then
  say landlock there
else
  say landlock 'not known'
fi
if java=$(command -v java); then
  say java "$("$java" -version 2>&1 | head -n 1)"
else
  say java none
fi
# What a guest without Java is made of.
lacking=
for one in base64 env head mkfifo mktemp readlink sleep stty tail timeout tr; do
  command -v "$one" >/dev/null || lacking="$lacking $one"
done
say lacking "${lacking# }"
# The trial of doors takes them from there.
say tries "$(PATH=/usr/bin:/bin && { command -v perl || command -v python3; })"
say terminal "$(command -v script)"
say home "$HOME"
say end yes
