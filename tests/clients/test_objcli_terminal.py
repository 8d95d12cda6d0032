"""What a person sees of objcli on a terminal: the progress view at several widths."""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import unicodedata

import pytest

from clientlib import MIB, noise, write_noise
from objcli_command import OK

ERASE = re.compile(r"\r(?:\x1b\[A)*\x1b\[J")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def watch(command, env, width):
    """Runs it on a terminal of that width. Its exit code, what was drawn each time, and what it said at last."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], [str(part) for part in command], {**env, "TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    seen = b""
    while True:
        select.select([terminal], [], [])
        try:
            data = os.read(terminal, 65536)
        except OSError:  # EIO: nobody has the other side any more
            break
        if not data:
            break
        seen += data
    _, status = os.waitpid(child, 0)
    *frames, said = ERASE.split(seen.decode())
    return os.waitstatus_to_exitcode(status), [COLOUR.sub("", frame).replace("\r\n", "\n") for frame in frames], said


def columns(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@pytest.mark.parametrize("width", [100, 60, 30])
def test_the_view_fits_the_terminal(objcli, client_env, bucket, tmp_path, width):
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(12):
        (tree / f"file-{number}").write_bytes(noise(100_000, seed=number))
    (tree / "a-very-long-name-that-goes-on-with-日本語日本語日本語-for-some-time-and-more.bin").write_bytes(noise(MIB, seed="long"))
    code, frames, _ = watch([objcli, "--limit-rate", "2M", "put", "-r", f"{bucket}/t", tree], client_env, width)
    assert code == OK and len(frames) > 5
    for frame in frames:
        # Also the lines that say what is done go through; those may be longer.
        assert all(columns(line) < width for line in frame.split("\n") if not line.startswith("put ")), frame
    totals = [frame.split("\n")[-1] for frame in frames if "/s" in frame]
    assert totals and all("MiB/s" in line or "KiB/s" in line or " B/s" in line for line in totals)
    if width == 100:
        assert any("of 13 files" in line and "left" in line for line in totals), totals


def test_several_trees_have_one_progress(objcli, client_env, bucket, tmp_path):
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        for number in range(3):
            write_noise(tmp_path / name / f"{name}-{number}", 200_000, seed=f"{name}{number}")
    trees = [tmp_path / name for name in ("one", "two", "three")]
    code, frames, _ = watch([objcli, "--limit-rate", "800K", "put", "-r", f"{bucket}/t", *trees], client_env, 120)
    assert code == OK
    totals = [line for frame in frames for line in frame.split("\n") if " files, " in line]
    counts = [int(re.search(r"of (\d+)", line)[1]) for line in totals]
    assert counts == sorted(counts) and counts[-1] == 9, "the total begins anew with each tree"
    assert all(("or more files" in line) == (count < 9) for line, count in zip(totals, counts)), totals
