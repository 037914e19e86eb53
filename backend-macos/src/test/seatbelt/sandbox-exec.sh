# A no-op replacement for sandbox-exec on systems without Seatbelt: it parses the options, reads the
# profile, and confines nothing. It refuses to run if a file "nested" lies beside it.
profile=
while :; do
  case $1 in
  -f)
    [ -r "$2" ] || { echo "sandbox-exec: $2: No such file" >&2; exit 66; }
    profile=$(cat "$2")
    shift 2
    ;;
  -p)
    profile=$2
    shift 2
    ;;
  -D)
    case $2 in *=*) ;; *) exit 64 ;; esac
    shift 2
    ;;
  *) break ;;
  esac
done
case $profile in
"(version 1)"*) ;;
*)
  echo "sandbox-exec: no version specified" >&2
  exit 65
  ;;
esac
if [ "$profile" = refused ] || [ -e "$(dirname "$0")/nested" ]; then
  echo "sandbox-exec: sandbox_apply: Operation not permitted" >&2
  exit 71
fi
if ! [ -e "$1" ]; then
  echo "sandbox-exec: execvp() of '$1' failed: No such file or directory" >&2
  exit 71
fi
exec "$@"
