#!/bin/sh
# A fake log(1): prints one denial of the requested sandbox and one of another sandbox.
for predicate; do :; done
tag=${predicate##*CONTAINS \"}
tag=${tag%\"}
echo "Filtering the log data using \"$predicate\""
printf '{"eventMessage":"Sandbox: cat(4711) deny(1) file-read-data /private/etc/master.passwd\\n%s","processID":0}\n' other-tag
printf '{"eventMessage":"Sandbox: touch(4712) deny(1) file-write-create /Users/me/out side\\n%s","processID":0}\n' "$tag"
exec sleep 100047
