"""The load generator against a real server: every kind of load, verified, and an error that is told."""
import json
import os
import pathlib
import subprocess

import pytest

import objd_process

OBJBENCH = pathlib.Path(objd_process.objd_path()).parent / "objbench"

pytestmark = pytest.mark.skipif(not OBJBENCH.exists(), reason="objbench is not built: ninja -C build/release objbench")


@pytest.fixture
def target(own_server):
    return own_server()


def objbench(server, kind, *more):
    access_key, secret_key = server.credentials()
    command = [str(OBJBENCH), kind, "--endpoint", server.endpoint, "--server-pid", str(server.pid), "--json", "-", *more]
    environment = {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key}
    done = subprocess.run(command, env=environment, text=True, capture_output=True, timeout=120)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def counts(report):
    return {row["operation"]: row["count"] for row in report["operations"]}


@pytest.mark.parametrize("kind, more, expected", [
    ("put", ("--ops", "20", "--concurrency", "4"), {"put": 20}),
    ("get", ("--objects", "5", "--ops", "20", "--size", "300K", "--verify", "--dedup", "50"), {"get": 20}),
    ("stat", ("--objects", "5", "--ops", "20"), {"stat": 20}),
    ("delete", ("--objects", "20", "--concurrency", "3"), {"delete": 20}),
    ("list", ("--objects", "1500", "--size", "0", "--concurrency", "8"), {"list": 16}),
    ("multipart", ("--part-size", "5M", "--parts", "3", "--concurrency", "2"), {"part": 3, "complete": 1, "upload": 1}),
])
def test_each_kind_of_load_is_counted(target, kind, more, expected):
    code, report = objbench(target, kind, *more)
    assert code == 0, report
    assert counts(report) == expected
    assert report["server"]["bytes_peak"] > 0
    if kind == "list":
        assert report["operations"][0]["keys"] == 8 * 1500


def test_the_mix_has_all_four_and_no_error(target):
    code, report = objbench(target, "mixed", "--objects", "40", "--ops", "400", "--concurrency", "4")
    assert code == 0, report
    assert set(counts(report)) == {"put", "get", "stat", "delete"}
    assert sum(counts(report).values()) == 400


def test_the_same_prefix_stores_the_same_bytes_and_a_reader_notices_others(target):
    stored = ("--prefix", "p/", "--size", "100K")
    assert objbench(target, "put", *stored, "--ops", "3")[0] == 0
    assert objbench(target, "get", *stored, "--objects", "3", "--prepared", "--ops", "9", "--verify")[0] == 0
    code, report = objbench(target, "get", *stored, "--objects", "3", "--prepared", "--ops", "9", "--verify",
                            "--dedup", "100")
    assert code == 1
    assert "other bytes than were stored" in report["first_error"]
    assert report["operations"][0]["errors"] == 9


def test_a_wrong_key_is_an_error_before_anything_is_measured(target):
    done = subprocess.run([str(OBJBENCH), "put", "--endpoint", target.endpoint, "--access-key", "nobody", "--secret-key",
                           "wrong"], env={k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 2
    assert "InvalidAccessKeyId" in done.stderr
