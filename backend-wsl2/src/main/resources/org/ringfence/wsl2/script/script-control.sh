# Serves one process on the other side: a question a line, an answer a line. When its input ends,
# everything that it has started does, and its directory goes.
top=${0%/*}
cd / || exit 1
umask 077
# Whoever reads this hears when this shell is gone, however it ended.
mkfifo "$top/life" || exit 1
exec 8<>"$top/life" 2>/dev/null
printf '%s\n' "$$" >"$top/control.pid"

# By the kernel's own list: there may be no ps.
children() {
  found=
  for stat in /proc/[0-9]*/stat; do
    read -r line <"$stat" || continue
    # The name may have spaces and parentheses in it.
    rest=${line##*) }
    rest=${rest#* }
    stat=${stat#/proc/}
    [ "${rest%% *}" = "$1" ] && found="$found ${stat%/stat}"
  done
}
root() {
  root=
  read -r root birth <"$top/$1/root" && [ -n "$root" ]
}
# Whether that is still who it was: numbers are given anew. Field 22 of proc_pid_stat(5).
same() {
  read -r line <"/proc/$root/stat" || return
  set -- ${line##*) }
  [ "${20}" = "$birth" ]
}
end() {
  root "$1" && same || return
  tries=0
  children "$root"
  # It may be about to make its namespaces.
  while [ -z "$found" ] && same && [ $tries -lt 20 ]; do
    sleep 0.05
    tries=$((tries + 1))
    children "$root"
  done
  same || return
  for one in $found; do kill -KILL "$one"; done
  kill -KILL "$root"
}
# The command itself: behind the first process of its namespace, where there is one, and behind the
# program that made its terminal, where it has one.
find_command() {
  root "$1" && same || return
  children "$root"
  command=${found##* }
  [ -n "$command" ] || return
  deeper=$(cat "$top/$1/depth")
  while [ "$deeper" -gt 1 ]; do
    deeper=$((deeper - 1))
    children "$command"
    [ -n "$found" ] || return
    command=${found##* }
  done
}
# A letter for each part of a path, as far as it goes: directory, executable, file, link, missing.
look() {
  path=$1
  at=
  told=
  while [ -n "$path" ]; do
    path=${path#/}
    at=$at/${path%%/*}
    case $path in */*) path=/${path#*/} ;; *) path= ;; esac
    if [ -L "$at" ]; then
      told="$told l:$(readlink -n "$at" | base64 | tr -d '\n')"
      return
    elif [ -d "$at" ]; then
      told="$told d"
    elif [ -f "$at" ] && [ -x "$at" ]; then
      told="$told x"
      return
    elif [ -e "$at" ]; then
      told="$told f"
      return
    else
      told="$told m"
      return
    fi
  done
}
remove() {
  chmod -R u+rwX "$1"
  rm -rf "$1"
}
say() { printf '%s\n' "$1"; }

say ready
while IFS= read -r asked; do
  verb=${asked%% *}
  rest=${asked#* }
  first=${rest%% *}
  more=${rest#* }
  case $verb in
  look)
    look "$rest"
    say "ok$told"
    ;;
  make) mkdir "$top/$first" && say ok || say no ;;
  put) printf %s "${more#* }" | base64 -d >>"$top/$first/${more%% *}" && say ok || say no ;;
  try)
    # A drive that does not answer blocks the process that looks at it.
    timeout -s KILL "$more" /bin/sh "$top/$first/inner" </dev/null 2>"$top/$first/tried" >/dev/null
    # That of timeout(1), or of a shell that a signal ended.
    [ $? -lt 124 ] || say "it was killed, or has not ended in $more s" >>"$top/$first/tried"
    say "ok $(tail -c 2000 "$top/$first/tried" | base64 | tr -d '\n')"
    ;;
  root) root "$first" && say "ok $root" || say no ;;
  status)
    read -r watcher <"$top/$first/watcher" && kill -KILL "$watcher"
    say "ok $(cat "$top/$first/status" | base64 | tr -d '\n')"
    ;;
  failed) say "ok $(head -c 2000 "$top/$first/failed" | base64 | tr -d '\n')" ;;
  end) end "$first" && say ok || say no ;;
  terminate) find_command "$first" && kill -TERM "$command" && say ok || say no ;;
  size)
    # The only terminal of the sandbox's own devpts.
    find_command "$first" && inside=/proc/$command/root &&
      stty rows "${more% *}" cols "${more#* }" <"$inside/dev/pts/0" && say ok || say no
    ;;
  mounts) say "ok $(base64 </proc/self/mountinfo | tr -d '\n')" ;;
  list) say "ok $(timeout -s KILL 20 ls -A "$rest" | head -n 20 | base64 | tr -d '\n')" ;;
  environment) say "ok $(env -0 | base64 | tr -d '\n')" ;;
  remove) remove "$top/$first" && say ok || say no ;;
  *) say no ;;
  esac
done
exec 8>&-
# Twice: what was about to start the first time has started by then, or does not any more.
for pass in 1 2; do
  for directory in "$top"/c*/; do
    directory=${directory%/}
    end "${directory##*/}"
  done
  [ $pass -eq 2 ] || sleep 0.3
done
remove "$top"
