"""Stores that earlier builds wrote are opened; what a later build has written is refused, with nothing changed."""
import ctypes
import hashlib
import json
import pathlib
import subprocess
import tarfile

import boto3
import pytest
from botocore.config import Config

from objd_process import ROOT, Objd, clean_environment, objd_path
from s3_access import make_s3

STORES = sorted((ROOT / "tests/formats").glob("store-*"))


def unpack(store, tmp_path):
    with tarfile.open(store / "store.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(tmp_path)
    return tmp_path / "store", json.loads((store / "objects.json").read_text())


def run(*arguments):
    return subprocess.run([objd_path(), *map(str, arguments)], capture_output=True, text=True, timeout=120,
                          env=clean_environment("/nonexistent"))


def tree(directory):
    """Every path below with its bytes; the lock file names whoever looked last."""
    return {str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
            for path in pathlib.Path(directory).rglob("*") if path.name != "lock"}


def read_all(s3, content):
    listed = {item["Key"]: item["Size"] for item in s3.list_objects_v2(Bucket=content["bucket"])["Contents"]}
    assert {key: listed[key] for key in content["objects"]} == {key: o["size"] for key, o in content["objects"].items()}
    for key, expected in content["objects"].items():
        body = s3.get_object(Bucket=content["bucket"], Key=key)["Body"].read()
        assert hashlib.sha256(body).hexdigest() == expected["sha256"], key


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_a_store_of_an_earlier_build_is_read_written_and_clean(store, tmp_path):
    data, content = unpack(store, tmp_path)
    assert run("fsck", "--data", data, "--read-data").stdout.startswith("The store is clean")
    objd = Objd(data, ["--ballast", "0"]).start()
    try:
        s3 = make_s3(objd)
        read_all(s3, content)
        bucket = content["bucket"]
        head = s3.head_object(Bucket=bucket, Key="with/metadata")
        assert (head["Metadata"], head["ContentType"]) == ({"colour": "blue"}, "text/plain")
        assert s3.get_object_tagging(Bucket=bucket, Key="with/metadata")["TagSet"] == [{"Key": "a", "Value": "1"}]
        assert s3.head_object(Bucket=bucket, Key="assembled", PartNumber=2)["ContentLength"] == 5 << 20
        # The upload that was open goes on.
        upload = content["open_upload"]
        parts = s3.list_parts(Bucket=bucket, Key="open", UploadId=upload)["Parts"]
        s3.complete_multipart_upload(Bucket=bucket, Key="open", UploadId=upload, MultipartUpload={
            "Parts": [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]})
        assert s3.get_object(Bucket=bucket, Key="open")["Body"].read() == b"\2" * (5 << 20)
        # The user is still known, and is still nobody to this bucket.
        user = boto3.client("s3", endpoint_url=objd.endpoint, region_name="us-east-1",
                            aws_access_key_id="FORMATTESTKEY", aws_secret_access_key="a-secret-of-the-format-test",
                            config=Config(retries={"max_attempts": 0}))
        assert user.list_buckets()["Buckets"] == []
        s3.put_object(Bucket=bucket, Key="new", Body=b"n" * 100_000)
        s3.put_object(Bucket=bucket, Key="inline", Body=b"replaced")
        s3.delete_object(Bucket=bucket, Key="copy")
        objd.restart()
        s3 = make_s3(objd)
        assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == b"n" * 100_000
        assert s3.get_object(Bucket=bucket, Key="inline")["Body"].read() == b"replaced"
        del content["objects"]["inline"], content["objects"]["copy"]
        read_all(s3, content)
        assert objd.stop() == 0
    finally:
        objd.kill()
    report = run("fsck", "--data", data, "--read-data")
    assert report.returncode == 0, report.stdout + report.stderr


def edit_format(data, **changes):
    document = json.loads((data / "format").read_text())
    document.update(changes)
    (data / "format").write_text(json.dumps(document))


def newer_version(data):
    edit_format(data, format=2)
    return "format 2"


def unknown_feature(data):
    edit_format(data, incompat=["holograms"])
    return "holograms"


def newer_segment(data):
    segment = sorted((data / "segments").glob("*.seg"))[0]
    content = bytearray(segment.read_bytes())
    checksum = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
    checksum.restype, checksum.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t]
    # The version of header and footer stands behind the magic, their checksum at the end of the block.
    for block in (0, len(content) - 4096):
        assert content[block + 8] == 1
        content[block + 8] = 2
        content[block + 4088:block + 4096] = checksum(bytes(content[block:block + 4088]), 4088).to_bytes(8, "little")
    segment.write_bytes(content)
    return "version"


@pytest.mark.parametrize("change", [newer_version, unknown_feature, newer_segment], ids=lambda change: change.__name__)
def test_what_a_later_build_wrote_is_refused_and_not_touched(change, tmp_path):
    data, _ = unpack(STORES[0], tmp_path)
    word = change(data)
    before = tree(data)
    refused = run("--data", data, "--listen", "127.0.0.1:0", "--ballast", "0")
    assert refused.returncode == 1
    assert word in refused.stderr, refused.stderr
    assert tree(data) == before
    assert run("fsck", "--data", data, "--read-data").returncode == 1
    assert tree(data) == before
