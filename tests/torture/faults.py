"""The Python side of fault_shim.c: compiles it, starts a server with it, gives it orders while that runs."""
import errno
import mmap
import pathlib
import shutil
import struct
import subprocess

SOURCE = pathlib.Path(__file__).with_name("fault_shim.c")

# Bits of the calls, and the actions: as in fault_shim.c.
WRITE, SYNC, RENAME, UNLINK, TRUNCATE, ALLOCATE, CREATE, OPEN, READ, MKDIR = (1 << bit for bit in range(10))
DURABLE = WRITE | SYNC | RENAME | UNLINK | TRUNCATE | ALLOCATE | CREATE | MKDIR
NOTHING, KILL_BEFORE, KILL_AFTER, FAIL, SHORTEN = range(5)
SEGMENTS, METADATA, ALL_FILES = 1, 2, 3
FOR_GOOD = (1 << 64) - 1
LAYOUT = struct.Struct("=IIIIQQQQQ")
NAMES = {WRITE: "write", SYNC: "sync", RENAME: "rename", UNLINK: "unlink", TRUNCATE: "truncate", ALLOCATE: "allocate",
         CREATE: "create", OPEN: "open", READ: "read", MKDIR: "mkdir"}


def reason_to_skip():
    return None if shutil.which("cc") else "no C compiler for the library with the faults"


def compiled(folder):
    """The library, compiled in `folder`."""
    library = folder / "fault_shim.so"
    if not library.exists():
        subprocess.run(["cc", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror", "-o", str(library), str(SOURCE)], check=True)
    return library


class Faults:
    """Orders for one server at a time. `journal`: also write down what no sync has covered."""

    def __init__(self, folder, root, journal=False):
        self.folder, self.root = folder, root
        self.library = compiled(folder)
        self.path = folder / "control"
        self.path.write_bytes(bytes(LAYOUT.size))
        self.file = open(self.path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), LAYOUT.size)
        self.journal = folder / "journal" if journal else None
        self.graveyard = folder / "graveyard"

    def environment(self):
        env = {"LD_PRELOAD": str(self.library), "OBJD_FAULT_CONTROL": str(self.path), "OBJD_FAULT_ROOT": str(self.root)}
        if self.journal:
            self.journal.unlink(missing_ok=True)
            shutil.rmtree(self.graveyard, ignore_errors=True)
            self.graveyard.mkdir()
            env.update(OBJD_FAULT_JOURNAL=str(self.journal), OBJD_FAULT_GRAVEYARD=str(self.graveyard))
        return env

    def arm(self, action, calls, first=1, last=None, error=errno.EIO, files=ALL_FILES):
        """From now on, the `first` to `last` of these calls (counted from 1) get this."""
        self.disarm()
        LAYOUT.pack_into(self.map, 0, NOTHING, calls, error, files, first, first if last is None else last, 0, 0, 0)
        struct.pack_into("=I", self.map, 0, action)

    def count(self, calls, files=ALL_FILES):
        """Only counts."""
        self.arm(FAIL, calls, first=FOR_GOOD, files=files)

    def disarm(self):
        struct.pack_into("=I", self.map, 0, NOTHING)

    def seen(self):
        """(calls that matched, faults injected, syncs of files whose sync had failed) since it was armed."""
        return LAYOUT.unpack_from(self.map, 0)[6:9]

    def close(self):
        if not self.file.closed:
            self.disarm()
            self.map.close()
            self.file.close()
