"""objcli, our own command line, against the server."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from clientlib import MIB, file_digest, noise, tree_digests

OK, PARTIAL, USAGE, NOT_FOUND, DENIED, PRECONDITION, INTEGRITY, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130


@pytest.fixture
def cli(objcli, client_env):
    """cli("put", ...) -> its result, after a look at its exit code."""
    def call(*arguments, status=OK, env=None, input=None, cwd=None, text=True):
        done = subprocess.run([objcli, *map(str, arguments)], env={**client_env, **(env or {})}, input=input, cwd=cwd,
                              text=text, capture_output=True, timeout=600)
        assert done.returncode == status, f"{arguments} -> {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done
    return call


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


# --- exit codes and messages ------------------------------------------------------------------------------------------


def test_what_is_not_there(cli, bucket, tmp_path):
    assert "objcli: cannot get" in cli("get", f"{bucket}/none", tmp_path / "x", status=NOT_FOUND).stderr
    assert list(tmp_path.iterdir()) == []
    cli("cat", f"{bucket}/none", status=NOT_FOUND)
    cli("rm", f"{bucket}/none", status=NOT_FOUND)
    cli("cp", f"{bucket}/none", f"{bucket}/x", status=NOT_FOUND)
    cli("put", f"{bucket}-none/k", "-", input="x", status=NOT_FOUND)
    cli("put", f"{bucket}/k", tmp_path / "none", status=NOT_FOUND)
    cli("get", "-r", f"{bucket}/none", tmp_path / "x", status=NOT_FOUND)


def test_what_exists_already(cli, bucket):
    cli("mb", bucket, status=PRECONDITION)
    cli("put", "--no-overwrite", f"{bucket}/k", "-", input="first")
    cli("put", "--no-overwrite", f"{bucket}/k", "-", input="second", status=PRECONDITION)
    assert cli("cat", f"{bucket}/k").stdout == "first"
    cli("put", f"{bucket}/other", "-", input="other")
    cli("cp", "--no-overwrite", f"{bucket}/other", f"{bucket}/k", status=PRECONDITION)
    cli("cp", "--no-overwrite", f"{bucket}/other", f"{bucket}/new")


def test_no_overwrite_of_a_large_object(cli, bucket, medium_file, s3):
    cli("put", f"{bucket}/k", "-", input="first")
    cli("put", "--no-overwrite", f"{bucket}/k", medium_file, status=PRECONDITION)
    assert cli("cat", f"{bucket}/k").stdout == "first"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_some_of_it_is_partial(cli, bucket):
    cli("put", f"{bucket}/k", "-", input="x")
    done = cli("cat", f"{bucket}/k", f"{bucket}/none", status=PARTIAL)
    assert done.stdout == "x"


def test_usage(cli, bucket, tmp_path):
    cli(status=USAGE)
    cli("frobnicate", status=USAGE)
    cli("put", bucket, status=USAGE)
    cli("put", "No_Bucket/k", "-", input="", status=USAGE)
    cli("put", bucket, tmp_path, status=USAGE)
    cli("--part-size", "1M", "ls", status=USAGE)
    cli("--endpoint", "ftp://x", "ls", status=USAGE)
    cli("get", bucket, status=USAGE)
    assert "--recursive" in cli("put", f"{bucket}/k", tmp_path, status=USAGE).stderr


def test_help_and_version(cli):
    assert cli("--version").stdout.startswith("objcli ")
    assert "Exit codes" in cli("--help").stdout
    for command in ("mb", "rb", "ls", "put", "get", "cat", "rm", "cp", "stat", "presign"):
        assert f"Examples:\n  objcli {command}" in cli(command, "--help").stdout.replace("\n\n", "\n")


def test_wrong_credentials(cli, bucket):
    done = cli("ls", bucket, env={"AWS_SECRET_ACCESS_KEY": "wrong"}, status=DENIED)
    assert "SignatureDoesNotMatch" in done.stderr and "the environment" in done.stderr
    cli("ls", bucket, env={"AWS_ACCESS_KEY_ID": "AKNOBODY"}, status=DENIED)
    cli("--anonymous", "ls", bucket, status=DENIED)
    assert "no credentials" in cli("ls", bucket, env={"AWS_ACCESS_KEY_ID": ""}, status=DENIED).stderr


def test_credentials_of_a_profile(cli, bucket, credentials, tmp_path):
    access_key, secret_key = credentials
    (tmp_path / "c").write_text(f"[ci]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n")
    env = {"AWS_ACCESS_KEY_ID": "AKNOBODY", "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "c")}
    cli("--profile", "ci", "ls", bucket, env=env)
    cli("--profile", "none", "ls", bucket, env=env, status=USAGE)
    cli("--access-key", access_key, "--secret-key", secret_key, "ls", bucket, env={"AWS_ACCESS_KEY_ID": "AKNOBODY"})


def test_no_server(cli):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{probe.getsockname()[1]}"
        done = cli("--endpoint", endpoint, "--attempts", "2", "ls", status=UNREACHABLE)
    assert endpoint in done.stderr and "--endpoint" in done.stderr
    cli("--endpoint", "http://no-such-host.invalid", "--attempts", "1", "ls", status=UNREACHABLE)


def test_a_server_that_says_nothing(cli):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.monotonic()
        cli("--endpoint", f"http://127.0.0.1:{silent.getsockname()[1]}", "--attempts", "2", "--timeout", "1s", "ls",
            status=UNREACHABLE)
        assert time.monotonic() - started < 15


def test_errors_as_json(cli, bucket):
    line = json.loads(cli("--json", "cat", f"{bucket}/none", status=NOT_FOUND).stderr)
    assert line["error"] == "NoSuchKey" and line["exit_code"] == NOT_FOUND


def test_quiet_says_nothing(cli, bucket, tmp_path):
    done = cli("--quiet", "put", f"{bucket}/k", "-", input="x")
    assert done.stdout == done.stderr == ""
    done = cli("--quiet", "get", f"{bucket}/k", tmp_path / "k")
    assert done.stdout == done.stderr == ""


# --- wrong bytes and broken connections -------------------------------------------------------------------------------


@pytest.fixture
def lie():
    from lying_server import Lie
    lies = []

    def make(answer):
        lies.append(Lie(answer))
        return lies[-1]
    yield make
    for one in lies:
        one.stop()


def answer_with(body, announced=None, **headers):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if announced is None else announced))
        handler.send_header("ETag", '"v1"')
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        if announced is not None:
            handler.close_connection = True
    return answer


def test_a_wrong_byte_is_never_kept(cli, lie, tmp_path):
    server = lie(answer_with(b"123456780", x_amz_checksum_crc64nvme="rosUhgp5mIg="))
    (tmp_path / "file").write_text("old")
    done = cli("--endpoint", server.endpoint, "get", "bkt/k", tmp_path / "file", status=INTEGRITY)
    assert "CRC64NVME" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"
    cli("--endpoint", server.endpoint, "cat", "bkt/k", status=INTEGRITY)


def test_the_right_bytes_are_kept(cli, lie, tmp_path):
    server = lie(answer_with(b"123456789", x_amz_checksum_crc64nvme="rosUhgp5mIg=", x_amz_checksum_crc32="y/Q5Jg=="))
    cli("--endpoint", server.endpoint, "get", "bkt/k", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"123456789"


def test_a_body_that_is_cut_is_never_kept(cli, lie, tmp_path):
    server = lie(answer_with(b"short", announced=100))
    cli("--endpoint", server.endpoint, "--attempts", "2", "get", "bkt/k", tmp_path / "file", status=UNREACHABLE)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_http_is_an_error(cli, lie):
    def answer(handler):
        handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        handler.close_connection = True
    done = cli("--endpoint", lie(answer).endpoint, "--attempts", "1", "ls", status=PARTIAL)
    assert "not HTTP" in done.stderr


def test_an_answer_without_end_is_bounded(cli, lie):
    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"<" * 65536)
        except OSError:
            handler.close_connection = True
    cli("--endpoint", lie(answer).endpoint, "--attempts", "1", "ls", status=USAGE)


def test_a_head_without_end_is_bounded(cli, lie):
    def answer(handler):
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                handler.wfile.write(b"X-Header: " + b"y" * 1000 + b"\r\n")
        except OSError:
            handler.close_connection = True
    cli("--endpoint", lie(answer).endpoint, "--attempts", "1", "ls", status=PARTIAL)


def test_a_busy_server_is_asked_again(cli, lie):
    def answer(handler):
        busy = len(server.requests) < 3
        body = b"" if busy else b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>"
        handler.send_response(503 if busy else 200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    server = lie(answer)
    cli("--endpoint", server.endpoint, "ls")
    assert len(server.requests) == 3


# --- Ctrl-C -----------------------------------------------------------------------------------------------------------


def interrupt(process, after):
    """SIGINT as soon as `after()` holds."""
    deadline = time.monotonic() + 60
    while not after():
        assert process.poll() is None, "it ended before it was interrupted"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    return process.returncode


def test_an_interrupted_get_leaves_nothing(objcli, client_env, lie, tmp_path):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 40))
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(bytes(65536))
                time.sleep(0.001)
        except OSError:
            handler.close_connection = True
    process = subprocess.Popen([objcli, "--endpoint", lie(answer).endpoint, "get", "bkt/k", str(tmp_path / "file")],
                               env=client_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert interrupt(process, lambda: any(tmp_path.iterdir())) == INTERRUPTED
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_put_leaves_nothing(objcli, client_env, bucket, s3):
    """From a pipe that stays open, so that it is surely in the middle."""
    process = subprocess.Popen([objcli, "put", f"{bucket}/k", "-"], env=client_env, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(bytes(30 * MIB))
    process.stdin.flush()
    def under_way():
        return any(s3.list_parts(Bucket=bucket, Key="k", UploadId=upload["UploadId"]).get("Parts")
                   for upload in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []))
    deadline = time.monotonic() + 60
    while not under_way():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == INTERRUPTED
    process.stdin.close()
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_reader_that_goes_away_ends_it(objcli, client_env, cli, bucket):
    cli("put", f"{bucket}/k", "-", input=bytes(20 * MIB), text=False)
    with subprocess.Popen([objcli, "cat", f"{bucket}/k"], env=client_env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(30) == -signal.SIGPIPE
        assert process.stderr.read() == b""


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


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tls_env(client_env, tls_server):
    access_key, secret_key = tls_server.credentials()
    return {**client_env, "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key,
            "OBJCLI_ENDPOINT": tls_server.endpoint}


def test_over_tls(cli, tls_env, certificate, medium_file, tmp_path):
    trust = {**tls_env, "AWS_CA_BUNDLE": str(certificate[0])}
    cli("mb", "over-tls", env=trust)
    cli("--ca-bundle", certificate[0], "put", "over-tls/k", medium_file, env=tls_env)
    cli("get", "over-tls/k", tmp_path / "back", env=trust)
    assert file_digest(tmp_path / "back") == file_digest(medium_file)
    cli("--no-verify-ssl", "rb", "--force", "over-tls", env=tls_env)


def test_a_certificate_that_nobody_vouches_for(cli, tls_env, certificate):
    assert "not trusted" in cli("--attempts", "1", "ls", env=tls_env, status=UNREACHABLE).stderr
    other_name = tls_env["OBJCLI_ENDPOINT"].replace("127.0.0.1", "localhost")
    done = cli("--attempts", "1", "--endpoint", other_name, "--ca-bundle", certificate[0], "ls", env=tls_env,
               status=UNREACHABLE)
    assert "not trusted" in done.stderr
    cli("--ca-bundle", "/no/such/file", "ls", env=tls_env, status=USAGE)
