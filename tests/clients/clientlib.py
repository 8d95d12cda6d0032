"""What the tests of the command line clients share: running them, and files to store."""
import hashlib
import os
import pathlib
import random
import subprocess

MIB = 1 << 20
SOURCE_TREE = pathlib.Path("/usr/share")


def run(*command, env, timeout=600, status=0, input=None, cwd=None):
    """Runs a client to its end and returns what it printed; its own words are the message when it fails."""
    done = subprocess.run([str(part) for part in command], env=env, timeout=timeout, text=True, capture_output=True,
                          input=input, cwd=cwd)
    assert done.returncode == status, f"{command} -> {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def noise(length, seed):
    """Bytes that do not compress, the same in every run."""
    return random.Random(seed).randbytes(length)


def write_noise(path, length, seed):
    generator = random.Random(seed)
    with open(path, "wb") as file:
        while length > 0:
            piece = min(length, MIB)
            file.write(generator.randbytes(piece))
            length -= piece
    return path


def file_digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_digests(folder):
    """Relative path -> SHA-256, of every regular file."""
    folder = pathlib.Path(folder)
    return {str(path.relative_to(folder)): file_digest(path)
            for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()}


def copy_real_files(target, count, bytes_max=4 * MIB):
    """Hard to invent, easy to find: `count` regular files of this system, as a tree of their own."""
    copied = 0
    for folder, folders, names in os.walk(SOURCE_TREE):
        folders.sort()
        for name in sorted(names):
            source = pathlib.Path(folder, name)
            if source.is_symlink() or not source.is_file() or source.stat().st_size > bytes_max:
                continue
            try:
                str(source).encode("utf-8")
                data = source.read_bytes()
            except (OSError, UnicodeEncodeError):
                continue
            place = target / source.relative_to(SOURCE_TREE)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            copied += 1
            if copied == count:
                return copied
    return copied
