"""objcli when something is wrong: exit codes, messages, lying servers, Ctrl-C, certificates."""
import json
import os
import shutil
import signal
import socket
import subprocess
import time

import pytest

from clientlib import MIB, file_digest
from lying_server import Lie
from objcli_command import (DENIED, INTEGRITY, INTERRUPTED, NOT_FOUND, PARTIAL, PRECONDITION, UNREACHABLE, USAGE,
                            cli)  # noqa: F401, a fixture

# --- exit codes and messages ------------------------------------------------------------------------------------------


def test_what_is_not_there(cli, bucket, tmp_path):
    assert "objcli: cannot get" in cli("get", f"{bucket}/none", tmp_path / "x", status=NOT_FOUND).stderr
    assert list(tmp_path.iterdir()) == []
    cli("cat", f"{bucket}/none", status=NOT_FOUND)
    cli("rm", f"{bucket}/none", status=NOT_FOUND)
    cli("rm", "-r", f"{bucket}/none", status=NOT_FOUND)
    cli("rm", "-r", bucket)
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
    assert "as --anonymous says" in cli("--anonymous", "ls", bucket, status=DENIED).stderr
    assert "no credentials" in cli("ls", bucket, env={"AWS_ACCESS_KEY_ID": ""}, status=DENIED).stderr


def test_what_is_wrong_is_said_in_words(cli, bucket, endpoint, tmp_path):
    assert "there is no command 'frobnicate'" in cli("frobnicate", status=USAGE).stderr
    assert "it has no command; `objcli --help`" in cli(status=USAGE).stderr
    assert "`objcli put --help` shows how" in cli("put", status=USAGE).stderr
    assert "`objcli cache save --help`" in cli("cache", "save", status=USAGE).stderr
    assert "tag is followed by one of: " in cli("tag", status=USAGE).stderr
    tls = endpoint.replace("http:", "https:")
    assert "name it http://" in cli("--endpoint", tls, "--attempts", "1", "ls", status=UNREACHABLE).stderr
    assert "there is no file 'A' here" in cli("cp", "A", f"s3://{bucket}/k", status=USAGE, cwd=tmp_path).stderr
    (tmp_path / "file").write_text("x")
    assert "put it without --recursive" in cli("put", "-r", f"{bucket}/t", tmp_path / "file", status=USAGE).stderr
    assert cli("put", "-h").stdout == cli("put", "--help").stdout != ""


def test_a_clock_that_is_wrong(objcli, client_env, endpoint):
    if shutil.which("faketime", path=client_env["PATH"]) is None:
        pytest.skip("faketime is not installed")
    done = subprocess.run(["faketime", "+2 hours", objcli, "ls"], env=client_env, capture_output=True, text=True)
    assert done.returncode == DENIED
    assert "set this machine's clock; `objcli doctor` says" in done.stderr


def test_a_disk_without_room_is_told_before_anything_is_fetched(cli, bucket, medium_file, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20M", "none", disk], capture_output=True).returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        cli("put", f"{bucket}/k", medium_file)
        done = cli("get", f"{bucket}/k", disk / "file", status=PARTIAL)
        assert "No space left" in done.stderr and "make room on this disk" in done.stderr
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)


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
