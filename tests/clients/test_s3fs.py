"""s3fs: a bucket as a file system, where this machine has FUSE."""
import os
import shutil
import subprocess
import time

import pytest

from clientlib import file_digest, tree_digests

FUSE = "/dev/fuse"
MOUNT_SECONDS_MAX = 15


@pytest.fixture
def mounted(endpoint, credentials, bucket, tmp_path):
    """The bucket as a folder. Skipped, with the reason, where nothing can be mounted."""
    if not os.access(FUSE, os.R_OK | os.W_OK):
        pytest.skip(f"no access to {FUSE}")
    folder, passwords, log = tmp_path / "mounted", tmp_path / "passwd", tmp_path / "s3fs.log"
    folder.mkdir()
    passwords.write_text(":".join(credentials))
    passwords.chmod(0o600)
    with open(log, "wb") as out:
        process = subprocess.Popen(["/usr/bin/s3fs", bucket, folder, "-f", "-o", f"passwd_file={passwords}", "-o", f"url={endpoint}",
                                    "-o", "use_path_request_style", "-o", "endpoint=us-east-1", "-o", "multipart_size=5"],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        deadline = time.monotonic() + MOUNT_SECONDS_MAX
        while not os.path.ismount(folder):
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace")
                if "fuse:" in text:
                    pytest.skip(f"FUSE does not work here: {text[-300:]}")
                pytest.fail(text)
            time.sleep(0.05)
        yield folder
    finally:
        subprocess.run(["fusermount", "-u", "-z", folder], capture_output=True)
        process.terminate()
        process.wait(30)


def test_files_in_a_mounted_bucket(mounted, s3, bucket, small_tree, medium_file, tmp_path):
    shutil.copytree(small_tree / "awkward", mounted / "awkward")
    assert tree_digests(mounted / "awkward") == tree_digests(small_tree / "awkward")
    shutil.copyfile(medium_file, mounted / "medium")  # in parts
    assert file_digest(mounted / "medium") == file_digest(medium_file)
    os.rename(mounted / "medium", mounted / "awkward" / "moved")
    s3.download_file(bucket, "awkward/moved", str(tmp_path / "back"))
    assert file_digest(tmp_path / "back") == file_digest(medium_file)
    with open(mounted / "awkward" / "moved", "r+b") as file:
        file.seek(1000)
        file.write(b"changed")
    assert s3.get_object(Bucket=bucket, Key="awkward/moved", Range="bytes=1000-1006")["Body"].read() == b"changed"
    shutil.rmtree(mounted / "awkward")
    assert os.listdir(mounted) == []
