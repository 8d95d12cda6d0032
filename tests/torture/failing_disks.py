"""Disks that can be made to die while they are mounted: an ext4 in a file, by a loop device, or by a block device that is a program."""
import fcntl
import os
import pathlib
import struct
import subprocess
import time

from classes import is_root, without

GOINGDOWN, NO_LOG_FLUSH = 0x8004587D, 2
IMAGE_BYTES = 768 << 20
UNMOUNT_TRIES = 50
READY_SECONDS_MAX = 20


def reason_to_skip(*programs):
    """A reason why no file system can be mounted here, or None."""
    if not is_root():
        return "needs root, to mount a file system"
    if not os.path.exists("/dev/loop-control"):
        return "this kernel has no loop devices"
    return without(*programs)


def unmount(folder):
    """A process that was just killed may hold the disk for a moment; a disk that was cut off answers nothing but this."""
    for _ in range(UNMOUNT_TRIES):
        done = subprocess.run(["umount", str(folder)], capture_output=True, text=True)
        if done.returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError(f"{folder} cannot be unmounted: {done.stderr}")


def shut_down(folder):
    """The file system forgets what it has not made durable, and answers every call with an error from now on."""
    disk = os.open(folder, os.O_RDONLY)
    try:
        fcntl.ioctl(disk, GOINGDOWN, struct.pack("I", NO_LOG_FLUSH))
    finally:
        os.close(disk)


class FailingDisk:
    """An ext4 of its own, mounted at `folder`."""

    def __init__(self, folder):
        self.folder, self.image = folder, folder.with_suffix(".image")
        self.is_mounted = False
        folder.mkdir(exist_ok=True)
        self.image.unlink(missing_ok=True)
        with open(self.image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", str(self.image)], check=True)

    def mount(self):
        self.mount_file(self.image)

    def mount_file(self, file):
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", str(file), str(self.folder)], check=True)
        self.is_mounted = True

    def die(self):
        shut_down(self.folder)

    def repair(self):
        """As an administrator would: unmounted, checked, mounted."""
        self.close()
        done = subprocess.run(["/usr/sbin/e2fsck", "-fy", str(self.image)], capture_output=True, text=True)
        assert done.returncode <= 1, done.stdout + done.stderr
        self.mount_file(self.image)

    def close(self):
        if self.is_mounted:
            unmount(self.folder)
            self.is_mounted = False


class ReadOnlyDisk(FailingDisk):
    """The file system finds an error in itself and becomes read-only, whoever writes to it."""

    @staticmethod
    def reason_to_skip():
        return None if list(pathlib.Path("/sys/fs/ext4").glob("*/trigger_fs_error")) or not os.path.exists("/sys/fs/ext4") \
            else "this kernel's ext4 cannot be told to find an error"

    def die(self):
        source = subprocess.run(["findmnt", "-no", "SOURCE", str(self.folder)], capture_output=True, text=True, check=True).stdout
        pathlib.Path(f"/sys/fs/ext4/{pathlib.Path(source.strip()).name}/trigger_fs_error").write_text("1")


class NoWritesDisk(FailingDisk):
    """The block device below the file system fails every write from some moment on; ext4 then makes of it what it can."""

    @staticmethod
    def reason_to_skip():
        if not os.path.exists("/dev/fuse"):
            return "this kernel has no FUSE"
        return without("nbdkit", "nbdfuse")

    def __init__(self, folder):
        super().__init__(folder)
        self.trigger, self.programs = folder.with_suffix(".trigger"), []
        self.trigger.unlink(missing_ok=True)
        self.fuse = folder.with_suffix(".fuse")
        self.fuse.mkdir(exist_ok=True)

    def mount(self):
        socket, device = self.folder.with_suffix(".sock"), self.fuse / "nbd"
        self.programs.append(subprocess.Popen(
            ["nbdkit", "-f", "-U", str(socket), "--filter=error", "file", str(self.image), "error-pwrite=EIO",
             "error-pwrite-rate=100%", f"error-pwrite-file={self.trigger}"], stderr=subprocess.DEVNULL))
        self.wait_for(socket.exists)
        self.programs.append(subprocess.Popen(["nbdfuse", str(device), f"nbd+unix:///?socket={socket}"],
                                              stderr=subprocess.DEVNULL))
        self.wait_for(device.exists)
        self.mount_file(device)

    @staticmethod
    def wait_for(fine):
        end = time.monotonic() + READY_SECONDS_MAX
        while not fine():
            assert time.monotonic() < end, "the block device does not come"
            time.sleep(0.05)

    def die(self):
        self.trigger.touch()

    def close(self):
        super().close()
        if self.programs:
            self.trigger.unlink(missing_ok=True)
            subprocess.run(["umount", str(self.fuse)], capture_output=True)
            for program in reversed(self.programs):
                program.terminate()
                program.wait()
            self.programs = []
            self.folder.with_suffix(".sock").unlink(missing_ok=True)
