"""Shows a directory at another place through FUSE, with names in any spelling, as a drive of
Windows does in WSL2 and others do: each spelling is an entry of its own for the kernel. Needs root.
The third argument is the type that the table of mounts shows. Prints "mounted", and unmounts when
its input ends.

The structures are those of linux/fuse.h, version 7.31.
"""

import ctypes
import errno
import os
import select
import stat
import struct
import sys
import unicodedata

LIBC = ctypes.CDLL(None, use_errno=True)
backing, target, kind = sys.argv[1:4]
device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
options = "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % device
if LIBC.mount(b"any-case", target.encode(), kind.encode(), 0, options.encode()):
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))

nodes = {1: (0, "")}  # number: parent and name as it was asked for
numbers = {}
files = {}


def folded(name):
    """Folds letter case, compatibility and marks, ignorable characters, dots and spaces at the end."""
    plain = unicodedata.normalize("NFKD", name.rstrip(". ") or name).casefold()
    return "".join(c for c in plain if c not in "\u00ad\u200b\u200c\u200d\ufeff")


def path(node):
    """Finds the object behind a node, by its name in any spelling."""
    parent, name = nodes[node]
    if not parent:
        return backing
    above = path(parent)
    exact = os.path.join(above, name)
    if os.path.lexists(exact):
        return exact
    for entry in os.listdir(above):
        if folded(entry) == folded(name):
            return os.path.join(above, entry)
    return exact


def node_of(parent, name):
    if (parent, name) not in numbers:
        numbers[parent, name] = len(nodes) + 1
        nodes[len(nodes) + 1] = (parent, name)
    return numbers[parent, name]


def attributes(node, of=None):
    it = os.lstat(path(node)) if of is None else os.fstat(of)
    times = [int(t) for t in (it.st_atime, it.st_mtime, it.st_ctime)]
    return struct.pack(
        "<6Q10I", it.st_ino, it.st_size, it.st_blocks, *times, 0, 0, 0,
        it.st_mode | 0o777, it.st_nlink, 0, 0, 0, 4096, 0)


def entry(parent, name):
    node = node_of(parent, name)
    attr = attributes(node)
    return struct.pack("<4Q2I", node, 0, 3600, 0, 0, 0) + attr


def names(data):
    return [part.decode() for part in data.split(b"\0")]


def child(parent, name):
    return path(node_of(parent, name))


def opened(fd):
    files[fd] = fd
    return struct.pack("<Q2I", fd, 0, 0)


def set_attributes(node, data):
    valid, _, fh, size, _, atime, mtime, _, _, _, _, mode = struct.unpack_from("<2I6Q4I", data)
    if valid & 1:
        os.chmod(path(node), stat.S_IMODE(mode))
    if valid & 8:
        os.truncate(path(node), size)
    if valid & 0x30:
        os.utime(path(node), (atime, mtime))
    return struct.pack("<Q2I", 0, 0, 0) + attributes(node)


def rename(node, new, old_name, new_name, flags):
    to = child(new, new_name)
    if flags & 1 and os.path.lexists(to) or flags & ~1:
        raise OSError(errno.EEXIST if flags & 1 else errno.EINVAL, "")
    os.rename(child(node, old_name), to)
    moved = node_of(node, old_name)
    # The kernel moves the entry, and keeps its node.
    numbers.pop((node, old_name))
    numbers[new, new_name] = moved
    nodes[moved] = (new, new_name)


def listing(node, offset, size):
    out = b""
    for i, name in enumerate([".", ".."] + sorted(os.listdir(path(node)))):
        if i >= offset:
            text = name.encode()
            one = struct.pack("<2Q2I", i + 2, i + 1, len(text), 0) + text
            one += b"\0" * (-len(one) % 8)
            if len(out) + len(one) > size:
                break
            out += one
    return out


def answer(opcode, node, data):
    if opcode == 26:  # INIT
        return struct.pack("<4I2H2I2H8I", 7, 31, 65536, 0, 16, 12, 65536, 1, 0, 0, *[0] * 8)
    if opcode == 1:  # LOOKUP
        return entry(node, names(data)[0])
    if opcode == 3:  # GETATTR
        return struct.pack("<Q2I", 0, 0, 0) + attributes(node)
    if opcode == 4:  # SETATTR
        return set_attributes(node, data)
    if opcode == 5:  # READLINK
        return os.readlink(path(node)).encode()
    if opcode == 6:  # SYMLINK
        name, to = names(data)[:2]
        os.symlink(to, child(node, name))
        return entry(node, name)
    if opcode == 8:  # MKNOD
        name = names(data[16:])[0]
        os.close(os.open(child(node, name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o777))
        return entry(node, name)
    if opcode == 9:  # MKDIR
        name = names(data[8:])[0]
        os.mkdir(child(node, name))
        return entry(node, name)
    if opcode == 10:  # UNLINK
        os.unlink(child(node, names(data)[0]))
        return b""
    if opcode == 11:  # RMDIR
        os.rmdir(child(node, names(data)[0]))
        return b""
    if opcode in (12, 45):  # RENAME, RENAME2
        new, = struct.unpack_from("<Q", data)
        flags = struct.unpack_from("<I", data, 8)[0] if opcode == 45 else 0
        old_name, new_name = names(data[16 if opcode == 45 else 8:])[:2]
        rename(node, new, old_name, new_name, flags)
        return b""
    if opcode == 13:  # LINK
        old, = struct.unpack_from("<Q", data)
        name = names(data[8:])[0]
        os.link(path(old), child(node, name))
        return entry(node, name)
    if opcode == 14:  # OPEN
        flags, = struct.unpack_from("<I", data)
        return opened(os.open(path(node), flags & ~(os.O_CREAT | os.O_EXCL)))
    if opcode == 35:  # CREATE
        flags, = struct.unpack_from("<I", data)
        name = names(data[16:])[0]
        fd = os.open(child(node, name), flags | os.O_CREAT, 0o777)
        return entry(node, name) + opened(fd)
    if opcode == 15:  # READ
        fh, offset, size = struct.unpack_from("<2QI", data)
        return os.pread(fh, size, offset)
    if opcode == 16:  # WRITE
        fh, offset, size = struct.unpack_from("<2QI", data)
        return struct.pack("<2I", os.pwrite(fh, data[40:40 + size], offset), 0)
    if opcode == 17:  # STATFS
        return struct.pack("<5Q10I", 1000, 1000, 1000, 1000, 1000, 4096, 255, 4096, *[0] * 7)
    if opcode == 18:  # RELEASE
        os.close(files.pop(struct.unpack_from("<Q", data)[0]))
        return b""
    if opcode == 27:  # OPENDIR
        return struct.pack("<Q2I", 0, 0, 0)
    if opcode == 28:  # READDIR
        _, offset, size = struct.unpack_from("<2QI", data)
        return listing(node, offset, size)
    if opcode in (20, 25, 29, 34):  # FSYNC, FLUSH, RELEASEDIR, ACCESS
        return b""
    raise OSError(errno.ENOSYS, "")


print("mounted", flush=True)
while True:
    ready, _, _ = select.select([device, sys.stdin], [], [])
    if sys.stdin in ready:
        LIBC.umount2(target.encode(), 2)  # MNT_DETACH
        sys.exit()
    try:
        request = os.read(device, 1 << 20)
    except OSError:
        sys.exit()
    _, opcode, unique, node = struct.unpack_from("<2I2Q", request)
    if opcode in (2, 36, 42):  # FORGET, INTERRUPT, BATCH_FORGET
        continue
    try:
        error, reply = 0, answer(opcode, node, request[40:])
    except OSError as problem:
        error, reply = problem.errno or errno.EIO, b""
    os.write(device, struct.pack("<IiQ", 16 + len(reply), -error, unique) + reply)
