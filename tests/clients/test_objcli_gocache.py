"""objcli gocache: by the protocol itself, and by the go command where there is one of 1.24 or later."""
import base64
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from objcli_command import cli  # noqa: F401, a fixture

GO = shutil.which("go") or next((str(p) for p in [pathlib.Path("/usr/local/go/bin/go")] if p.exists()), None)


def go_version():
    if GO is None:
        return None
    text = subprocess.run([GO, "env", "GOVERSION"], capture_output=True, text=True, env={**os.environ, "GOTOOLCHAIN": "local"})
    found = re.match(r"go(\d+)\.(\d+)", text.stdout)
    return (int(found[1]), int(found[2])) if found else None


class Program:
    """objcli gocache as the go command runs it."""

    def __init__(self, objcli, env, *arguments):
        self.process = subprocess.Popen([objcli, "gocache", *map(str, arguments)], env=env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.greeting = json.loads(self.process.stdout.readline())
        self.last = 0

    def ask(self, command, body=None, **fields):
        self.last += 1
        encoded = {name: base64.b64encode(value).decode() for name, value in fields.items()}
        request = {"ID": self.last, "Command": command, **encoded}
        if body:
            request["BodySize"] = len(body)
        self.process.stdin.write(json.dumps(request) + "\n")
        if body:
            self.process.stdin.write(f'"{base64.b64encode(body).decode()}"\n')
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["ID"] == self.last
        return answer

    def close(self):
        self.ask("close")
        _, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return errors


ACTION = hashlib.sha256(b"action").digest()


def put(program, body, action=ACTION):
    answer = program.ask("put", body, ActionID=action, OutputID=hashlib.sha256(body).digest())
    assert pathlib.Path(answer["DiskPath"]).read_bytes() == body
    return answer


def test_what_one_machine_puts_another_one_gets(objcli, client_env, bucket, tmp_path):
    here = Program(objcli, client_env, "--bucket", bucket, "--dir", tmp_path / "here")
    assert set(here.greeting["KnownCommands"]) == {"get", "put", "close"} and here.greeting["ID"] == 0
    assert here.ask("get", ActionID=ACTION)["Miss"] is True
    put(here, b"object code" * 1000)
    put(here, b"", hashlib.sha256(b"other").digest())
    assert here.ask("get", ActionID=ACTION)["Size"] == 11_000
    assert here.close() == ""
    there = Program(objcli, client_env, "--bucket", bucket, "--dir", tmp_path / "there")
    answer = there.ask("get", ActionID=ACTION)
    assert base64.b64decode(answer["OutputID"]) == hashlib.sha256(b"object code" * 1000).digest()
    assert pathlib.Path(answer["DiskPath"]).read_bytes() == b"object code" * 1000
    assert pathlib.Path(there.ask("get", ActionID=hashlib.sha256(b"other").digest())["DiskPath"]).read_bytes() == b""
    there.close()


def test_wrong_bytes_in_the_bucket_are_a_miss(objcli, client_env, bucket, tmp_path, s3):
    here = Program(objcli, client_env, "--bucket", bucket, "--dir", tmp_path / "here")
    put(here, b"right")
    here.close()
    key = f"gocache/{ACTION.hex()}"
    metadata = s3.head_object(Bucket=bucket, Key=key)["Metadata"]
    s3.put_object(Bucket=bucket, Key=key, Body=b"wrong", Metadata=metadata)
    there = Program(objcli, client_env, "--bucket", bucket, "--dir", tmp_path / "there")
    assert there.ask("get", ActionID=ACTION)["Miss"] is True
    assert "not what its name says" in there.close()


def test_without_a_server_all_is_built(objcli, client_env, tmp_path):
    env = {**client_env, "OBJCLI_ENDPOINT": "http://127.0.0.1:9"}
    program = Program(objcli, env, "--attempts", "1", "--bucket", "nowhere", "--dir", tmp_path / "here")
    assert program.ask("get", ActionID=ACTION)["Miss"] is True
    put(program, b"built here")
    assert program.ask("get", ActionID=ACTION)["Size"] == 10
    assert "failed" in program.close()


def test_what_is_no_request_ends_it(objcli, client_env, bucket, tmp_path):
    for text in ("{", '{"ID":1,"Command":"fly"}\n', '{"ID":1,"Command":"get","ActionID":"?"}\n',
                 '{"ID":1,"Command":"put","ActionID":"AAAA","OutputID":"AAAA","BodySize":5}\n"AAAA"\n'):
        done = subprocess.run([objcli, "gocache", "--bucket", bucket, "--dir", tmp_path / "d"], input=text, env=client_env,
                              text=True, capture_output=True, timeout=60)
        assert done.returncode == 1 and "the go command sent" in done.stderr, text


@pytest.mark.skipif((go_version() or (0, 0)) < (1, 24), reason=f"needs go 1.24 or later for GOCACHEPROG, found {go_version()}")
def test_the_go_command_builds_by_it(objcli, client_env, bucket, tmp_path):
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example.org/hello\n\ngo 1.24\n")
    (module / "main.go").write_text('package main\n\nfunc main() { println("hello from go") }\n')

    def build(number):
        env = {**client_env, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOCACHE": str(tmp_path / f"unused{number}"),
               "GOPATH": str(tmp_path / "gopath"), "GOPROXY": "off", "CGO_ENABLED": "0",
               "GOCACHEPROG": f"{objcli} gocache --verbose --bucket {bucket} --dir {tmp_path / f'local{number}'}"}
        done = subprocess.run([GO, "build", "-o", tmp_path / f"hello{number}", "."], cwd=module, env=env, capture_output=True,
                              text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        hello = subprocess.run([tmp_path / f"hello{number}"], capture_output=True, text=True)
        assert hello.stderr == "hello from go\n"
        return done.stderr
    first = build(1)
    second = build(2)  # another machine: nothing local
    assert re.search(r"\b0 in the bucket; [1-9]\d* puts", first), first
    gets, fetched = map(int, re.search(r"(\d+) gets: 0 found here, (\d+) in the bucket", second).groups())
    assert fetched > gets * 0.9, second  # linking to another name is another action
    assert (tmp_path / "hello1").read_bytes() == (tmp_path / "hello2").read_bytes()
