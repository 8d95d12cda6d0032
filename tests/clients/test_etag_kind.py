"""Buckets whose ETags are no MD5 (x-objstore-etag: opaque)."""
import base64
import hashlib
import io

import botocore.exceptions
import pytest
from boto3.s3.transfer import TransferConfig

from clientlib import MIB, noise
from objcli_command import cli  # noqa: F401, a fixture


@pytest.fixture
def make_opaque_bucket(s3):
    def make(name, kind="opaque"):
        def add(params, **_):
            params["headers"]["x-objstore-etag"] = kind
        s3.meta.events.register("before-call.s3.CreateBucket", add, unique_id="etag-kind")
        try:
            s3.create_bucket(Bucket=name)
        finally:
            s3.meta.events.unregister("before-call.s3.CreateBucket", unique_id="etag-kind")
        return name
    return make


def etag(answer):
    return answer["ETag"].strip('"')


def md5(body):
    return hashlib.md5(body).hexdigest()


@pytest.mark.parametrize("size", [0, 5, 2048, 2049, 300_000, 3 * MIB + 1])
def test_equal_bodies_have_equal_etags_that_nobody_takes_for_an_md5(s3, make_opaque_bucket, size):
    bucket = make_opaque_bucket(f"etag-kind-{size}")
    body = noise(size, seed=size)
    first, second = (etag(s3.put_object(Bucket=bucket, Key=key, Body=body)) for key in ("a", "b"))
    other = etag(s3.put_object(Bucket=bucket, Key="c", Body=body + b"x"))
    assert first == second != other
    assert len(first) == 34 and first.endswith("-0") and first[:32] != md5(body)
    assert etag(s3.head_object(Bucket=bucket, Key="a")) == first
    answer = s3.get_object(Bucket=bucket, Key="b", IfMatch=first)
    assert answer["Body"].read() == body
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["ETag"].strip('"') for entry in listed] == [first, first, other]


def test_head_bucket_says_what_the_etags_are(s3, make_bucket, make_opaque_bucket):
    def header(bucket):
        return s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"].get("x-objstore-etag")
    assert header(make_opaque_bucket("etag-kind-opaque")) == "opaque"
    assert header(make_opaque_bucket("etag-kind-md5", "md5")) is None
    assert header(make_bucket(s3)) is None
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        make_opaque_bucket("etag-kind-none", "sha1")
    assert refused.value.response["Error"]["Code"] == "InvalidArgument"


def test_an_md5_that_a_client_states_is_compared_all_the_same(s3, make_opaque_bucket):
    bucket = make_opaque_bucket("etag-kind-stated")
    for size in (100, 3 * MIB):
        body = noise(size, seed=size)
        stated = base64.b64encode(hashlib.md5(body).digest()).decode()
        answer = s3.put_object(Bucket=bucket, Key="kept", Body=body, ContentMD5=stated)
        assert etag(answer).endswith("-0")
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            s3.put_object(Bucket=bucket, Key="refused", Body=body[:-1] + b"?", ContentMD5=stated)
        assert refused.value.response["Error"]["Code"] == "BadDigest"
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["kept"]


def test_a_signed_payload_is_compared_all_the_same(s3, make_opaque_bucket):
    bucket = make_opaque_bucket("etag-kind-signed")
    body = noise(3 * MIB, seed=4)

    def break_body(request, **_):
        request.body = io.BytesIO(body[:-1] + bytes([body[-1] ^ 1]))
    s3.meta.events.register("before-send.s3.PutObject", break_body, unique_id="break-body")
    try:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            s3.put_object(Bucket=bucket, Key="refused", Body=body)
    finally:
        s3.meta.events.unregister("before-send.s3.PutObject", unique_id="break-body")
    assert refused.value.response["Error"]["Code"] == "XAmzContentSHA256Mismatch"
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_multipart_upload_and_copies(s3, make_bucket, make_opaque_bucket):
    bucket = make_opaque_bucket("etag-kind-parts")
    body = noise(17 * MIB, seed=9)
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "parts", Config=config)
    assert etag(s3.head_object(Bucket=bucket, Key="parts")).endswith("-3")
    assert s3.get_object(Bucket=bucket, Key="parts")["Body"].read() == body
    small = etag(s3.put_object(Bucket=bucket, Key="small", Body=body[:6 * MIB]))
    elsewhere = make_bucket(s3)
    copied = s3.copy_object(Bucket=elsewhere, Key="copy", CopySource={"Bucket": bucket, "Key": "small"})
    assert etag(copied["CopyObjectResult"]) == small
    assert etag(s3.put_object(Bucket=elsewhere, Key="put", Body=body[:6 * MIB])) == md5(body[:6 * MIB])


def test_objcli_makes_such_a_bucket(cli, s3, tmp_path):
    cli("mb", "--opaque-etags", "etag-kind-objcli")
    file = tmp_path / "file"
    file.write_bytes(noise(2 * MIB, seed=1))
    cli("put", "etag-kind-objcli/key", file)
    assert etag(s3.head_object(Bucket="etag-kind-objcli", Key="key")).endswith("-0")
    cli("get", "etag-kind-objcli/key", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
