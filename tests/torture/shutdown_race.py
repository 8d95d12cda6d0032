"""Whether this kernel keeps what an fdatasync has acknowledged while its ext4 is being shut down: what F4 and F7-disk stand on.

shutdown_race.py [ROUNDS]: four threads append and fdatasync, each to a file of its own, without any objd; the file system is
told to go down (GOINGDOWN, without its log), mounted again, and compared with what had been acknowledged. Needs root.
Prints what was lost; a round that loses something has had an fdatasync overlapped by the shutdown.
"""
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from failing_disks import FailingDisk, reason_to_skip  # noqa: E402

THREADS = 4
RECORD_BYTES = 700


def append(path, acknowledged, index):
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        while True:
            os.write(file, bytes([acknowledged[index] % 256]) * RECORD_BYTES)
            os.fdatasync(file)
            acknowledged[index] += 1
    except OSError:
        os.close(file)


def one_round(folder, disk):
    """How many threads lost what had been acknowledged."""
    acknowledged = [0] * THREADS
    files = [folder / f"{time.monotonic_ns()}-{index}" for index in range(THREADS)]
    threads = [threading.Thread(target=append, args=(file, acknowledged, index)) for index, file in enumerate(files)]
    for thread in threads:
        thread.start()
    time.sleep(random.uniform(0.1, 0.2))
    disk.die()
    for thread in threads:
        thread.join()
    disk.repair()
    lost = 0
    for index, file in enumerate(files):
        wanted = b"".join(bytes([number % 256]) * RECORD_BYTES for number in range(acknowledged[index]))
        if not file.exists() and not wanted:
            continue
        if not (file.exists() and file.read_bytes().startswith(wanted)):
            lost += 1
        file.unlink(missing_ok=True)
    return lost


def main(rounds):
    if reason := reason_to_skip("mkfs.ext4", "e2fsck"):
        sys.exit(f"shutdown_race.py: {reason}")
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "disk"
        disk = FailingDisk(folder)
        disk.mount()
        try:
            losses = [one_round(folder, disk) for _ in range(rounds)]
        finally:
            disk.close()
    print(f"{sum(losses)} of {rounds * THREADS} files lost acknowledged bytes, in {sum(map(bool, losses))} of {rounds} shutdowns")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150)
