"""objcli, our own command line, against the server: what it does when all is well."""
import json
import os
import pathlib
import shutil
import subprocess
import urllib.error
import urllib.request

import pytest

from clientlib import MIB, file_digest, noise, tree_digests
from objcli_command import NOT_FOUND, PARTIAL, PRECONDITION, USAGE, cli  # noqa: F401, a fixture


def fetch(url, method="GET", data=None):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, method=method, data=data)) as answer:
        return answer.read()


# --- what it is for ---------------------------------------------------------------------------------------------------


def test_a_file_goes_in_and_comes_back(cli, bucket, tmp_path):
    (tmp_path / "file").write_bytes(noise(100_000, seed=1))
    cli("put", f"{bucket}/some/key", tmp_path / "file")
    cli("get", f"s3://{bucket}/some/key", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()


def test_the_first_words_of_a_new_user(cli, bucket, tmp_path):
    (tmp_path / "hello.txt").write_text("hello")
    cli("mb", f"{bucket}-first")
    cli("put", f"{bucket}-first/", tmp_path / "hello.txt")
    assert cli("cat", f"{bucket}-first/hello.txt").stdout == "hello"
    cli("get", f"{bucket}-first/hello.txt", cwd=tmp_path)
    assert f"{bucket}-first" in cli("ls").stdout
    cli("rb", f"{bucket}-first", status=PRECONDITION)
    cli("rb", "--force", f"{bucket}-first")
    cli("ls", f"{bucket}-first", status=NOT_FOUND)


def test_a_large_file_in_parts(cli, bucket, large_file, s3, tmp_path):
    cli("put", f"{bucket}/large", large_file)
    head = s3.head_object(Bucket=bucket, Key="large", ChecksumMode="ENABLED")
    assert head["ContentLength"] == large_file.stat().st_size
    assert head["ETag"].strip('"').endswith(f"-{-(-large_file.stat().st_size // (8 * MIB))}")
    line = json.loads(cli("--json", "get", f"{bucket}/large", tmp_path / "back").stdout)
    assert line["verified"] is True
    assert file_digest(tmp_path / "back") == file_digest(large_file)


def test_parts_and_parallelism_as_asked(cli, bucket, medium_file, s3):
    cli("--part-size", "6M", "--parallel", "8", "put", f"{bucket}/m", medium_file)
    assert s3.head_object(Bucket=bucket, Key="m")["ETag"].endswith('-7"')


def test_standard_input_and_output(cli, bucket):
    data = noise(30 * MIB + 7, seed=2)
    cli("put", f"{bucket}/large", "-", input=data, text=False)
    assert cli("cat", f"{bucket}/large", text=False).stdout == data
    assert cli("get", f"{bucket}/large", "-", text=False).stdout == data
    cli("put", f"{bucket}/small", "-", input="tiny")
    assert cli("cat", f"{bucket}/small").stdout == "tiny"
    cli("put", f"{bucket}/empty", "-", input="")
    assert cli("cat", f"{bucket}/empty").stdout == ""


def test_an_empty_file(cli, bucket, tmp_path):
    (tmp_path / "empty").touch()
    cli("put", f"{bucket}/", tmp_path / "empty")
    cli("get", f"{bucket}/empty", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b""


def test_ranges(cli, bucket):
    cli("put", f"{bucket}/k", "-", input="0123456789")
    assert cli("cat", "--range", "2-4", f"{bucket}/k").stdout == "234"
    assert cli("cat", "--range", "8-", f"{bucket}/k").stdout == "89"
    cli("cat", "--range", "10-", f"{bucket}/k", status=USAGE)
    cli("cat", "--range", "x", f"{bucket}/k", status=USAGE)


@pytest.mark.parametrize("key", ["a b+c", "ä/日本", "per%41cent", "//x", "/lead", "tail/", "=?#&;", "'\"<>", "~-_.!*()",
                                 "../dots/./", "a\x01\n\x7fb", "x" * 1024])
def test_any_key(cli, bucket, s3, key):
    cli("put", f"s3://{bucket}/{key}", "-", input="x")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert json.loads(cli("--json", "ls", "-r", bucket).stdout)["key"] == key
    assert cli("cat", f"{bucket}/{key}").stdout == "x"
    cli("rm", "-r", bucket)
    assert cli("ls", bucket).stdout == ""


# --- trees ------------------------------------------------------------------------------------------------------------


def test_a_tree_there_and_back(cli, bucket, tree, tmp_path):
    cli("--quiet", "put", "-r", f"{bucket}/tree", tree)
    files = tree_digests(tree)
    listed = [json.loads(line) for line in cli("--json", "ls", "-r", f"{bucket}/tree/").stdout.splitlines()]
    assert {item["key"] for item in listed} == {f"tree/{name}" for name in files}
    cli("--quiet", "get", "-r", f"{bucket}/tree", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == files


def test_a_tree_is_copied_and_removed_on_the_server(cli, bucket, small_tree, tmp_path):
    cli("put", "-r", f"{bucket}/a", small_tree)
    cli("cp", "-r", f"{bucket}/a", f"{bucket}/b/c")
    cli("rm", "-r", f"{bucket}/a/")
    cli("ls", f"{bucket}/a/", status=NOT_FOUND)
    cli("get", "-r", f"{bucket}/b/c", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == tree_digests(small_tree)
    cli("cp", "-r", f"{bucket}/b", f"{bucket}/b/d", status=USAGE)


def test_links_are_passed_over_and_said_so(cli, bucket, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/file").write_text("x")
    (tmp_path / "d/link").symlink_to("/etc/passwd")
    assert "1 symbolic link" in cli("put", "-r", bucket, tmp_path / "d").stderr
    assert cli("ls", "-r", bucket).stdout.split()[-1] == "file"


def test_no_key_leaves_the_directory(cli, bucket, tmp_path):
    for key in ("t/fine", "t/../../escape", "t//slash"):
        cli("put", f"{bucket}/{key}", "-", input="x")
    assert "cannot be a file" in cli("get", "-r", f"{bucket}/t", tmp_path / "in/out", status=PARTIAL).stderr
    assert sorted(tree_digests(tmp_path)) == ["in/out/fine"]


def test_a_key_that_is_a_file_and_a_directory(cli, bucket, tmp_path):
    cli("put", f"{bucket}/t/a", "-", input="x")
    cli("put", f"{bucket}/t/a/b", "-", input="y")
    cli("get", "-r", f"{bucket}/t", tmp_path / "back", status=PARTIAL)


# --- what is said of objects ------------------------------------------------------------------------------------------


def test_ls_shows_one_level(cli, bucket):
    for key in ("a/1", "a/2", "b", "c/d/e"):
        cli("put", f"{bucket}/{key}", "-", input="123")
    names = [line.split()[-1] for line in cli("ls", bucket).stdout.splitlines()]
    assert names == ["a/", "b", "c/"]
    assert cli("ls", f"{bucket}/a/").stdout.count("\n") == 2
    assert "3 B" in cli("ls", "-h", f"{bucket}/b").stdout
    cli("ls", f"{bucket}/none", status=NOT_FOUND)


def test_a_listing_of_several_pages(cli, bucket, s3):
    keys = [f"{i:04}" for i in range(1234)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key)
    assert [line.split()[-1] for line in cli("ls", "-r", bucket).stdout.splitlines()] == keys
    cli("--quiet", "rm", "-r", bucket)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_stat_and_metadata(cli, bucket, tmp_path):
    (tmp_path / "page.html").write_text("<p>")
    cli("put", "--metadata", "Commit=1f2e", "--metadata", "b=x=y", "--cache-control", "no-cache", f"{bucket}/",
        tmp_path / "page.html")
    line = json.loads(cli("--json", "stat", f"{bucket}/page.html").stdout)
    assert line["content_type"] == "text/html"
    assert line["metadata"] == {"commit": "1f2e", "b": "x=y"}
    assert line["cache_control"] == "no-cache"
    assert line["checksum"].startswith("CRC64NVME:")
    assert "text/html" in cli("stat", f"{bucket}/page.html").stdout
    assert json.loads(cli("--json", "stat", bucket).stdout)["bucket"] == bucket
    cli("cp", f"{bucket}/page.html", f"{bucket}/copy")
    assert json.loads(cli("--json", "stat", f"{bucket}/copy").stdout)["metadata"] == {"commit": "1f2e", "b": "x=y"}
    cli("stat", f"{bucket}/none", status=NOT_FOUND)


def test_presign(cli, bucket):
    url = cli("presign", "--method", "PUT", f"{bucket}/ä b+c").stdout.strip()
    fetch(url, "PUT", b"by its address")
    assert fetch(cli("presign", "--expires", "1m", f"{bucket}/ä b+c").stdout.strip()) == b"by its address"
    with pytest.raises(urllib.error.HTTPError):
        fetch(url)
    cli("presign", "--expires", "8d", f"{bucket}/k", status=USAGE)


# --- files on this side -----------------------------------------------------------------------------------------------


def test_targets_that_are_no_plain_files(cli, bucket, tmp_path):
    cli("put", f"{bucket}/k", "-", input="new")
    cli("get", f"{bucket}/k", "/dev/null")
    assert pathlib.Path("/dev/null").is_char_device()
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    cli("get", f"{bucket}/k", tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"
    cli("get", f"{bucket}/k", tmp_path)
    assert (tmp_path / "k").read_text() == "new"
    cli("get", f"{bucket}/k", tmp_path / "no/such/directory", status=NOT_FOUND)


def test_a_full_disk_is_an_error(cli, bucket):
    cli("put", f"{bucket}/k", "-", input="x" * 10_000)
    done = cli("get", f"{bucket}/k", "/dev/full", status=PARTIAL)
    assert "No space left" in done.stderr


def test_a_pipe_is_a_file_to_put(cli, bucket, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = subprocess.Popen(["/bin/sh", "-c", f"echo through > {tmp_path}/pipe"])
    cli("put", f"{bucket}/k", tmp_path / "pipe")
    writer.wait(10)
    assert cli("cat", f"{bucket}/k").stdout == "through\n"


def test_there_is_no_progress_bar_without_a_terminal(cli, bucket, medium_file):
    assert cli("put", f"{bucket}/k", medium_file).stderr == ""


@pytest.mark.skipif(not shutil.which("script"), reason="needs script(1)")
def test_a_terminal_gets_a_progress_bar(objcli, client_env, bucket, medium_file, tmp_path):
    done = subprocess.run(["script", "-qec", f"{objcli} put {bucket}/k {medium_file}", str(tmp_path / "typescript")],
                          env={**client_env, "TERM": "xterm"}, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    assert b"%" in done.stdout and b"MiB" in done.stdout
