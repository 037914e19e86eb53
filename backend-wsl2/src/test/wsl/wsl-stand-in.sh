# Stands in for wsl.exe: the same options, encodings and exit codes, the guest side on this kernel.
# STANDIN_LIST holds what --list --verbose prints, STANDIN_OLD makes it ignore WSL_UTF8,
# STANDIN_NO_JAVA hides Java from the guest side, STANDIN_SHELL is what /bin/sh is there,
# STANDIN_DOORS has what the doors to Windows lead to, STANDIN_USER is the number of its user.
own() {
  if [ "${WSL_UTF8:-}" = 1 ] && [ -z "${STANDIN_OLD:-}" ]; then
    printf '%s\r\n' "$1"
  else
    printf '%s\r\n' "$1" | iconv -f UTF-8 -t UTF-16LE
  fi
}
failed() {
  # Errors go to standard output, and the exit code is -1.
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
[ "$3" = --exec ] || failed "Invalid command line argument: $3"
shift 3
# Only what WSLENV names goes along.
if [ -n "${STANDIN_NO_JAVA:-}" ]; then
  PATH=$(dirname "$0")/without-java:$PATH
fi
if [ -n "${STANDIN_USER:-}" ]; then
  HOME=/nonexistent
  set -- setpriv --reuid="$STANDIN_USER" --regid="$STANDIN_USER" --clear-groups "$@"
fi
if [ -n "${STANDIN_SHELL:-}" ]; then
  # For this process and what it starts alone; needs root.
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
"$@"
status=$?
case $status in
67 | 87) failed "Error code: Wsl/Service/E_UNEXPECTED" ;;
esac
# A signal is told as it is, not as 128 and more.
[ "$status" -gt 128 ] && exit $((status - 128))
exit "$status"
