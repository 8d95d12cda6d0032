"""rclone, as Debian has it."""
import shutil

import pytest

from clientlib import file_digest, run, tree_digests


@pytest.fixture
def rclone(client_env, endpoint):
    env = dict(client_env, RCLONE_CONFIG_R_TYPE="s3", RCLONE_CONFIG_R_PROVIDER="Other", RCLONE_CONFIG_R_ENV_AUTH="true",
               RCLONE_CONFIG_R_ENDPOINT=endpoint, RCLONE_CONFIG_R_REGION="us-east-1", RCLONE_CONFIG="/dev/null",
               RCLONE_CONFIG_R_FORCE_PATH_STYLE="true", RCLONE_RETRIES="1", RCLONE_LOW_LEVEL_RETRIES="1")

    def call(*arguments, **options):
        return run("/usr/bin/rclone", *arguments, env=env, **options)
    return call


def test_copy_check_and_back(rclone, bucket, small_tree, tmp_path):
    rclone("copy", small_tree, f"r:{bucket}/tree")
    rclone("check", small_tree, f"r:{bucket}/tree")
    rclone("check", "--download", small_tree, f"r:{bucket}/tree")
    rclone("copy", f"r:{bucket}/tree", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == tree_digests(small_tree)


def test_sync_follows_changes(rclone, bucket, small_tree, tmp_path):
    local = tmp_path / "local"
    shutil.copytree(small_tree, local)
    rclone("sync", local, f"r:{bucket}")
    (local / "awkward" / "a+b").unlink()
    (local / "new").write_text("new")
    rclone("sync", local, f"r:{bucket}")
    rclone("check", local, f"r:{bucket}")
    assert set(rclone("lsf", "-R", "--files-only", f"r:{bucket}").splitlines()) == set(tree_digests(local))


def test_large_files_in_parts(rclone, bucket, medium_file, tmp_path):
    rclone("copyto", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M", medium_file, f"r:{bucket}/medium")
    rclone("copyto", "--multi-thread-cutoff", "10M", f"r:{bucket}/medium", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(medium_file)


def test_server_side_copy_and_move(rclone, bucket, small_tree):
    rclone("copy", small_tree / "awkward", f"r:{bucket}/one")
    rclone("copy", f"r:{bucket}/one", f"r:{bucket}/two")
    rclone("move", f"r:{bucket}/one", f"r:{bucket}/three")
    assert rclone("lsf", "-R", f"r:{bucket}/two") == rclone("lsf", "-R", f"r:{bucket}/three") != ""
    assert rclone("lsf", "-R", f"r:{bucket}/one") == ""


def test_streams(rclone, bucket):
    rclone("rcat", f"r:{bucket}/streamed", input="some text")
    assert rclone("cat", f"r:{bucket}/streamed") == "some text"
    rclone("deletefile", f"r:{bucket}/streamed")
    assert rclone("lsf", f"r:{bucket}") == ""
