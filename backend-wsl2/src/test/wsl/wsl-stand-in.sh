# A fake wsl.exe: the same options, encodings and exit codes, with the guest on this kernel.
# STANDIN_LIST is the output of --list --verbose, STANDIN_OLD makes the fake ignore WSL_UTF8,
# STANDIN_NO_JAVA hides Java from the guest, STANDIN_SHELL is the guest's /bin/sh,
# STANDIN_WARNING is a warning on standard error,
# STANDIN_LEAKY makes its bubblewrap leave /init open, STANDIN_OLD_BWRAP makes it that of Ubuntu 22.04,
# STANDIN_LISTENER puts a seccomp listener on the guest, as WSL does with networkingMode=mirrored,
# STANDIN_NO_PERL hides perl and python3, STANDIN_MOUNTS is a file with more lines of the mount table,
# STANDIN_VARIABLES are more variables of the guest, separated by spaces,
# STANDIN_DOORS is the directory with the targets of the doors, STANDIN_USER is the guest's uid.
own() {
  if [ "${WSL_UTF8:-}" = 1 ] && [ -z "${STANDIN_OLD:-}" ]; then
    printf '%s\r\n' "$1"
  else
    printf '%s\r\n' "$1" | iconv -f UTF-8 -t UTF-16LE
  fi
}
failed() {
  # wsl.exe prints errors to standard output and exits with -1.
  own "$1"
  exit 255
}
case $1 in
--list)
  own "$STANDIN_LIST"
  exit 0
  ;;
-d) ;;
*) failed "Invalid command line argument: $1" ;;
esac
case $STANDIN_LIST in
*" $2 "*) ;;
*) failed "There is no distribution with the supplied name. Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND" ;;
esac
if [ -n "${STANDIN_WARNING:-}" ]; then
  # wsl.exe prints warnings of the user's settings to standard error of each process.
  printf 'wsl: %s\r\n' "$STANDIN_WARNING" >&2
fi
[ "$3" = --exec ] || failed "Invalid command line argument: $3"
shift 3
# wsl.exe forwards only the variables that WSLENV names.
if [ -n "${STANDIN_NO_JAVA:-}" ]; then
  PATH=$(dirname "$0")/without-java:$PATH
fi
if [ -n "${STANDIN_LEAKY:-}" ]; then
  PATH=$(dirname "$0")/leaky:$PATH
fi
if [ -n "${STANDIN_OLD_BWRAP:-}" ]; then
  PATH=$(dirname "$0")/bwrap-0.6.1:$PATH
fi
if [ -n "${STANDIN_VARIABLES:-}" ]; then
  # shellcheck disable=SC2086
  set -- env $STANDIN_VARIABLES "$@"
fi
if [ -n "${STANDIN_MOUNTS:-}" ]; then
  PATH=$(dirname "$0")/more-mounts:$PATH
  set -- env STANDIN_MOUNTS="$STANDIN_MOUNTS" "$@"
fi
if [ -n "${STANDIN_NO_PERL:-}" ]; then
  set -- unshare --mount --propagation private /bin/sh -c '
    for one in /usr/bin/perl /usr/bin/python3; do
      [ ! -e "$one" ] || mount --bind /dev/null "$(readlink -f "$one")" || exit 1
    done
    exec "$@"' sh "$@"
fi
if [ -n "${STANDIN_USER:-}" ]; then
  HOME=/nonexistent
  set -- setpriv --reuid="$STANDIN_USER" --regid="$STANDIN_USER" --clear-groups "$@"
fi
if [ -n "${STANDIN_SHELL:-}" ]; then
  # The mount affects only this process and its children; it needs root.
  set -- unshare --mount --propagation private /bin/sh -c \
    'mount --bind "$0" "$(readlink -f /bin/sh)" && exec "$@"' "$STANDIN_SHELL" "$@"
fi
if [ -n "${STANDIN_DOORS:-}" ]; then
  set -- env -i PATH="$PATH:/mnt/c/Windows/System32" HOME="$HOME" \
    WSL_INTEROP=/run/WSL/8_interop "$@"
  set -- unshare --mount --propagation private \
    /bin/sh "$(dirname "$0")/doors.sh" "$STANDIN_DOORS" "$@"
else
  set -- env -i PATH="$PATH" HOME="$HOME" "$@"
fi
if [ -n "${STANDIN_LISTENER:-}" ]; then
  set -- python3 "$(dirname "$0")/../../../../backend-linux/src/test/seccomp/foreign-listener.py" "$@"
fi
"$@"
status=$?
case $status in
67 | 87) failed "Error code: Wsl/Service/E_UNEXPECTED" ;;
esac
# wsl.exe returns the signal's number itself, without 128.
[ "$status" -gt 128 ] && exit $((status - 128))
exit "$status"
