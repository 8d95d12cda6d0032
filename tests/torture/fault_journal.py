"""Takes back what no sync had covered, from the journal of fault_shim.c: a crash state that a disk may leave.

Of each file's writes since its last sync, some are lost: all of them, all behind one point (with the first of them torn at a
sector), or any subset, which is a disk that writes in another order. Of each folder's changes of names since its last sync, those behind one point are taken back. What a file loses
at its end shows as zeros or as a shorter file.
"""
import collections
import os
import pathlib

SECTOR = 512
ALL, SUFFIX, TORN, SUBSET = "all", "suffix", "torn", "subset"
MODES = (ALL, SUFFIX, TORN, SUBSET)

Write = collections.namedtuple("Write", "record offset size old_size old")
Cut = collections.namedtuple("Cut", "record size old_size")
Name = collections.namedtuple("Name", "record what path other grave")


def parse(data):
    """(files, folders): what is not durable, by inode and by folder."""
    files, folders = collections.defaultdict(list), collections.defaultdict(list)
    position = record = 0
    while (end := data.find(b"\n", position)) >= 0:
        record += 1
        what, _, rest = data[position:end].decode().partition(" ")
        position = end + 1
        if what == "W":
            inode, offset, size, old_size, got = map(int, rest.split())
            if position + got > len(data):
                break
            files[inode].append(Write(record, offset, size, old_size, data[position:position + got]))
            position += got
        elif what == "T":
            inode, size, old_size = map(int, rest.split())
            files[inode].append(Cut(record, size, old_size))
        elif what == "S":
            inode, covered, path = rest.split(" ", 2)
            files[int(inode)] = [entry for entry in files[int(inode)] if entry.record > int(covered)]
            folders[path] = [entry for entry in folders[path] if entry.record > int(covered)]
        else:
            number, _, paths = rest.partition(" ")
            path, _, other = paths.partition("\t")
            folders[os.path.dirname(other or path)].append(Name(record, what, path, other, int(number)))
    return files, folders


def inodes(roots):
    """Of folders of one file system."""
    return {path.stat().st_ino: path for root in roots for path in pathlib.Path(root).rglob("*") if path.is_file()}


def lost(entries, mode, chance):
    """The entries that are taken back, newest first."""
    if mode == ALL:
        return entries[::-1]
    if mode in (SUFFIX, TORN):
        return entries[chance.randrange(len(entries)):][::-1]
    return [entry for entry in entries if chance.random() < 0.5][::-1]


def take_back_write(file, entry, keep, shorten):
    """Undoes a write but for its first `keep` bytes."""
    start = entry.offset + keep
    file.seek(start)
    file.write(entry.old[keep:])
    end = entry.offset + entry.size
    zeros_from = max(start, entry.offset + len(entry.old))
    size = os.fstat(file.fileno()).st_size
    if shorten and end >= size and entry.old_size < size:
        file.truncate(max(entry.old_size, start))
    elif end > zeros_from:
        file.seek(zeros_from)
        file.write(bytes(max(0, min(end, size) - zeros_from)))


def take_back_file(path, entries, mode, chance):
    """How many changes were lost."""
    gone = lost(entries, mode, chance)
    torn = mode in (TORN, SUBSET) and chance.random() < 0.7
    # A tear with zeros behind it is for the mode that allows a refusal.
    shorten = mode == TORN or chance.random() < 0.5
    with open(path, "r+b") as file:
        for index, entry in enumerate(gone):
            if isinstance(entry, Cut):
                if entry.old_size > entry.size:
                    file.truncate(max(entry.old_size, os.fstat(file.fileno()).st_size))
                continue
            keep = 0
            if torn and index == len(gone) - 1 and entry.size > SECTOR:
                keep = chance.randrange(entry.size // SECTOR) * SECTOR
            take_back_write(file, entry, keep, shorten)
    return len(gone)


def take_back_names(folder, folders, graveyard, mode, chance):
    """How many changes of names in this folder were lost, and in those that were removed from it."""
    entries = folders.pop(folder, [])
    if not entries or not os.path.isdir(folder):  # of a folder whose removal is durable nothing comes back
        return 0
    kept = 0 if mode == ALL else chance.randrange(len(entries) + 1)
    gone = len(entries) - kept
    for entry in entries[kept:][::-1]:
        if entry.what == "C":
            pathlib.Path(entry.path).unlink(missing_ok=True)
        elif entry.what == "D":
            os.makedirs(entry.path, exist_ok=True)
            gone += take_back_names(entry.path, folders, graveyard, mode, chance)
        elif entry.what == "U" or not os.path.exists(entry.path):  # else noted, and killed before it was renamed
            lost_name = entry.path
            if entry.what == "R":
                os.rename(entry.other, entry.path)
                lost_name = entry.other
            buried = graveyard / str(entry.grave)
            if entry.grave and not os.path.exists(lost_name):
                os.link(buried, lost_name)
    return gone


def take_back(roots, journal, graveyard, mode, chance):
    """(writes lost, names lost) of the store in the folders `roots`, whose server is dead."""
    if not journal.exists():  # killed before it had begun
        return 0, 0
    files, folders = parse(journal.read_bytes())
    paths = inodes(roots)
    writes = sum(take_back_file(paths[inode], entries, mode, chance)
                 for inode, entries in sorted(files.items()) if entries and inode in paths)
    names = sum(take_back_names(folder, folders, graveyard, mode, chance) for folder in sorted(folders))
    return writes, names
