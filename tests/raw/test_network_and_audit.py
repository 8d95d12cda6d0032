"""Network rules, trusted proxies, the audit log and who may read the metrics (G9, G10, G15, H9, H10)."""
import http.client
import json
import signal
import socket
import time
import urllib.parse

import pytest

from objd_process import free_port
from s3_access import make_s3

CANARY = "canary-of-no-use-to-anybody"


def wait_until(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.05)
    pytest.fail(f"{what}: not within {seconds} s")


def is_served(port):
    """Whether a connection to this port gets an answer; closed without one: no."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/-/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def fetch(port, method, path, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers=headers or {})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_rules_of_a_listener_count_at_once(own_server, tmp_path):
    second = free_port()
    rules = tmp_path / "network.toml"
    rules.write_text("")
    objd = own_server("--listen", f"127.0.0.1:{second}", "--network", str(rules))
    assert is_served(objd.port) and is_served(second)
    with socket.create_connection(("127.0.0.1", second), timeout=20) as waiting:
        rules.write_text(f'[[listener]]\nlisten = "127.0.0.1:{second}"\ndeny = ["127.0.0.0/8"]\n')
        objd.process.send_signal(signal.SIGHUP)
        wait_until(lambda: not is_served(second), "the rule did not count")
        # Who was connected before and would not be admitted now is cut.
        try:
            assert waiting.recv(1) == b""
        except ConnectionResetError:
            pass
    assert is_served(objd.port) and not is_served(second)
    assert objd.metrics()["objd_http_connections_refused_total"] >= 1
    # A file that is wrong changes nothing.
    rules.write_text('deny = ["nonsense"]\n')
    objd.process.send_signal(signal.SIGHUP)
    wait_until(lambda: b"not reloaded" in objd.log.read_bytes(), "the error was not logged")
    assert not is_served(second) and is_served(objd.port)
    rules.write_text(f'[[listener]]\nlisten = "127.0.0.1:{second}"\nallow = ["127.0.0.1"]\n')
    objd.process.send_signal(signal.SIGHUP)
    wait_until(lambda: is_served(second), "the rule did not go")


def test_rules_count_from_the_start_and_a_wrong_file_ends_it(own_server, tmp_path):
    rules = tmp_path / "network.toml"
    rules.write_text('allow = ["192.0.2.0/24"]\n')
    objd = own_server("--network", str(rules), start=False)
    objd.spawn()
    wait_until(lambda: b"ready" in objd.log.read_bytes(), "no start")
    assert not is_served(objd.port)
    objd.stop()
    rules.write_text("alow = []\n")
    objd.spawn()
    assert objd.process.wait(30) == 1
    assert b'network.toml:1: unknown key "alow"' in objd.log.read_bytes()


def test_G9_G10_a_trusted_proxy_speaks_for_its_client(own_server, tmp_path):
    rules = tmp_path / "network.toml"
    rules.write_text('trusted_proxies = ["127.0.0.1"]\n')
    objd = own_server("--network", str(rules), "--audit-log", str(tmp_path / "audit"))
    s3 = make_s3(objd)
    s3.create_bucket(Bucket="behind-a-proxy")
    s3.put_object(Bucket="behind-a-proxy", Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket="behind-a-proxy", Policy=json.dumps({"Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::behind-a-proxy/*",
        "Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}, "Bool": {"aws:SecureTransport": "true"}}}}))

    def get(forwarded, proto="https"):
        return fetch(objd.port, "GET", "/behind-a-proxy/k", {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": proto})[0]

    assert get("198.51.100.7") == 200
    assert get("198.51.100.7", "http") == 403
    assert get("198.51.100.7, 203.0.113.1") == 403
    assert get("203.0.113.1, 198.51.100.7") == 200
    assert get("198.51.100.7, garbage") == 403
    objd.stop()
    lines = [json.loads(line) for line in (tmp_path / "audit").read_text().splitlines()]
    clients = [line["client"] for line in lines if line["action"] == "GetObject"]
    assert clients == ["198.51.100.7", "198.51.100.7", "203.0.113.1", "198.51.100.7", "127.0.0.1"]


def test_the_audit_log_says_who_did_what_and_no_secret(own_server, tmp_path, monkeypatch):
    audit = tmp_path / "audit"
    objd = own_server("--audit-log", str(audit), "--access-log", "false")
    access_key, secret_key = objd.credentials()
    s3 = make_s3(objd)
    s3.create_bucket(Bucket="audited")
    s3.put_object(Bucket="audited", Key="a/b", Body=b"12345", Metadata={"note": CANARY})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "audited", "Key": "a/b"})
    signature = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["X-Amz-Signature"][0]
    parts = urllib.parse.urlsplit(url)
    assert fetch(objd.port, "GET", f"{parts.path}?{parts.query}")[0] == 200
    assert fetch(objd.port, "GET", f"/audited/a/b?x={CANARY}", {"Cookie": CANARY, "Referer": CANARY})[0] == 403
    assert fetch(objd.port, "GET", "/audited/a/b", {"Authorization": f"Bearer {CANARY}"})[0] == 400
    assert fetch(objd.port, "GET", "/-/metrics", {"Authorization": f"Bearer {CANARY}"})[0] == 200
    objd.stop()
    text = audit.read_text()
    for secret in (secret_key, signature, CANARY, "X-Amz", "AWS4-HMAC"):
        assert secret not in text and secret not in objd.log.read_text(), secret
    lines = [json.loads(line) for line in text.splitlines()]
    put = next(line for line in lines if line["action"] == "PutObject")
    assert (put["bucket"], put["key"], put["status"], put["bytes_in"]) == ("audited", "a/b", 200, 5)
    assert (put["access_key"], put["client"], put["method"], put["error"]) == (access_key, "127.0.0.1", "PUT", "")
    assert put["account"] and put["principal"] and len(put["id"]) == 16
    refused = [line for line in lines if line["action"] == "GetObject" and line["status"] != 200]
    assert [(line["principal"], line["error"], line["key"]) for line in refused] == [
        ("", "AccessDenied", "a/b"), ("", "InvalidRequest", "a/b")]
    assert audit.stat().st_mode & 0o777 == 0o600


def test_H10_a_request_is_one_line_whatever_it_is_called(own_server, tmp_path):
    audit = tmp_path / "audit"
    objd = own_server("--audit-log", str(audit))
    s3 = make_s3(objd)
    s3.create_bucket(Bucket="audited")
    key = 'a\n{"time":"forged"}\r\x1b[31m\x7f"\\ü'
    s3.put_object(Bucket="audited", Key=key, Body=b"")
    objd.stop()
    data = audit.read_bytes()
    assert not any(byte < 32 and byte != 10 or byte == 127 for byte in data)
    lines = [json.loads(line) for line in data.splitlines()]
    assert [line["action"] for line in lines if line["bucket"] == "audited"] == ["CreateBucket", "PutObject"]
    assert b"\x1b" not in objd.log.read_bytes()


def test_the_audit_log_is_rotated_by_size(own_server, tmp_path):
    audit = tmp_path / "audit"
    objd = own_server("--audit-log", str(audit), "--audit-log-size", "4KiB", "--audit-log-files", "2")
    for _ in range(60):
        fetch(objd.port, "GET", "/some-bucket/key")
    objd.stop()  # a line is written once its reply has been sent
    assert sorted(path.name for path in tmp_path.glob("audit*")) == ["audit", "audit.1", "audit.2"]
    for path in tmp_path.glob("audit*"):
        assert path.stat().st_size <= 4096
        assert all(json.loads(line)["action"] == "GetObject" for line in path.read_text().splitlines())


def test_G15_metrics_need_a_right(own_server):
    objd = own_server(OBJD_METRICS="root", OBJD_METRICS_TOKEN="the-token-of-the-scraper")
    assert fetch(objd.port, "GET", "/-/metrics")[0] == 403
    assert fetch(objd.port, "GET", "/-/metrics", {"Authorization": "Bearer wrong"})[0] == 403
    status, body = fetch(objd.port, "GET", "/-/metrics", {"Authorization": "Bearer the-token-of-the-scraper"})
    assert status == 200 and b"objd_" in body
    assert fetch(objd.port, "GET", "/-/status", {"Authorization": "Bearer the-token-of-the-scraper"})[0] == 403
    assert b"the-token-of-the-scraper" not in objd.log.read_bytes()
