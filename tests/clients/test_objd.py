"""objd as an operator meets it: its command line, its commands, its signals, and what it says when something is wrong."""
import os
import re
import socket
import subprocess
import time

import boto3
import botocore
import pytest

from objd_process import clean_environment, free_port, objd_path

WAIT_SECONDS_MAX = 30


def objd(home, *arguments, **environment):
    return subprocess.run([objd_path(), *map(str, arguments)], env=clean_environment(home, **environment),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def wait_until(condition):
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.05)


def users(path, *keys):
    path.write_text("".join(f'[[account]]\nid = "{key.lower()}"\n[[account.user]]\nid = "user-{key}"\n'
                            f'[[account.user.key]]\naccess_key = "{key}"\nsecret_key = "secret-of-{key}"\n' for key in keys))


def lists_buckets(server, key, secret):
    client = boto3.client("s3", endpoint_url=server.endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
                          region_name="us-east-1", verify=False,
                          config=botocore.config.Config(retries={"max_attempts": 1}))
    try:
        return client.list_buckets()["Owner"]["ID"]
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]


def test_version_and_help_are_complete(tmp_path):
    assert re.fullmatch(r"objd \d+\.\d+\.\d+\n", objd(tmp_path, "--version").stdout)
    text = objd(tmp_path, "--help").stdout
    for word in ("--data", "--listen", "--bootstrap", "--tls-cert", "check-config", "status", "rotate-root-key", "SIGHUP",
                 "OBJD_SECRET_KEY"):
        assert word in text


def test_a_wrong_command_line_is_one_line_and_exit_status_2(tmp_path):
    for arguments in (["--no-such-option"], [], ["--data", tmp_path / "d", "--listen", "nowhere"], ["no-such-command"]):
        done = objd(tmp_path, *arguments)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("objd: ") and done.stderr.count("\n") == 1
    assert not (tmp_path / "d").exists()


def test_an_unknown_key_of_the_file_is_named_with_its_line(tmp_path):
    file = tmp_path / "objd.toml"
    file.write_text('region = "us-east-1"\n\nregoin = "x"\n')
    for command in (["check-config"], ["--data", tmp_path / "d"]):
        done = objd(tmp_path, *command, "--config", file)
        assert (done.returncode, done.stderr) == (1, f'objd: {file}:3: unknown key "regoin"\n')
    assert not (tmp_path / "d").exists()


def test_check_config_reads_the_other_files_too(tmp_path):
    file = tmp_path / "objd.toml"
    people = tmp_path / "users.toml"
    file.write_text(f'bootstrap = "{people}"\nlisten = ["127.0.0.1:9000", "[::1]:9000"]\n')
    users(people, "ALICE")
    assert objd(tmp_path, "check-config", OBJD_CONFIG=str(file)).returncode == 0
    people.write_text("[[account]]\nname = 1\n")
    assert objd(tmp_path, "check-config", "--config", file).stderr == f'objd: {people}:2: unknown key "name"\n'
    assert objd(tmp_path, "check-config", "--tls-cert", people, "--tls-key", people).returncode == 1


def test_a_second_server_and_a_busy_port_are_refused_clearly(own_server, tmp_path):
    first = own_server()
    done = objd(tmp_path, "--data", first.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and f"in use by process {first.pid}" in done.stderr
    done = objd(tmp_path, "--data", tmp_path / "other", "--listen", f"127.0.0.1:{first.port}")
    assert done.returncode == 1 and str(first.port) in done.stderr and "in use" in done.stderr
    assert first.health("ready") == 200


def test_the_root_key_is_private_and_only_its_path_is_told(own_server):
    one = own_server()
    _, secret = one.credentials()
    assert (one.data / "root-credentials").stat().st_mode & 0o777 == 0o600
    assert (one.data / "secret-key").stat().st_mode & 0o777 == 0o600
    assert one.data.stat().st_mode & 0o777 == 0o700
    one.restart()
    log = one.log.read_text()
    assert log.count(f"{one.data}/root-credentials") == 1
    assert secret not in log


def test_the_environment_sets_the_root_key(own_server):
    one = own_server(OBJD_ROOT_ACCESS_KEY="ROOTKEY", OBJD_ROOT_SECRET_KEY="canary-root-secret")
    assert one.credentials() == ("ROOTKEY", "canary-root-secret")
    assert re.fullmatch("[0-9a-f]{64}", lists_buckets(one, "ROOTKEY", "canary-root-secret"))
    one.stop()
    for path in one.data.rglob("*"):
        if path.is_file() and path.name != "root-credentials":
            assert b"canary-root-secret" not in path.read_bytes(), path
    assert "canary-root-secret" not in one.log.read_text()


def test_a_full_store_is_ready_to_read_and_delete_and_says_that_it_takes_no_writes(own_server, tmp_path):
    def client_of(server):
        key, secret = server.credentials()
        return boto3.client("s3", endpoint_url=server.endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
                            region_name="us-east-1", config=botocore.config.Config(retries={"max_attempts": 1}))

    one = own_server()
    client = client_of(one)
    client.create_bucket(Bucket="bucket")
    client.put_object(Bucket="bucket", Key="key", Body=b"body")
    one.stop()
    one.arguments += ["--free-space-reserve", "100TiB"]
    one.start()
    assert one.health("ready") == 200
    assert "writable  no" in objd(tmp_path, "status", "--data", one.data).stdout
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.put_object(Bucket="bucket", Key="another", Body=b"body")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert client.get_object(Bucket="bucket", Key="key")["Body"].read() == b"body"
    client.delete_object(Bucket="bucket", Key="key")
    assert "Contents" not in client.list_objects_v2(Bucket="bucket")


def test_status_and_rotation_with_and_without_a_server(own_server, tmp_path):
    one = own_server()
    done = objd(tmp_path, "status", "--data", one.data)
    assert done.returncode == 0 and "writable  yes" in done.stdout
    first = one.credentials()
    assert objd(tmp_path, "rotate-root-key", "--data", one.data).returncode == 0
    second = one.credentials()
    assert first != second
    assert lists_buckets(one, *first) == "InvalidAccessKeyId"
    assert len(lists_buckets(one, *second)) == 64
    one.kill()
    assert objd(tmp_path, "status", "--data", one.data).returncode == 1
    assert objd(tmp_path, "rotate-root-key", "--data", one.data).returncode == 0
    third = one.credentials()
    assert third != second
    one.start()
    assert lists_buckets(one, *second) == "InvalidAccessKeyId"
    assert len(lists_buckets(one, *third)) == 64


def test_status_trusts_the_certificate_that_the_server_uses(own_server, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    one = own_server("--tls-cert", str(certificate), "--tls-key", str(key), scheme="https")
    assert objd(tmp_path, "status", "--data", one.data).returncode == 0
    done = objd(tmp_path, "status", "--data", one.data, "--endpoint", one.endpoint)
    assert done.returncode == 1 and "not trusted" in done.stderr


def test_sighup_applies_the_bootstrap_file_and_reopens_the_log(own_server, tmp_path):
    people, log = tmp_path / "users.toml", tmp_path / "objd.log"
    users(people, "ALICE", "BOB")
    one = own_server("--bootstrap", str(people), "--log-file", str(log))
    assert lists_buckets(one, "ALICE", "secret-of-ALICE") == "user-ALICE"
    assert lists_buckets(one, "BOB", "secret-of-BOB") == "user-BOB"
    users(people, "BOB", "CAROL")
    log.rename(tmp_path / "old.log")
    one.process.send_signal(1)
    wait_until(lambda: log.exists() and "what=bootstrap" in log.read_text())
    assert lists_buckets(one, "ALICE", "secret-of-ALICE") == "InvalidAccessKeyId"
    assert lists_buckets(one, "BOB", "secret-of-BOB") == "user-BOB"
    assert lists_buckets(one, "CAROL", "secret-of-CAROL") == "user-CAROL"
    people.write_text("nonsense")
    one.process.send_signal(1)
    wait_until(lambda: "not reloaded" in log.read_text())
    assert lists_buckets(one, "CAROL", "secret-of-CAROL") == "user-CAROL"
    assert "secret-of" not in log.read_text() + (tmp_path / "old.log").read_text()


def test_the_service_manager_is_told(own_server, tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(WAIT_SECONDS_MAX)
        one = own_server(NOTIFY_SOCKET=str(path))
        assert manager.recv(1000) == b"READY=1"
        one.process.send_signal(1)
        assert manager.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert manager.recv(1000) == b"READY=1"
        assert one.stop() == 0
        assert manager.recv(1000) == b"STOPPING=1"


def test_sigterm_lets_an_upload_end(own_server):
    one = own_server()
    key, secret = one.credentials()
    client = boto3.client("s3", endpoint_url=one.endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
                          region_name="us-east-1", config=botocore.config.Config(signature_version="s3v4"))
    client.create_bucket(Bucket="stopping")
    url = client.generate_presigned_url("put_object", Params={"Bucket": "stopping", "Key": "slow"})
    target = url.split(f":{one.port}", 1)[1]
    with socket.create_connection(("127.0.0.1", one.port), timeout=WAIT_SECONDS_MAX) as upload:
        upload.sendall(f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{one.port}\r\nContent-Length: 10\r\n\r\n12345".encode())
        time.sleep(0.3)
        one.process.send_signal(15)
        time.sleep(0.3)
        upload.sendall(b"67890")
        assert upload.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert one.stop() == 0
    one.start()
    assert client.get_object(Bucket="stopping", Key="slow")["Body"].read() == b"1234567890"


def test_a_store_of_a_newer_format_is_refused(own_server, tmp_path):
    one = own_server()
    one.stop()
    format_file = one.data / "format"
    format_file.write_text(format_file.read_text().replace('"format":1', '"format":2'))
    done = objd(tmp_path, "--data", one.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "format 2" in done.stderr


def test_a_directory_with_something_else_in_it_is_no_store(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("years of work")
    done = objd(tmp_path, "--data", tmp_path / "home", "--listen", f"127.0.0.1:{free_port()}")
    assert done.returncode == 1 and "thesis.txt" in done.stderr
    assert os.listdir(tmp_path / "home") == ["thesis.txt"]
