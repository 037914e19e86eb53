# Puts the scripts of a guest without Java into a directory of their own, and says where. All guests
# of a user have theirs in one, which no command of any of them sees.
# Commands write into the directory that it starts in, and PATH may have relative entries.
cd / || exit 1
umask 077
all=/tmp/ringfence-guests-$(id -u)
mkdir "$all" 2>/dev/null
if [ -L "$all" ] || ! [ -d "$all" ] || ! [ -O "$all" ]; then
  printf 'refused=%s is not a directory of this user\n' "$all"
  exit 1
fi
chmod 700 "$all"
for old in "$all"/*/; do
  # Of one that was killed.
  [ -f "$old/control.pid" ] && read -r pid <"$old/control.pid" || continue
  kill -0 "$pid" 2>/dev/null || rm -rf "$old"
done
top=$(mktemp -d "$all/XXXXXXXXXX") || exit 1
printf %s "$control" | base64 -d >"$top/control" || exit 1
printf %s "$run" | base64 -d >"$top/run" || exit 1
printf 'top=%s\n' "$top"
