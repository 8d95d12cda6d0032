"""Backups of a store under load: made, verified, restored and compared; incremental; interrupted; damaged.

Interrupted runs are killed at random moments (the seed is printed); OBJSTORE_BACKUP_KILLS makes more of them.
"""
import json
import os
import pathlib
import random
import subprocess
import time

import pytest

from mixed_load import ABSENT, MixedLoad, digest
from objd_process import REGION, clean_environment, objd_path
from s3_access import make_s3

KILLS = int(os.environ.get("OBJSTORE_BACKUP_KILLS", "6"))
COMMAND_SECONDS_MAX = 1800


def run_objd(tmp_path, *arguments, **environment):
    return subprocess.run([objd_path(), *map(str, arguments)], capture_output=True, text=True,
                          timeout=COMMAND_SECONDS_MAX, env=clean_environment(tmp_path, **environment))


def must(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def backup(tmp_path, one, target, *arguments, **environment):
    return json.loads(must(run_objd(tmp_path, "backup", target, "--data", one.data, "--json", *arguments,
                                    **environment)).stdout)


def bytes_of(target):
    return sum(path.stat().st_size for path in pathlib.Path(target).rglob("*") if path.is_file())


def contents(s3, bucket):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    names = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {name: digest(s3.get_object(Bucket=bucket, Key=name)["Body"].read()) for name in names}


def put_noise(s3, first, last, size=300_000):
    for n in range(first, last):
        s3.put_object(Bucket="bucket", Key=f"key{n:04}", Body=random.Random(n).randbytes(size))


@pytest.fixture
def store(own_server):
    one = own_server("--segment-size", "4MiB")
    s3 = make_s3(one)
    s3.create_bucket(Bucket="bucket")
    return one, s3


def restored(own_server, tmp_path, one, target, *arguments, **environment):
    """A running server on what was restored, with the old store's key."""
    data = tmp_path / f"restored{random.getrandbits(40)}"
    must(run_objd(tmp_path, "restore", target, "--data", data, "--secret-key-file", one.data / "secret-key", *arguments,
                  **environment))
    return own_server(data=data)


def test_a_backup_under_load_holds_what_was_acknowledged_before(store, own_server, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 20)
    before = contents(s3, "bucket")
    s3.create_bucket(Bucket="load")
    load = MixedLoad(make_s3(one), "load", 8, seed=11)
    load.begin()
    time.sleep(2)
    report = backup(tmp_path, one, tmp_path / "backup")
    load.end()
    assert not load.errors() and report["segments"] > 0
    must(run_objd(tmp_path, "verify-backup", tmp_path / "backup"))
    two = restored(own_server, tmp_path, one, tmp_path / "backup")
    assert two.credentials() == one.credentials()
    copy = make_s3(two)
    assert contents(copy, "bucket") == before
    # What the load wrote: each object is a whole one.
    for name, found in contents(copy, "load").items():
        assert found != ABSENT, name
    put_noise(copy, 20, 25)
    two.restart()
    assert len(contents(make_s3(two), "bucket")) == 25


def test_a_second_backup_copies_what_is_new(store, own_server, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 40)
    first = backup(tmp_path, one, tmp_path / "backup")
    put_noise(s3, 40, 42)
    before = bytes_of(tmp_path / "backup")
    second = backup(tmp_path, one, tmp_path / "backup")
    grown = bytes_of(tmp_path / "backup") - before
    print(f"first {first}, second {second}, grown by {grown} bytes")
    assert first["copied_bytes"] > 40 * 300_000
    assert second["copied_bytes"] < 2_500_000 and grown < 2_500_000
    # Each backup is a point in time.
    old = restored(own_server, tmp_path, one, tmp_path / "backup", "--id", first["id"])
    assert len(contents(make_s3(old), "bucket")) == 40
    new = restored(own_server, tmp_path, one, tmp_path / "backup")
    assert contents(make_s3(new), "bucket") == contents(s3, "bucket")


def test_a_store_that_nobody_serves_is_backed_up_too(store, own_server, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 5)
    expected = contents(s3, "bucket")
    one.kill()
    backup(tmp_path, one, tmp_path / "backup")
    assert contents(make_s3(restored(own_server, tmp_path, one, tmp_path / "backup")), "bucket") == expected


def test_keep_removes_earlier_backups_and_what_only_they_need(store, own_server, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 30)
    backup(tmp_path, one, tmp_path / "backup")
    full = bytes_of(tmp_path / "backup")
    for n in range(30):
        s3.delete_object(Bucket="bucket", Key=f"key{n:04}")
    put_noise(s3, 100, 102)
    deadline = time.monotonic() + 120
    while one.metrics()["objd_segment_bytes"] > 3_000_000 and time.monotonic() < deadline:
        time.sleep(0.5)
    report = backup(tmp_path, one, tmp_path / "backup", "--keep", "1")
    assert report["removed"] == 1
    if one.metrics()["objd_segment_bytes"] < 6_000_000:  # the collector has come so far
        assert bytes_of(tmp_path / "backup") < full / 2
    assert len(list((tmp_path / "backup/manifests").iterdir())) == 1
    must(run_objd(tmp_path, "verify-backup", tmp_path / "backup"))
    assert len(contents(make_s3(restored(own_server, tmp_path, one, tmp_path / "backup")), "bucket")) == 2


def test_verify_finds_a_flipped_byte_a_missing_file_and_a_short_one(store, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 10)
    target = tmp_path / "backup"
    backup(tmp_path, one, target)
    must(run_objd(tmp_path, "verify-backup", target))
    seed = random.Random(3)
    for folder in ("segments", "metadata"):
        for path in sorted((target / folder).iterdir())[:5]:
            whole = path.read_bytes()
            flipped = bytearray(whole)
            flipped[seed.randrange(len(whole))] ^= 1 << seed.randrange(8)
            for damage in (bytes(flipped), whole[:-1], None):
                if damage is None:
                    path.unlink()
                else:
                    path.write_bytes(damage)
                done = run_objd(tmp_path, "verify-backup", target)
                assert done.returncode == 1 and path.name in done.stdout, (path, done.stdout, done.stderr)
                if folder == "metadata":
                    break
            path.write_bytes(whole)
    must(run_objd(tmp_path, "verify-backup", target))


def test_a_damaged_backup_is_not_restored(store, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 5)
    backup(tmp_path, one, tmp_path / "backup")
    segment = sorted((tmp_path / "backup/segments").iterdir())[0]
    whole = segment.read_bytes()
    segment.write_bytes(whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:])
    arguments = ("restore", tmp_path / "backup", "--data", tmp_path / "new", "--secret-key-file", one.data / "secret-key")
    done = run_objd(tmp_path, *arguments)
    assert done.returncode == 1 and segment.name in done.stderr
    started = run_objd(tmp_path, "--data", tmp_path / "new", "--listen", "127.0.0.1:0")
    assert started.returncode == 1
    segment.write_bytes(whole)
    must(run_objd(tmp_path, *arguments))


def test_a_restore_needs_the_key_and_an_empty_directory(store, own_server, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 3)
    target = tmp_path / "backup"
    backup(tmp_path, one, target)
    secret = (one.data / "secret-key").read_bytes().strip()
    for path in target.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes()
    done = run_objd(tmp_path, "restore", target, "--data", tmp_path / "new")
    assert done.returncode == 2 and "--secret-key-file" in done.stderr
    done = run_objd(tmp_path, "restore", target, "--data", one.data, "--new-keys")
    assert done.returncode != 0 and "not empty" in done.stderr
    wrong = run_objd(tmp_path, "restore", target, "--data", tmp_path / "wrong", OBJD_SECRET_KEY="00" * 32)
    assert wrong.returncode == 1 and not (tmp_path / "wrong/format").exists()
    done = must(run_objd(tmp_path, "restore", target, "--data", tmp_path / "new", "--new-keys"))
    assert one.credentials()[0] in done.stdout
    two = own_server(data=tmp_path / "new")
    assert two.credentials() != one.credentials()
    assert len(contents(make_s3(two), "bucket")) == 3


def test_a_backup_in_a_bucket(store, own_server, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 10)
    vault = own_server(data=tmp_path / "vault")
    make_s3(vault).create_bucket(Bucket="vault")
    access_key, secret_key = vault.credentials()
    environment = {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key, "AWS_REGION": REGION}
    expected = contents(s3, "bucket")
    one.kill()  # offline, so that the command's own environment counts
    place = ("s3://vault/some/prefix", "--s3-endpoint", vault.endpoint)
    first = json.loads(must(run_objd(tmp_path, "backup", *place, "--data", one.data, "--json", **environment)).stdout)
    second = json.loads(must(run_objd(tmp_path, "backup", *place, "--data", one.data, "--json", "--keep", "1",
                                      **environment)).stdout)
    assert second["copied_bytes"] < first["copied_bytes"] / 4 and second["removed"] == 1
    must(run_objd(tmp_path, "verify-backup", *place, **environment))
    two = restored(own_server, tmp_path, one, *place, **environment)
    assert contents(make_s3(two), "bucket") == expected


def kill_at_random(tmp_path, seconds, *arguments):
    process = subprocess.Popen([objd_path(), *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=clean_environment(tmp_path))
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def test_interrupted_backups_and_restores_are_finished_by_the_next(store, own_server, tmp_path):
    one, s3 = store
    put_noise(s3, 0, 40)
    expected = contents(s3, "bucket")
    one.kill()
    target, data = tmp_path / "backup", tmp_path / "new"
    moments = random.Random(5)
    print("moments by seed 5")
    for _ in range(KILLS):
        kill_at_random(tmp_path, moments.uniform(0.02, 0.5), "backup", target, "--data", one.data)
        if (target / "manifests").is_dir() and any((target / "manifests").glob("*.json")):
            must(run_objd(tmp_path, "verify-backup", target))
    backup(tmp_path, one, target, "--keep", "1")
    must(run_objd(tmp_path, "verify-backup", target))
    arguments = ("restore", target, "--data", data, "--secret-key-file", one.data / "secret-key")
    for _ in range(KILLS):
        kill_at_random(tmp_path, moments.uniform(0.02, 0.5), *arguments)
        if (data / "format").exists():
            break
        if (data / "format.restoring").exists():
            started = run_objd(tmp_path, "--data", data, "--listen", "127.0.0.1:0")
            assert started.returncode == 1 and "no data directory" in started.stderr, started.stderr
    if not (data / "format").exists():
        must(run_objd(tmp_path, *arguments))
    assert contents(make_s3(own_server(data=data)), "bucket") == expected
    one.start()
    assert contents(make_s3(one), "bucket") == expected
