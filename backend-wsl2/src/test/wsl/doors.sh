# Runs a command, $2 and on, with the doors to Windows of a distribution; $1 holds their targets.
# The mounts affect only this process and its children; it needs root and a private mount namespace.
doors=$1
shift
# The script assembles a root here and then moves it to /.
new=/media
same() { # everything in directory $1 but $3 and $4, at $2
  for one in "$1"/*; do
    name=${one##*/}
    if [ "$name" = "$3" ] || [ "$name" = "$4" ] || [ "$one" = "$new" ]; then
      continue
    elif [ -L "$one" ]; then
      cp -P "$one" "$2/$name"
    elif [ -d "$one" ]; then
      mkdir "$2/$name" && mount --rbind "$one" "$2/$name"
    elif [ -e "$one" ]; then
      : >"$2/$name" && mount --bind "$one" "$2/$name"
    fi || exit 1
  done
}
mount -t tmpfs -o mode=755 none $new
mkdir $new/mnt $new/run $new$new
same "" $new mnt run
same /run $new/run WSL docker.sock
same /mnt $new/mnt c wslg
mkdir $new/run/WSL $new/mnt/c $new/mnt/wslg
: >$new/run/docker.sock
cp "$doors/init" $new/init
for pair in WSL:run/WSL c:mnt/c wslg:mnt/wslg docker.sock:run/docker.sock; do
  mount --bind "$doors/${pair%%:*}" "$new/${pair#*:}" || exit 1
done
cd $new && mount --move $new / && exec chroot . "$@"
