"""s3cmd, as Debian has it."""
import pytest

from clientlib import file_digest, run, tree_digests


@pytest.fixture
def s3cmd(client_env, endpoint, credentials, tmp_path):
    host = endpoint.split("://")[1]
    config = tmp_path / "s3cfg"
    config.write_text(f"[default]\naccess_key = {credentials[0]}\nsecret_key = {credentials[1]}\nhost_base = {host}\n"
                      f"host_bucket = {host}\nuse_https = False\nbucket_location = us-east-1\n")

    def call(*arguments, **options):
        return run("/usr/bin/s3cmd", "--config", config, "--no-progress", *arguments, env=client_env, **options)
    return call


def test_put_ls_get_del(s3cmd, bucket, small_tree, tmp_path):
    file = small_tree / "awkward" / "umlaut-äöü"
    s3cmd("put", file, f"s3://{bucket}/dir/ä b")
    assert f"s3://{bucket}/dir/ä b" in s3cmd("ls", f"s3://{bucket}/dir/")
    s3cmd("get", f"s3://{bucket}/dir/ä b", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(file)
    s3cmd("del", f"s3://{bucket}/dir/ä b")
    assert s3cmd("ls", f"s3://{bucket}/dir/") == ""


def test_multipart(s3cmd, bucket, medium_file, tmp_path):
    s3cmd("put", "--multipart-chunk-size-mb=5", medium_file, f"s3://{bucket}/medium")
    assert str(medium_file.stat().st_size) in s3cmd("ls", f"s3://{bucket}/medium")
    s3cmd("get", f"s3://{bucket}/medium", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(medium_file)


def test_sync_there_and_back(s3cmd, bucket, small_tree, tmp_path):
    s3cmd("sync", f"{small_tree}/", f"s3://{bucket}/tree/")
    (tmp_path / "back").mkdir()
    s3cmd("sync", f"s3://{bucket}/tree/", f"{tmp_path}/back/")
    assert tree_digests(tmp_path / "back") == tree_digests(small_tree)
    s3cmd("del", "--recursive", "--force", f"s3://{bucket}/tree/")
    assert s3cmd("ls", "--recursive", f"s3://{bucket}") == ""


def test_copy_and_move(s3cmd, bucket, small_tree, tmp_path):
    s3cmd("put", small_tree / "awkward" / "a+b", f"s3://{bucket}/a+b")
    s3cmd("cp", f"s3://{bucket}/a+b", f"s3://{bucket}/copy")
    s3cmd("mv", f"s3://{bucket}/copy", f"s3://{bucket}/moved")
    listed = s3cmd("ls", f"s3://{bucket}")
    assert "moved" in listed and "copy" not in listed
    s3cmd("get", f"s3://{bucket}/moved", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(small_tree / "awkward" / "a+b")


def test_mb_and_rb(s3cmd, bucket):
    s3cmd("mb", f"s3://{bucket}-other")
    assert f"s3://{bucket}-other" in s3cmd("ls")
    s3cmd("rb", f"s3://{bucket}-other")
