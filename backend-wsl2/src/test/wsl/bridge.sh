# Connects the streams of the fake wsl.exe under Wine to the shell stand-in on this kernel.
# A private mount puts Wine's drive Z:, which is the root, where WSL would mount it.
port=$1
shift
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
export STANDIN_LIST='* Ubuntu  Running  2' WSL_UTF8=1
exec 3<>"/dev/tcp/127.0.0.1/$port" 4<>"/dev/tcp/127.0.0.1/$port" 5<>"/dev/tcp/127.0.0.1/$port"
unshare --mount --propagation private sh -c '
  mount -t tmpfs none /mnt && mkdir /mnt/z && mount --bind / /mnt/z && exec sh "$@"' \
  sh "$(dirname "$0")/wsl-stand-in.sh" "$@" <&3 >&3 2>&4 5>&-
echo $? >&5
