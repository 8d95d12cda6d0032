"""The metadata is lost: what a store says then, and how `objd rebuild` and `objd rebuild-index` bring it back.

OBJSTORE_REBUILD_OBJECTS=100000 is the long form.
"""
import concurrent.futures
import hashlib
import os
import random
import shutil
import subprocess
import time

import pytest

from clientlib import MIB
from objd_process import clean_environment, objd_path
from s3_access import make_s3

OBJECTS = int(os.environ.get("OBJSTORE_REBUILD_OBJECTS", "300"))
COMMAND_SECONDS_MAX = 3600
CLIENTS = 16


def run_objd(tmp_path, *arguments):
    return subprocess.run([objd_path(), *map(str, arguments)], capture_output=True, text=True,
                          timeout=COMMAND_SECONDS_MAX, env=clean_environment(tmp_path))


def body_of(number):
    """Inline, small, and now and then of many chunks; every tenth repeats another."""
    source = random.Random(f"rebuild/{number - number % 10 if number % 10 == 9 else number}")
    size = 2 * MIB if number % 97 == 0 else source.randrange(1, 3_000 if number % 3 else 60_000)
    return source.randbytes(size)


def fill(s3, bucket, numbers):
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda n: s3.put_object(Bucket=bucket, Key=f"key/{n:07}", Body=body_of(n)), numbers))


def verify(s3, bucket, numbers):
    def same(n):
        got = s3.get_object(Bucket=bucket, Key=f"key/{n:07}")["Body"].read()
        return hashlib.sha256(got).digest() == hashlib.sha256(body_of(n)).digest()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        wrong = [n for n, good in zip(numbers, pool.map(same, numbers)) if not good]
    assert not wrong


def wait_for_checkpoint(one):
    deadline = time.monotonic() + 120
    while one.metrics()["objd_checkpoint_current"] != 1:
        assert time.monotonic() < deadline, one.log_tail()
        time.sleep(0.1)


@pytest.fixture
def store(own_server):
    one = own_server("--checkpoint-interval", "1")
    s3 = make_s3(one)
    s3.create_bucket(Bucket="bucket")
    return one, s3


def test_the_metadata_is_lost_and_comes_back_from_a_checkpoint(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(OBJECTS))
    wait_for_checkpoint(one)
    one.kill()
    shutil.rmtree(one.data / "metadata")
    refused = run_objd(tmp_path, "--data", one.data, "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "objd rebuild" in refused.stderr
    assert not (one.data / "metadata").exists()
    begun = time.monotonic()
    done = run_objd(tmp_path, "rebuild", "--data", one.data)
    print(f"{OBJECTS} objects rebuilt in {time.monotonic() - begun:.1f} s:\n{done.stdout}{done.stderr}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{OBJECTS} in 1 buckets" in done.stdout
    one.start()
    verify(make_s3(one), "bucket", range(OBJECTS))
    # It goes on as a store does: the same content is shared, what is deleted comes back as space.
    fill(make_s3(one), "bucket", range(OBJECTS, OBJECTS + 50))
    one.restart()
    verify(make_s3(one), "bucket", range(OBJECTS + 50))


def test_what_was_written_after_the_checkpoint_is_lost_and_nothing_else_is(own_server, tmp_path):
    one = own_server("--checkpoint-interval", "3600")
    s3 = make_s3(one)
    s3.create_bucket(Bucket="bucket")
    fill(s3, "bucket", range(100))
    one.restart()  # a clean stop makes a checkpoint
    s3 = make_s3(one)
    fill(s3, "bucket", range(100, 130))
    for n in range(10):
        s3.delete_object(Bucket="bucket", Key=f"key/{n:07}")
    one.kill()
    shutil.rmtree(one.data / "metadata")
    done = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert done.returncode == 0, done.stdout + done.stderr
    one.start()
    s3 = make_s3(one)
    verify(s3, "bucket", range(100))
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 100
    fill(s3, "bucket", range(100, 130))
    verify(s3, "bucket", range(130))


def test_damaged_metadata_is_set_aside_and_not_deleted(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(50))
    wait_for_checkpoint(one)
    one.kill()
    manifest = next((one.data / "metadata").glob("MANIFEST-*"))
    manifest.write_bytes(b"nonsense" * 100)
    assert run_objd(tmp_path, "--data", one.data, "--listen", "127.0.0.1:0").returncode == 1
    done = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert done.returncode == 0, done.stdout + done.stderr
    aside = list(one.data.glob("metadata.damaged-*"))
    assert len(aside) == 1 and (aside[0] / manifest.name).read_bytes().startswith(b"nonsense")
    one.start()
    verify(make_s3(one), "bucket", range(50))


def test_metadata_that_lost_its_list_of_files_is_not_taken_for_a_new_store(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(20))
    wait_for_checkpoint(one)
    one.kill()
    manifest = max((one.data / "metadata").glob("MANIFEST-*"))
    whole = manifest.read_bytes()
    for percent in range(30, 90, 3):
        # RocksDB opens some of these with nothing in them, and refuses the others.
        copy = tmp_path / f"cut-{percent}"
        shutil.copytree(one.data, copy)
        (copy / "metadata" / manifest.name).write_bytes(whole[:len(whole) * percent // 100])
        refused = run_objd(tmp_path, "--data", copy, "--listen", "127.0.0.1:0")
        assert refused.returncode == 1, refused.stderr
    assert run_objd(tmp_path, "rebuild", "--data", copy, "--force-from-checkpoint").returncode == 0
    shutil.rmtree(one.data)
    copy.rename(one.data)
    one.start()
    verify(make_s3(one), "bucket", range(20))


def test_metadata_that_is_older_than_its_checkpoint_is_refused_unchanged(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(20))
    wait_for_checkpoint(one)
    one.stop()
    shutil.copytree(one.data / "metadata", tmp_path / "old")
    one.start()
    s3 = make_s3(one)
    fill(s3, "bucket", range(20, 40))
    wait_for_checkpoint(one)
    one.kill()
    shutil.rmtree(one.data / "metadata")
    shutil.copytree(tmp_path / "old", one.data / "metadata")
    before = {path: path.read_bytes() for path in (one.data / "metadata").iterdir()}
    refused = run_objd(tmp_path, "--data", one.data, "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "older than the newest checkpoint" in refused.stderr
    assert {path: path.read_bytes() for path in (one.data / "metadata").iterdir()} == before
    assert run_objd(tmp_path, "rebuild", "--data", one.data, "--force-from-checkpoint").returncode == 0
    one.start()
    verify(make_s3(one), "bucket", range(40))


def test_a_rebuild_from_an_older_checkpoint_starts_beside_the_damaged_newer_one(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(20))
    wait_for_checkpoint(one)
    fill(s3, "bucket", range(20, 30))
    wait_for_checkpoint(one)
    one.kill()
    shutil.rmtree(one.data / "metadata")
    newest = max(path for path in (one.data / "checkpoints").iterdir())
    manifest = next((newest / "metadata").glob("MANIFEST-*"))
    manifest.write_bytes(b"x" * manifest.stat().st_size)  # still of its size
    done = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert done.returncode == 0 and "cannot be used" in done.stderr, done.stdout + done.stderr
    one.start()
    verify(make_s3(one), "bucket", range(20))


def test_the_disk_of_the_data_directory_is_lost_and_the_other_brings_it_all_back(own_server, tmp_path):
    """Metadata, format file and half of the copies are gone: what is left is the further directory."""
    other = tmp_path / "other"
    one = own_server("--checkpoint-interval", "1", "--segments", str(other), "--copies", "2")
    s3 = make_s3(one)
    s3.create_bucket(Bucket="bucket")
    fill(s3, "bucket", range(OBJECTS))
    wait_for_checkpoint(one)
    one.kill()
    key = (one.data / "secret-key").read_bytes()
    shutil.rmtree(one.data)
    places = ("--data", one.data, "--segments", other, "--copies", "2")
    refused = run_objd(tmp_path, *places, "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "objd rebuild" in refused.stderr
    assert not one.data.exists()
    done = run_objd(tmp_path, "rebuild", *places)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{OBJECTS} in 1 buckets" in done.stdout
    (one.data / "secret-key").write_bytes(key)
    (one.data / "secret-key").chmod(0o600)
    # The rebuilt store knows its further directory, also when nobody names it.
    forgotten = run_objd(tmp_path, "--data", one.data, "--listen", "127.0.0.1:0")
    assert forgotten.returncode == 1 and str(other) in forgotten.stderr
    one.start()
    verify(make_s3(one), "bucket", range(OBJECTS))


def test_a_store_that_lost_its_format_file_is_not_made_anew(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(20))
    wait_for_checkpoint(one)
    one.kill()
    (one.data / "format").unlink()
    refused = run_objd(tmp_path, "--data", one.data, "--listen", "127.0.0.1:0")
    assert refused.returncode == 1 and "objd rebuild" in refused.stderr
    done = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert done.returncode == 1 and "can be read" in done.stderr  # only the file was missing
    one.start()
    verify(make_s3(one), "bucket", range(20))


def test_metadata_that_is_whole_is_left_alone_unless_that_is_forced(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(20))
    wait_for_checkpoint(one)
    busy = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert busy.returncode == 1 and "in use" in busy.stderr
    one.kill()
    refused = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert refused.returncode == 1 and "--force-from-checkpoint" in refused.stderr
    assert run_objd(tmp_path, "rebuild", "--data", one.data, "--force-from-checkpoint").returncode == 0
    assert run_objd(tmp_path, "rebuild-index", "--data", one.data).returncode == 0
    one.start()
    verify(make_s3(one), "bucket", range(20))


def test_without_a_checkpoint_rebuild_says_so_and_changes_nothing(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(5))
    one.kill()
    shutil.rmtree(one.data / "metadata")
    shutil.rmtree(one.data / "checkpoints")
    done = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert done.returncode == 1 and "no checkpoint" in done.stderr and "restore" in done.stderr
    assert not (one.data / "metadata").exists()


def test_a_lost_segment_names_the_objects_that_it_costs(own_server, tmp_path):
    one = own_server("--segment-size", "1MiB")
    s3 = make_s3(one)
    s3.create_bucket(Bucket="bucket")
    fill(s3, "bucket", range(20))
    one.restart()
    s3 = make_s3(one)
    before = set((one.data / "segments").glob("*.seg"))
    s3.put_object(Bucket="bucket", Key="victim", Body=random.Random(1).randbytes(500_000))
    one.stop()
    for segment in set((one.data / "segments").glob("*.seg")) - before:
        segment.unlink()
    done = run_objd(tmp_path, "rebuild-index", "--data", one.data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "bucket/victim" in done.stdout and "bucket/key" not in done.stdout
    one.start()
    s3 = make_s3(one)
    verify(s3, "bucket", range(20))
    with pytest.raises(Exception):
        s3.get_object(Bucket="bucket", Key="victim")["Body"].read()
    # The same content heals it.
    s3.put_object(Bucket="bucket", Key="again", Body=random.Random(1).randbytes(500_000))
    assert s3.get_object(Bucket="bucket", Key="victim")["Body"].read() == random.Random(1).randbytes(500_000)


def test_a_rebuild_that_is_killed_is_finished_by_the_next_one(store, tmp_path):
    one, s3 = store
    fill(s3, "bucket", range(200))
    wait_for_checkpoint(one)
    one.kill()
    shutil.rmtree(one.data / "metadata")
    random_wait = random.Random(7)
    print("waits by seed 7")
    for _ in range(6):
        process = subprocess.Popen([objd_path(), "rebuild", "--data", str(one.data)], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=clean_environment(tmp_path))
        try:
            process.wait(random_wait.uniform(0.02, 0.6))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    done = run_objd(tmp_path, "rebuild", "--data", one.data)
    assert done.returncode == 0 or "can be read" in done.stderr, done.stdout + done.stderr
    one.start()
    verify(make_s3(one), "bucket", range(200))
