# Becomes one command, with somebody behind it who ends it when the control has gone.
top=${0%/*}
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
      if [ "$name" = flags: ] && [ $((value & 02000000)) -eq 0 ]; then
        failed "descriptor $number is open and would be inherited"
      fi
    done <"/proc/$$/fdinfo/$number"
    ;;
  esac
done
watch() {
  read -r nothing <&6
  read -r root <"$own/root"
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
  watch </dev/null >/dev/null 2>&1 &
  printf '%s\n' "$!" >"$own/watcher"
)
exec 6<&-
if [ -e "$own/terminal-size" ]; then
  SHELL=/bin/sh exec script -qfec "/bin/sh $own/inner" /dev/null
fi
exec /bin/sh "$own/inner"
