"""Makes the first inputs of each fuzzing target in FOLDER/TARGET: seeds.py CHECKOUT FOLDER."""

import pathlib
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile

checkout, folder = map(pathlib.Path, sys.argv[1:])


def seed(target, number, content):
    place = folder / target
    place.mkdir(parents=True, exist_ok=True)
    (place / f"seed-{number}").write_bytes(content)


def question(name, kind):
    labels = b"".join(bytes([len(each)]) + each for each in name.split(b"."))
    return struct.pack(">6H", 7, 0x0100, 1, 0, 0, 1) + labels + b"\0" + struct.pack(">HH", kind, 1) + b"\0\0\x29\x10\0\0\0\0\0\0\0"


def hello(name):
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(theirs, ours, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        return ours.read()


for number, each in enumerate(sorted(checkout.glob("api/src/main/resources/**/*.json"))):
    seed("Policy", number, each.read_bytes())
seed("Frame", 0, b'{"jsonrpc":"2.0","id":1,"method":"sandbox/open","params":{"policy":{"extends":["workspace-write"]},"workspace":"/tmp"}}')
seed("Frame", 1, '{"id":"\\u00e4\\ud83d\\ude00","params":[1.5e3,-0,null,true,{"a":[]}]}'.encode())
for number, (name, kind) in enumerate([(b"repo.test", 1), (b"a.SUB.test", 28), (b"evil.test", 65), (b"repo.test", 255)]):
    seed("Dns", number, question(name, kind))
seed("Http", 0, b"CONNECT repo.test:443 HTTP/1.1\r\nHost: repo.test:443\r\n\r\n")
seed("Http", 1, b"POST http://repo.test/a HTTP/1.1\r\nHost: repo.test\r\nConnection: x, te\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")
seed("Http", 2, b"GET http://[2001:db8::1]:80/ HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
seed("Socks", 0, b"\1\5\1\0\5\1\0\3\x09repo.test\1\xbb")
seed("Socks", 1, b"\1\5\2\0\2\5\1\0\1\x7f\0\0\1\0\x50")
seed("Socks", 2, b"\0\5\1\2\1\1u\1p\5\3\0\4" + bytes(16) + b"\0\1")
for number, name in enumerate(["repo.test", "evil.test"]):
    seed("Hello", number, hello(name))
with tempfile.TemporaryDirectory() as made:
    def git(*words):
        subprocess.run(["git", "-C", made, *words], check=True, stdout=subprocess.DEVNULL)

    git("init", "-q")
    for name in "a", "b/c", "b/d":
        path = pathlib.Path(made, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    git("add", ".")
    for version in "2", "4":
        git("update-index", "--index-version", version)
        shutil.copy(pathlib.Path(made, ".git/index"), pathlib.Path(made, "index"))
        seed("GitIndex", int(version), pathlib.Path(made, "index").read_bytes())
    git("config", "remote.o.url", "https://repo.test/a b.git")
    git("config", "alias.x", '!echo "quoted" \\ # not a comment')
    git("config", "include.path", "~/other")
    seed("GitConfig", 0, pathlib.Path(made, ".git/config").read_bytes())

seed("Reply", 0, struct.pack(">6H", 7, 0x8180, 1, 1, 0, 0) + b"\4repo\4test\0\0\1\0\1" + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\1\2\3\4")
seed("Reply", 1, struct.pack(">6H", 7, 0x8180, 1, 2, 0, 0) + b"\4repo\4test\0\0\x1c\0\1" + b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\4\1a\xc0\x0c" + b"\1a\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + bytes(15) + b"\1")
seed("Upstream", 0, b"HTTP/1.1 200 Connection established\r\nProxy-Agent: x\r\n\r\n\x16\3\1")
seed("Upstream", 1, b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno")
seed("Status", 0, b"a) R 1 2 \\n(\n")
mountinfo = pathlib.Path("/proc/self/mountinfo").read_bytes()
seed("Mounts", 0, b"\n".join(mountinfo.split(b"\n")[:12]))
seed("Mounts", 1, b"1 0 8:1 / / rw - ext4 a rw\n2 1 8:1 /home/user /a\\040b rw - ext4 a rw\n3 1 8:2 / /home rw - 9p C:\\134 rw\n")
seed("Cgroup", 0, b"\x400::/user.slice/a.scope\n30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n")
sid = b"\1\5" + b"\0\0\0\0\0\5" + struct.pack("<5I", 21, 1, 2, 3, 1001)
entry = struct.pack("<BBHI", 0, 3, 8 + len(sid), 0x1f01ff) + sid
acl = struct.pack("<BBHHH", 2, 0, 8 + 2 * len(entry), 2, 0) + entry + b"\1" + entry[1:]
seed("Acl", 0, struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 20, 0, 20 + len(sid)) + sid + acl)
seed("Sbpl", 0, b'a "b" \\(c)\0**/*.key')
listing = "  NAME                   STATE           VERSION\r\n* Ubuntu-24.04           Running         2\r\n  My Distro              Stopped         1\r\n"
seed("Wsl", 0, listing.encode("utf-16-le"))
seed("Wsl", 1, listing.encode())
seed("Wsl", 2, b"Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND 0x80040302\n80 1 0:40 / /mnt/c rw shared:1 - 9p C:\\134 rw,aname=drvfs\n")
