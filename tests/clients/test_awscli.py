"""The AWS command line, as Debian has it."""
import json
import urllib.request

import pytest

from clientlib import file_digest, run, tree_digests


@pytest.fixture
def aws(client_env, endpoint):
    def call(*arguments, **options):
        return run("/usr/bin/aws", "--endpoint-url", endpoint, *arguments, env=client_env, **options)
    return call


def test_cp_there_and_back(aws, bucket, medium_file, tmp_path):
    aws("s3", "cp", "--quiet", medium_file, f"s3://{bucket}/some/key")
    aws("s3", "cp", "--quiet", f"s3://{bucket}/some/key", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(medium_file)


def test_cp_from_and_to_a_pipe(aws, bucket):
    aws("s3", "cp", "-", f"s3://{bucket}/piped", input="through a pipe")
    assert aws("s3", "cp", f"s3://{bucket}/piped", "-") == "through a pipe"


def test_sync_of_a_tree_there_and_back(aws, bucket, tree, tmp_path):
    aws("s3", "sync", "--quiet", "--no-follow-symlinks", tree, f"s3://{bucket}/tree")
    aws("s3", "sync", "--quiet", f"s3://{bucket}/tree", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == tree_digests(tree)
    assert aws("s3", "sync", "--no-follow-symlinks", tree, f"s3://{bucket}/tree") == "", "nothing is left to copy"


def test_a_large_object_in_parts(aws, bucket, large_file, tmp_path):
    aws("s3", "cp", "--quiet", large_file, f"s3://{bucket}/large")
    head = json.loads(aws("s3api", "head-object", "--bucket", bucket, "--key", "large"))
    assert head["ContentLength"] == large_file.stat().st_size
    assert "-" in head["ETag"]
    aws("s3", "cp", "--quiet", f"s3://{bucket}/large", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(large_file)


def test_ls_and_rm(aws, bucket, small_tree):
    aws("s3", "cp", "--quiet", "--recursive", small_tree, f"s3://{bucket}/t/")
    files = tree_digests(small_tree)
    listed = aws("s3", "ls", "--recursive", f"s3://{bucket}/t/").splitlines()
    assert len(listed) == len(files)
    assert "PRE awkward/" in aws("s3", "ls", f"s3://{bucket}/t/")
    assert bucket in aws("s3", "ls")
    aws("s3", "rm", "--quiet", "--recursive", f"s3://{bucket}/t/")
    aws("s3", "ls", "--recursive", f"s3://{bucket}/t/", status=1)


def test_mv_copies_on_the_server(aws, bucket):
    aws("s3", "cp", "-", f"s3://{bucket}/from here", input="moved")
    aws("s3", "mv", "--quiet", f"s3://{bucket}/from here", f"s3://{bucket}/to/there")
    assert aws("s3", "cp", f"s3://{bucket}/to/there", "-") == "moved"
    aws("s3api", "head-object", "--bucket", bucket, "--key", "from here", status=254)


def test_presign(aws, bucket):
    aws("s3", "cp", "-", f"s3://{bucket}/ä b+c", input="by its address")
    url = aws("s3", "presign", f"s3://{bucket}/ä b+c", "--expires-in", "60").strip()
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url) as answer:
        assert answer.read() == b"by its address"


def test_mb_and_rb(aws, bucket):
    aws("s3", "mb", f"s3://{bucket}-other")
    aws("s3", "cp", "-", f"s3://{bucket}-other/key", input="x")
    aws("s3", "rb", f"s3://{bucket}-other", status=1)
    aws("s3", "rb", "--force", f"s3://{bucket}-other")
    aws("s3api", "head-bucket", "--bucket", f"{bucket}-other", status=254)
