# Runs one command, with somebody behind it who ends it when the control has gone.
top=${0%/*}
# Commands write into the directory that it starts in, and PATH may have relative entries.
cd / || exit 1
unset BASH_ENV ENV
own=$top/$1
exec 6<"$top/life"
failed() {
  printf '%s\n' "$1" >"$own/failed"
  exit 125
}
for open in /proc/self/fd/*; do
  number=${open##*/}
  [ -e "/proc/$$/fd/$number" ] || continue
  case $number in
  0 | 1 | 2 | 6) ;;
  [0-9]) eval "exec $number<&-" ;;
  *)
    while read -r name value; do
      # Those of the shell itself are closed by every exec.
      if [ "$name" = flags: ] && [ $((value & 02000000)) -eq 0 ]; then
        if [ -n "${BASH_VERSION:-}" ]; then
          eval "exec $number<&-"
        elif command -v bash >/dev/null; then
          # Other shells know descriptors of one digit.
          exec bash "$0" "$1"
        else
          failed "descriptor $number is open and would be inherited; install bash"
        fi
      fi
    done <"/proc/$$/fdinfo/$number"
    ;;
  esac
done
watch() {
  # Not beside the call, where shells keep the old ones to have them again.
  exec </dev/null >/dev/null 2>&1
  read -r nothing <&6
  tries=0
  # It may be about to start.
  until read -r root birth <"$own/root" || [ $tries -ge 40 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  [ -n "$root" ] && read -r line <"/proc/$root/stat" || exit
  # Numbers are given anew: field 22 of proc_pid_stat(5) is when it started.
  set -- ${line##*) }
  [ "${20}" = "$birth" ] || exit
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    # The name may have spaces and parentheses in it.
    rest=${line##*) }
    rest=${rest#* }
    stat=${stat#/proc/}
    [ "${rest%% *}" = "$root" ] && kill -KILL "${stat%/stat}"
  done
  kill -KILL "$root"
}
# A child of nobody here: what this becomes waits for its own children only.
(
  watch &
  printf '%s\n' "$!" >"$own/watcher"
)
exec 6<&-
# wsl.exe may have warned on standard error before; what follows this is the command's.
printf '\0ringfence command\n' >&2
# Its exit code is told by bubblewrap: wsl.exe makes errors of some, and prints them into the output.
exec 4>&2 2>/dev/null
/bin/sh "$own/inner" 2>&4 4>&-
exit 0
