# Bridges to a distribution without Java.
export STANDIN_NO_JAVA=1
. "$(dirname "$0")/bridge.sh"
