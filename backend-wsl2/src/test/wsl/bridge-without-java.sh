# The bridge to a distribution that has no Java.
export STANDIN_NO_JAVA=1
. "$(dirname "$0")/bridge.sh"
