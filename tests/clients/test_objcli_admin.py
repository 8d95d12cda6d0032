"""objcli's commands about buckets' settings, versions, tags, uploads; profiles, completion, the man page, the doctor."""
import datetime
import json
import os
import pathlib
import pty
import re
import shutil
import socket
import subprocess
import time

import pytest

from clientlib import MIB, write_noise
from lying_server import Lie
from objcli_command import DENIED, NOT_FOUND, OK, PRECONDITION, UNREACHABLE, USAGE, cli  # noqa: F401, a fixture

COMMANDS = ["mb", "rb", "ls", "put", "get", "cat", "rm", "cp", "mv", "sync", "diff", "find", "du", "stat", "presign",
            "versions", "tag get", "tag set", "tag rm", "policy get", "policy set", "policy rm", "cors get", "cors set",
            "cors rm", "lifecycle get", "lifecycle set", "lifecycle rm", "uploads ls", "uploads abort", "doctor", "config",
            "config ls", "completion bash", "completion zsh", "completion fish"]


def rows(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def versioned(s3, make_bucket):
    name = make_bucket(s3)
    yield name
    pages = s3.list_object_versions(Bucket=name)
    for item in pages.get("Versions", []) + pages.get("DeleteMarkers", []):
        s3.delete_object(Bucket=name, Key=item["Key"], VersionId=item["VersionId"])


def test_versions(cli, versioned, tmp_path):
    cli("versions", "--enable", versioned)
    for text in ("one", "two", "three"):
        cli("put", f"{versioned}/k", "-", input=text)
    cli("rm", f"{versioned}/k")
    found = rows(cli("--json", "versions", versioned))
    assert [row["delete_marker"] for row in found] == [True, False, False, False]
    assert [row["latest"] for row in found] == [True, False, False, False]
    shown = cli("versions", "-h", versioned).stdout
    assert "removed" in shown and "versioning is enabled" in shown and found[2]["version_id"] in shown
    assert cli("cat", "--version-id", found[2]["version_id"], f"{versioned}/k").stdout == "two"
    assert rows(cli("--json", "stat", "--version-id", found[3]["version_id"], f"{versioned}/k"))[0]["size"] == 3
    cli("cp", "--version-id", found[3]["version_id"], f"{versioned}/k", f"{versioned}/back")
    assert cli("cat", f"{versioned}/back").stdout == "one"
    cli("rm", "--version-id", found[0]["version_id"], f"{versioned}/k")
    assert cli("cat", f"{versioned}/k").stdout == "three"
    cli("versions", "--suspend", versioned)
    assert "versioning is suspended" in cli("versions", versioned).stdout
    cli("versions", f"{versioned}/none", status=NOT_FOUND)
    assert "would remove" in cli("rm", "-r", "-n", "--versions", f"{versioned}/").stdout
    cli("rm", "-r", "--versions", f"{versioned}/")
    assert rows(cli("--json", "versions", versioned)) == []


def test_a_bucket_with_versions_is_removed_by_force(cli, bucket):
    name = f"{bucket}-v"
    cli("mb", name)
    cli("versions", "--enable", name)
    for text in ("one", "two"):
        cli("put", f"{name}/k", "-", input=text)
    cli("rm", f"{name}/k")
    cli("rb", name, status=PRECONDITION)
    cli("rb", "--force", name)
    cli("ls", name, status=NOT_FOUND)


def test_tags(cli, bucket):
    cli("put", "--tag", "a=1", f"{bucket}/k", "-", input="x")
    cli("tag", "set", f"{bucket}/k", "b=2", "a=3")
    assert cli("tag", "get", f"{bucket}/k").stdout == "a=3\nb=2\n"
    cli("tag", "rm", f"{bucket}/k", "a")
    assert rows(cli("--json", "tag", "get", f"{bucket}/k"))[0]["tags"] == {"b": "2"}
    cli("tag", "rm", f"{bucket}/k", "none", status=NOT_FOUND)
    cli("tag", "rm", f"{bucket}/k")
    assert cli("tag", "get", f"{bucket}/k").stdout == ""
    cli("tag", "set", f"{bucket}/k", "novalue", status=USAGE)
    cli("tag", "get", f"{bucket}/none", status=NOT_FOUND)


def test_policies(cli, bucket, tmp_path):
    cli("policy", "get", bucket, status=NOT_FOUND)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                                                     "Resource": f"arn:aws:s3:::{bucket}/*"}]}
    (tmp_path / "policy.json").write_text(json.dumps(policy))
    cli("policy", "set", bucket, tmp_path / "policy.json")
    assert json.loads(cli("policy", "get", bucket).stdout) == policy
    cli("put", f"{bucket}/k", "-", input="public")
    assert cli("--anonymous", "cat", f"{bucket}/k").stdout == "public"
    cli("policy", "rm", bucket)
    cli("--anonymous", "cat", f"{bucket}/k", status=DENIED)
    cli("policy", "set", bucket, "-", input="{", status=USAGE)
    cli("policy", "set", bucket, tmp_path / "none", status=NOT_FOUND)
    cli("policy", "get", f"{bucket}/key", status=USAGE)


@pytest.mark.parametrize("kind", ["cors", "lifecycle"])
def test_documents_go_through_or_the_server_has_none_in_words(objcli, client_env, bucket, kind):
    """Whichever the server is able to do: never a bare 501."""
    done = subprocess.run([objcli, kind, "get", bucket], env=client_env, capture_output=True, text=True, timeout=60)
    if done.returncode == USAGE:
        assert "this server has no" in done.stderr
    else:
        assert done.returncode == NOT_FOUND, done.stderr


def test_a_ttl_that_nothing_would_honour_is_refused(objcli, client_env, bucket):
    put = [objcli, "put", f"{bucket}/k", "-"]
    done = subprocess.run([*put, "--ttl", "7d"], input="x", env=client_env, capture_output=True, text=True, timeout=60)
    assert done.returncode == USAGE and ("no lifecycle" in done.stderr or "has no rule" in done.stderr)
    done = subprocess.run([*put, "--ttl", "90m"], input="x", env=client_env, capture_output=True, text=True, timeout=60)
    assert done.returncode == USAGE and "whole days" in done.stderr
    assert subprocess.run([objcli, "stat", f"{bucket}/k"], env=client_env, capture_output=True).returncode == NOT_FOUND


def test_a_ttl_with_a_rule_is_a_tag(cli):
    rule = ("<LifecycleConfiguration><Rule><ID>x</ID><Filter><Tag><Key>ttl</Key><Value>7d</Value></Tag></Filter>"
            "<Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule></LifecycleConfiguration>")

    def answer(handler):
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        body = rule.encode() if "lifecycle" in handler.path else b""
        handler.send_response(200)
        handler.send_header("ETag", '"e"')
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
    server = Lie(answer)
    try:
        cli("--endpoint", server.endpoint, "put", "--ttl", "7d", "bkt/k", "-", input="x")
        put = [headers for method, _, headers in server.requests if method == "PUT"][0]
        assert {name.lower(): value for name, value in put.items()}["x-amz-tagging"] == "ttl=7d"
        cli("--endpoint", server.endpoint, "put", "--ttl", "8d", "bkt/k", "-", input="x", status=USAGE)
    finally:
        server.stop()


def test_uploads_are_seen_and_aborted(cli, bucket, s3):
    for key in ("a/one", "a/two", "b"):
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=b"x" * 1000)
    found = rows(cli("--json", "uploads", "ls", bucket))
    assert [(row["key"], row["parts"], row["size"]) for row in found] == [("a/one", 1, 1000), ("a/two", 1, 1000), ("b", 1, 1000)]
    assert found[0]["upload_id"] in cli("uploads", "ls", f"{bucket}/a/").stdout
    cli("uploads", "abort", "--older", "1h", f"{bucket}/b", status=NOT_FOUND)
    cli("uploads", "abort", f"{bucket}/b")
    cli("uploads", "abort", bucket, status=USAGE)
    cli("uploads", "abort", "-r", bucket)
    assert rows(cli("--json", "uploads", "ls", bucket)) == []


# --- this machine -----------------------------------------------------------------------------------------------------


def test_a_profile_is_set_up_and_used(cli, bucket, endpoint, credentials, tmp_path):
    access_key, secret_key = credentials
    env = {"HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "", "OBJCLI_ENDPOINT": ""}
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text("# mine\n[default]\nregion = eu-west-1\noutput = json\n")
    cli("config", "--profile", "ci", "--endpoint", endpoint, "--access-key", access_key, "--secret-key", secret_key, env=env)
    cli("--profile", "ci", "ls", bucket, env=env)
    config = (tmp_path / ".aws/config").read_text()
    assert config.startswith("# mine\n[default]\nregion = eu-west-1\noutput = json\n") and "[profile ci]" in config
    assert (tmp_path / ".aws/credentials").stat().st_mode & 0o077 == 0
    cli("config", "--profile", "ci", "--region", "eu-west-2", env=env)
    cli("config", "--region", "eu-west-3", env=env)
    config = (tmp_path / ".aws/config").read_text()
    assert config.count("[profile ci]") == 1 and "region = eu-west-2" in config and "region = eu-west-3" in config
    listed = {row["profile"]: row for row in rows(cli("--json", "config", "ls", env=env))}
    assert listed["ci"]["endpoint"] == endpoint and listed["ci"]["access_key"] == access_key
    assert secret_key not in cli("config", "ls", env=env).stdout
    cli("config", env=env, status=USAGE)
    cli("config", "--profile", "x", "--access-key", "AK", env=env, status=USAGE)


def test_config_asks_on_a_terminal(objcli, client_env, tmp_path, endpoint, credentials):
    master, slave = pty.openpty()
    env = {**client_env, "HOME": str(tmp_path)}
    process = subprocess.Popen([objcli, "config"], env=env, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
    os.close(slave)
    seen = b""
    for question, answer in ((b"Profile", "ci"), (b"Endpoint", endpoint), (b"Region", ""), (b"Access key", credentials[0]),
                             (b"Secret key", credentials[1])):
        while question not in seen:
            seen += os.read(master, 1000)
        time.sleep(0.2)  # the echo is switched off behind the question
        os.write(master, answer.encode() + b"\n")
    try:
        while True:
            piece = os.read(master, 1000)
            if not piece:
                break
            seen += piece
    except OSError:
        pass
    assert process.wait(30) == OK
    assert credentials[1].encode() not in seen, "the secret was shown"
    assert credentials[1] in (tmp_path / ".aws/credentials").read_text()


def test_every_command_has_help_with_an_example(cli):
    for command in COMMANDS:
        text = cli(*command.split(), "--help").stdout
        assert "Examples:" in text and f"objcli {command.split()[0]}" in text, command
    listed = set(re.findall(r"^  ([a-z]+) ", cli("--help").stdout.split("Subcommands:")[1], re.M))
    named = {command.split()[0] for command in COMMANDS}
    assert named <= listed


def test_completion_scripts_are_valid_and_know_the_options(cli, tmp_path):
    for shell in ("bash", "zsh", "fish"):
        script = cli("completion", shell).stdout
        for word in ("sync", "versions", "--no-overwrite" if shell != "fish" else "no-overwrite"):
            assert word in script
        (tmp_path / shell).write_text(script)
        if shutil.which(shell):
            subprocess.run([shell, "-n", tmp_path / shell], check=True)
    typed = f"source {tmp_path}/bash; COMP_WORDS=(objcli uploads ab); COMP_CWORD=2; _objcli; echo ${{COMPREPLY[@]}}"
    assert subprocess.run(["bash", "-c", typed], capture_output=True, text=True).stdout.strip() == "abort"


def plain(text):
    return re.sub(r"\s+", " ", text)


def test_the_man_page_says_what_help_says(cli, tmp_path):
    """It is made from the commands; this finds what the making loses."""
    page = cli("man-page").stdout
    (tmp_path / "objcli.1").write_text(page)
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-man", "-Tascii", "-ww", "-z", tmp_path / "objcli.1"], capture_output=True, text=True)
        assert done.stderr == ""
    said = plain(page.replace("\\-", "-").replace("\\&", "").replace("\\fB", "").replace("\\fI", "").replace("\\fR", ""))
    for command in [""] + COMMANDS:
        text = cli(*command.split(), "--help").stdout
        for flag in set(re.findall(r"--[a-z0-9-]+", text)):
            assert flag in said, (command, flag)
        assert f"objcli {command}".strip() in said


def test_the_man_page_is_installed():
    root = pathlib.Path(__file__).resolve().parents[2]
    assert "MANDIR" in (root / "client/cli/CMakeLists.txt").read_text()


# --- the doctor -------------------------------------------------------------------------------------------------------


def verdicts(done):
    return {row["check"]: row["verdict"] for row in rows(done)}


def test_the_doctor_of_a_healthy_set_up(cli, bucket):
    done = cli("--json", "doctor", "--write", bucket)
    assert verdicts(done) == {"endpoint": "ok", "TLS": "ok", "clock": "ok", "credentials": "ok", "bucket": "ok", "write": "ok"}
    assert cli("ls", bucket).stdout == ""
    assert "can be listed" in cli("doctor", bucket).stdout


def test_the_doctor_says_what_is_wrong(cli, bucket, tls_server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
        done = cli("--endpoint", nobody, "doctor", status=UNREACHABLE)
    assert "FAILED" in done.stdout and "check that a server runs there" in done.stdout
    done = cli("--endpoint", tls_server.endpoint, "doctor", status=UNREACHABLE)
    assert "certificate" in done.stdout and "--ca-bundle" in done.stdout
    done = cli("doctor", env={"AWS_SECRET_ACCESS_KEY": "wrong"}, status=DENIED)
    assert "the secret key of" in done.stdout and "is wrong" in done.stdout
    done = cli("doctor", env={"AWS_ACCESS_KEY_ID": "AKNOBODY"}, status=DENIED)
    assert "check the access key AKNOBODY" in done.stdout
    assert "warning  credentials" in cli("doctor", env={"AWS_ACCESS_KEY_ID": ""}).stdout
    assert "s3:ListBucket" in cli("--anonymous", "doctor", bucket, status=DENIED).stdout
    cli("doctor", f"{bucket}-none", status=NOT_FOUND)
    cli("doctor", "--write", status=USAGE)


def test_the_doctor_looks_at_the_clock(cli):
    def answer(handler):
        late = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        handler.send_response_only(403)
        handler.send_header("Date", late.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()
    server = Lie(answer)
    try:
        done = cli("--endpoint", server.endpoint, "doctor", status=DENIED)
        assert re.search(r"clock is (3599|3600|3601) s behind", done.stdout) and "set the clock" in done.stdout
    finally:
        server.stop()


# --- on a terminal ----------------------------------------------------------------------------------------------------


def on_terminal(command, env, columns=80):
    """What a terminal of so many columns gets to see."""
    master, slave = pty.openpty()
    import fcntl
    import struct
    import termios
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(command, env={**env, "TERM": "xterm"}, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave)
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    os.close(master)
    assert process.wait(60) == OK, seen
    return seen.decode()


def test_progress_of_the_whole_and_of_each_file(objcli, client_env, bucket, tmp_path):
    for number in range(3):
        write_noise(tmp_path / f"tree/file-{number}-{'long' * 30}" if (tmp_path / "tree").mkdir(exist_ok=True) is None else "",
                    2 * MIB, seed=number)
    seen = on_terminal([objcli, "--limit-rate", "3M", "put", "-r", f"{bucket}/t", str(tmp_path / "tree")], client_env, 70)
    assert "of 3 files" in seen and "of 6.0 MiB" in seen and "/s" in seen and " left" in seen and "…" in seen
    assert "\033[32m" in seen
    for line in re.split(r"[\r\n]|\033\[J", seen):
        visible = re.sub(r"\033\[[0-9]*[A-Za-z]", "", line)
        if "%" in visible:
            assert len(visible) < 70, visible
    plain_seen = on_terminal([objcli, "--limit-rate", "8M", "put", f"{bucket}/k", next(iter((tmp_path / "tree").iterdir()))],
                             {**client_env, "NO_COLOR": "1"})
    assert "\033[32m" not in plain_seen and "%" in plain_seen


def test_tables_fit_the_terminal(objcli, client_env, bucket, s3):
    key = "directory/" * 20 + "name"
    s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    seen = on_terminal([objcli, "versions", bucket], client_env, 90)
    assert "KEY" in seen and "…" in seen and all(len(line.rstrip()) <= 90 for line in seen.splitlines())
    piped = subprocess.run([objcli, "versions", bucket], env=client_env, capture_output=True, text=True).stdout
    assert key in piped and "KEY" not in piped
