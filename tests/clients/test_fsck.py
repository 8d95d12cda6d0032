"""objd fsck from outside: on stores that are stopped, killed, being served under load, and damaged."""
import json
import random
import subprocess
import time

import pytest

from mixed_load import MixedLoad
from objd_process import clean_environment, objd_path
from s3_access import make_s3

CLEAN, DAMAGE, USAGE = 0, 1, 2
MARK = b"the bytes that will be damaged "


def fsck(data, *arguments):
    done = subprocess.run([objd_path(), "fsck", "--data", str(data), *arguments], capture_output=True, text=True,
                          timeout=120, env=clean_environment("/nonexistent"))
    return done.returncode, done.stdout + done.stderr


def tree(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.name != "lock"}


def put_some(objd):
    s3 = make_s3(objd)
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="good", Body=random.Random(1).randbytes(50_000))
    # Compression would hide where the bytes are.
    s3.put_object(Bucket="photos", Key="albums/bad", Body=MARK + random.Random(2).randbytes(60_000))
    s3.copy_object(Bucket="photos", Key="albums/copy", CopySource={"Bucket": "photos", "Key": "albums/bad"})
    return s3


def damage(data):
    """Flips a bit of the object's bytes in its segment."""
    for segment in (data / "segments").glob("*.seg"):
        content = segment.read_bytes()
        at = content.find(MARK)
        if at < 0:
            continue
        with open(segment, "r+b") as file:
            file.seek(at)
            file.write(bytes([content[at] ^ 1]))
        return
    raise AssertionError("the object is in no segment")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_store_that_is_not_served_is_checked_and_not_changed(own_server, end):
    objd = own_server("--ballast", "0")
    put_some(objd)
    getattr(objd, end)()
    before = tree(objd.data)
    for arguments in ([], ["--read-data"]):
        status, text = fsck(objd.data, *arguments)
        assert (status, text.startswith("The store is clean")) == (CLEAN, True), text
    assert tree(objd.data) == before


def test_a_damaged_object_is_named_offline_and_online(own_server):
    objd = own_server("--ballast", "0")
    put_some(objd)
    objd.stop()
    damage(objd.data)
    assert fsck(objd.data)[0] == CLEAN, "the rows are good, and data is read only when asked for"
    status, text = fsck(objd.data, "--read-data")
    assert status == DAMAGE
    assert "photos/albums/bad" in text and "photos/albums/copy" in text and "photos/good" not in text, text
    objd.start()
    status, text = fsck(objd.data, "--read-data", "--json")
    assert status == DAMAGE
    report = json.loads(text)
    owners = {(owner["bucket"], owner["key"]) for finding in report["findings"] for owner in finding["owners"]}
    assert owners == {("photos", "albums/bad"), ("photos", "albums/copy")}
    assert objd.health("ready") == 200
    # An upload of the same content heals all of them.
    s3 = make_s3(objd)
    with pytest.raises(Exception):
        s3.get_object(Bucket="photos", Key="albums/copy")["Body"].read()
    body = MARK + random.Random(2).randbytes(60_000)
    s3.put_object(Bucket="photos", Key="albums/again", Body=body)
    assert s3.get_object(Bucket="photos", Key="albums/copy")["Body"].read() == body
    assert fsck(objd.data, "--read-data") == (CLEAN, "The store is clean: all rows and data were checked.\n")


def test_under_a_mixed_load_there_is_no_finding(own_server):
    objd = own_server("--ballast", "0")
    s3 = make_s3(objd)
    s3.create_bucket(Bucket="mixed")
    load = MixedLoad(s3, "mixed", workers=8, seed=random.SystemRandom().randrange(1 << 32))
    load.begin()
    try:
        for round in range(6):
            time.sleep(1)
            status, text = fsck(objd.data, *(["--read-data"] if round % 3 == 2 else []))
            assert status == CLEAN, text
    finally:
        load.end()
    assert not load.errors() and not load.cut(), load.errors() + load.cut()
    objd.kill()
    assert fsck(objd.data, "--read-data")[0] == CLEAN


def test_a_wrong_command_line_and_a_directory_without_a_store(tmp_path):
    assert fsck(tmp_path, "--nonsense")[0] == USAGE
    status, text = fsck(tmp_path)
    assert status == DAMAGE and "no data directory" in text
    assert list(tmp_path.iterdir()) == []
