"""boto3, as Debian has it, over http and https: over https it sends checksums in trailers of aws-chunked bodies."""
import base64
import concurrent.futures
import hashlib
import io
import urllib.error
import urllib.request
import zlib

import botocore.exceptions
import pytest
from boto3.s3.transfer import TransferConfig

from clientlib import MIB, noise
from s3_access import make_s3

LISTED_KEYS = 2100


@pytest.fixture(scope="module", params=["http", "https"])
def client(request):
    return request.getfixturevalue("s3" if request.param == "http" else "s3_over_tls")


@pytest.fixture
def bucket(client, make_bucket):
    return make_bucket(client)


@pytest.fixture
def make_s3_like(request, server, certificate):
    def make(client, **config):
        if client.meta.endpoint_url.startswith("https"):
            return make_s3(request.getfixturevalue("tls_server"), verify=str(certificate[0]), **config)
        return make_s3(server, **config)
    return make


def put(client, bucket, key, body=b"x", headers=None, **more):
    """PutObject with headers that this boto3 has no parameter for."""
    def add(params, **_):
        params["headers"].update(headers or {})
    client.meta.events.register("before-call.s3.PutObject", add, unique_id="test-headers")
    try:
        return client.put_object(Bucket=bucket, Key=key, Body=body, **more)
    finally:
        client.meta.events.unregister("before-call.s3.PutObject", unique_id="test-headers")


def get(client, bucket, key, **more):
    return client.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def refused(status, code=None):
    """A context that expects an error of S3; the exception's `value.response` has the rest."""
    class Refused:
        def __enter__(self):
            return self

        def __exit__(self, kind, value, trace):
            assert kind and issubclass(kind, botocore.exceptions.ClientError), f"no refusal: {value}"
            assert value.response["ResponseMetadata"]["HTTPStatusCode"] == status, value.response
            assert code is None or value.response["Error"]["Code"] == code, value.response
            return True
    return Refused()


@pytest.mark.parametrize("size", [0, 1, 2048, 2049, 100_000, 6 * MIB + 1])
def test_what_is_put_comes_back(client, bucket, size):
    body = noise(size, seed=size)
    etag = put(client, bucket, "key", body)["ETag"]
    assert etag == f'"{hashlib.md5(body).hexdigest()}"'
    head = client.head_object(Bucket=bucket, Key="key")
    assert (head["ContentLength"], head["ETag"]) == (size, etag)
    assert get(client, bucket, "key") == body


@pytest.mark.parametrize("key", ["a", "a//b", "/lead", "../up", "ä ö+ü", "100%", "quote'\"<&>", "日本/語", "k" * 1024, "a/./b",
                                 "tail/", "?query", "#fragment", "tab\there", "~._-", "!*()"])
def test_keys_of_every_kind(client, bucket, key):
    put(client, bucket, key, key.encode())
    assert get(client, bucket, key) == key.encode()
    assert [item["Key"] for item in client.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    client.delete_object(Bucket=bucket, Key=key)
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_overwriting_replaces_everything(client, bucket):
    put(client, bucket, "key", b"first", Metadata={"a": "1"}, ContentType="text/plain")
    put(client, bucket, "key", b"second")
    head = client.head_object(Bucket=bucket, Key="key")
    assert (head["Metadata"], head["ContentLength"], head["ContentType"]) == ({}, 6, "binary/octet-stream")


def test_metadata_and_headers_come_back(client, bucket):
    sent = {"ContentType": "text/x-test", "CacheControl": "max-age=5", "ContentDisposition": 'attachment; filename="x"',
            "ContentEncoding": "gzip", "ContentLanguage": "de", "Metadata": {"colour": "blue", "empty": "", "mixed-Case": "V"}}
    put(client, bucket, "key", b"x", **sent)
    head = client.head_object(Bucket=bucket, Key="key")
    assert {name: head[name] for name in sent if name != "Metadata"} == {k: v for k, v in sent.items() if k != "Metadata"}
    assert head["Metadata"] == {"colour": "blue", "empty": "", "mixed-case": "V"}
    other = client.get_object(Bucket=bucket, Key="key", ResponseContentType="text/other", ResponseCacheControl="no-store")
    assert (other["ContentType"], other["CacheControl"]) == ("text/other", "no-store")


def test_ranges(client, bucket):
    body = noise(3 * MIB, seed="ranges")
    put(client, bucket, "key", body)
    for first, last in ((0, 0), (5, 9), (MIB - 1, 2 * MIB), (3 * MIB - 1, 3 * MIB - 1)):
        answer = client.get_object(Bucket=bucket, Key="key", Range=f"bytes={first}-{last}")
        assert answer["ContentRange"] == f"bytes {first}-{last}/{len(body)}"
        assert answer["Body"].read() == body[first:last + 1]
    assert get(client, bucket, "key", Range="bytes=-7") == body[-7:]
    assert get(client, bucket, "key", Range=f"bytes={3 * MIB - 2}-99999999999") == body[-2:]
    with refused(416, "InvalidRange"):
        get(client, bucket, "key", Range=f"bytes={3 * MIB}-")


def test_reading_under_conditions(client, bucket):
    etag = put(client, bucket, "key")["ETag"]
    changed = client.head_object(Bucket=bucket, Key="key")["LastModified"]
    assert get(client, bucket, "key", IfMatch=etag, IfUnmodifiedSince=changed) == b"x"
    with refused(304):
        get(client, bucket, "key", IfNoneMatch=etag)
    with refused(304):
        get(client, bucket, "key", IfModifiedSince=changed)
    with refused(412, "PreconditionFailed"):
        get(client, bucket, "key", IfMatch='"other"')


def test_writing_under_conditions(client, bucket):
    etag = put(client, bucket, "key", b"1", headers={"If-None-Match": "*"})["ETag"]
    with refused(412, "PreconditionFailed"):
        put(client, bucket, "key", b"2", headers={"If-None-Match": "*"})
    etag = put(client, bucket, "key", b"3", headers={"If-Match": etag})["ETag"]
    with refused(412, "PreconditionFailed"):
        put(client, bucket, "key", b"4", headers={"If-Match": '"00000000000000000000000000000000"'})
    with refused(404, "NoSuchKey"):
        put(client, bucket, "absent", b"5", headers={"If-Match": etag})
    assert get(client, bucket, "key") == b"3"


def test_one_of_many_creators_wins(client, bucket):
    def create(number):
        try:
            client.put_object(Bucket=bucket, Key="lock", Body=str(number).encode())
            return number
        except botocore.exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412)
            return None

    def add(params, **_):
        params["headers"]["If-None-Match"] = "*"
    client.meta.events.register("before-call.s3.PutObject", add, unique_id="test-create")
    try:
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            winners = [number for number in pool.map(create, range(32)) if number is not None]
    finally:
        client.meta.events.unregister("before-call.s3.PutObject", unique_id="test-create")
    assert len(winners) == 1
    assert get(client, bucket, "lock") == str(winners[0]).encode()


def test_checksums_are_kept_and_given_back(client, bucket):
    body = noise(200_000, seed="sums")
    expected = {"SHA256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
                "SHA1": base64.b64encode(hashlib.sha1(body).digest()).decode(),
                "CRC32": base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()}
    for algorithm, value in expected.items():
        answer = put(client, bucket, algorithm, io.BytesIO(body), ChecksumAlgorithm=algorithm)
        assert answer[f"Checksum{algorithm}"] == value
        head = client.head_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        assert head[f"Checksum{algorithm}"] == value
        assert get(client, bucket, algorithm, ChecksumMode="ENABLED") == body
        assert "aws-chunked" not in head.get("ContentEncoding", "")


def test_wrong_digests_are_refused_and_leave_nothing(client, bucket):
    with refused(400, "BadDigest"):
        put(client, bucket, "key", b"body", ContentMD5=base64.b64encode(hashlib.md5(b"other").digest()).decode())
    with refused(400):
        put(client, bucket, "key", b"body", ChecksumSHA256=base64.b64encode(hashlib.sha256(b"other").digest()).decode())
    with refused(404):
        client.head_object(Bucket=bucket, Key="key")


@pytest.fixture
def listed(client, bucket):
    keys = sorted((f"{folder}/{number:04}" for number in range(LISTED_KEYS // 3) for folder in ("a", "b", "ä")),
                  key=lambda key: key.encode())
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: client.put_object(Bucket=bucket, Key=key, Body=b""), keys))
    return keys


def test_listing_in_pages(client, bucket, listed):
    pages = list(client.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    assert [page["KeyCount"] for page in pages] == [1000, 1000, LISTED_KEYS - 2000]
    assert [item["Key"] for page in pages for item in page["Contents"]] == listed
    old = client.get_paginator("list_objects").paginate(Bucket=bucket, PaginationConfig={"PageSize": 300})
    assert [item["Key"] for page in old for item in page["Contents"]] == listed
    versions = client.get_paginator("list_object_versions").paginate(Bucket=bucket)
    found = [item for page in versions for item in page["Versions"]]
    assert [item["Key"] for item in found] == listed
    assert {(item["VersionId"], item["IsLatest"]) for item in found} == {("null", True)}
    folders = client.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [item["Prefix"] for item in folders["CommonPrefixes"]] == ["a/", "b/", "ä/"]
    assert (folders["KeyCount"], folders["IsTruncated"]) == (3, False)
    folders = client.list_objects_v2(Bucket=bucket, Delimiter="/", MaxKeys=2)
    rest = client.list_objects_v2(Bucket=bucket, Delimiter="/", ContinuationToken=folders["NextContinuationToken"])
    assert [item["Prefix"] for item in rest["CommonPrefixes"]] == ["ä/"]
    after = client.list_objects_v2(Bucket=bucket, Prefix="b/", StartAfter="b/0690")
    assert [item["Key"] for item in after["Contents"]] == [f"b/{number:04}" for number in range(691, LISTED_KEYS // 3)]
    assert client.list_objects_v2(Bucket=bucket, Prefix="none")["KeyCount"] == 0


def test_deleting_many(client, bucket):
    keys = [f"key {number}" for number in range(30)]
    for key in keys:
        put(client, bucket, key)
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in [*keys[:20], "absent"]]})
    assert sorted(item["Key"] for item in answer["Deleted"]) == sorted([*keys[:20], "absent"])
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 10
    client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
    assert client.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_copies(client, bucket):
    body = noise(200_000, seed="copy")
    put(client, bucket, "from ä+%", body, Metadata={"a": "1"}, ContentType="text/plain")
    source = {"Bucket": bucket, "Key": "from ä+%"}
    client.copy_object(Bucket=bucket, Key="kept", CopySource=source)
    client.copy_object(Bucket=bucket, Key="replaced", CopySource=source, MetadataDirective="REPLACE", Metadata={"b": "2"})
    assert client.head_object(Bucket=bucket, Key="kept")["Metadata"] == {"a": "1"}
    assert client.head_object(Bucket=bucket, Key="kept")["ContentType"] == "text/plain"
    assert client.head_object(Bucket=bucket, Key="replaced")["Metadata"] == {"b": "2"}
    client.delete_object(Bucket=bucket, Key="from ä+%")
    assert get(client, bucket, "kept") == get(client, bucket, "replaced") == body
    with refused(404, "NoSuchKey"):
        client.copy_object(Bucket=bucket, Key="x", CopySource=source)
    with refused(400, "InvalidRequest"):
        client.copy_object(Bucket=bucket, Key="kept", CopySource={"Bucket": bucket, "Key": "kept"})
    with refused(412, "PreconditionFailed"):
        client.copy_object(Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "kept"}, CopySourceIfMatch='"0"')


def test_multipart_step_by_step(client, bucket):
    parts = [noise(5 * MIB, seed=1), noise(6 * MIB, seed=2), b"end"]
    upload = client.create_multipart_upload(Bucket=bucket, Key="key", Metadata={"a": "1"}, ContentType="text/plain")["UploadId"]
    names = {"Bucket": bucket, "Key": "key", "UploadId": upload}
    client.upload_part(**names, PartNumber=2, Body=b"replaced by another")
    etags = [client.upload_part(**names, PartNumber=number, Body=part)["ETag"] for number, part in enumerate(parts, 1)]
    listed = client.list_parts(**names)["Parts"]
    assert [(part["PartNumber"], part["Size"], part["ETag"]) for part in listed] == [
        (number, len(part), etag) for number, (part, etag) in enumerate(zip(parts, etags), 1)]
    assert [item["UploadId"] for item in client.list_multipart_uploads(Bucket=bucket, Prefix="key")["Uploads"]] == [upload]
    with refused(404):
        client.head_object(Bucket=bucket, Key="key")
    with refused(400, "InvalidPart"):
        client.complete_multipart_upload(**names, MultipartUpload={"Parts": [{"PartNumber": 9, "ETag": etags[0]}]})
    wanted = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]}
    done = client.complete_multipart_upload(**names, MultipartUpload=wanted)
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert done["ETag"] == f'"{digest}-3"'
    assert client.complete_multipart_upload(**names, MultipartUpload=wanted)["ETag"] == done["ETag"], "a retry is answered"
    assert get(client, bucket, "key") == b"".join(parts)
    head = client.head_object(Bucket=bucket, Key="key")
    assert (head["Metadata"], head["ContentType"]) == ({"a": "1"}, "text/plain")
    second = client.get_object(Bucket=bucket, Key="key", PartNumber=2)
    assert (second["PartsCount"], second["Body"].read()) == (3, parts[1])


def test_a_connection_survives_expectations(client, bucket, make_s3_like):
    """botocore sends small bodies together with `Expect`, and large ones after the 100; on one connection."""
    one = make_s3_like(client, max_pool_connections=1)
    for number in range(3):
        one.put_object(Bucket=bucket, Key="small", Body=b"x")
        one.put_object(Bucket=bucket, Key="empty", Body=b"")
        one.put_object(Bucket=bucket, Key="file", Body=io.BytesIO(noise(1000, seed=number)))
        with refused(404, "NoSuchUpload"):
            one.upload_part(Bucket=bucket, Key="small", UploadId="0" * 32, PartNumber=1, Body=b"x")
        one.put_object(Bucket=bucket, Key="file", Body=io.BytesIO(noise(100_000, seed=number)))
    assert get(one, bucket, "file") == noise(100_000, seed=2)


def test_multipart_aborted(client, bucket):
    upload = client.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    client.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"x")
    client.abort_multipart_upload(Bucket=bucket, Key="key", UploadId=upload)
    with refused(404, "NoSuchUpload"):
        client.list_parts(Bucket=bucket, Key="key", UploadId=upload)
    with refused(404, "NoSuchUpload"):
        client.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"x")
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)


def test_multipart_from_copied_ranges(client, bucket):
    body = noise(11 * MIB, seed="ranges")
    put(client, bucket, "source", body)
    upload = client.create_multipart_upload(Bucket=bucket, Key="source")["UploadId"]
    ranges = [(5 * MIB, 11 * MIB - 1), (0, 5 * MIB - 1)]
    etags = [client.upload_part_copy(Bucket=bucket, Key="source", UploadId=upload, PartNumber=number,
                                     CopySource={"Bucket": bucket, "Key": "source"},
                                     CopySourceRange=f"bytes={first}-{last}")["CopyPartResult"]["ETag"]
             for number, (first, last) in enumerate(ranges, 1)]
    client.complete_multipart_upload(Bucket=bucket, Key="source", UploadId=upload, MultipartUpload={
        "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]})
    assert get(client, bucket, "source") == body[5 * MIB:] + body[:5 * MIB]


def test_the_transfer_manager(client, bucket, medium_file, tmp_path):
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=5 * MIB, max_concurrency=6)
    client.upload_file(str(medium_file), bucket, "key", Config=config, ExtraArgs={"ChecksumAlgorithm": "SHA256"})
    client.download_file(bucket, "key", str(tmp_path / "back"), Config=config)
    assert (tmp_path / "back").read_bytes() == medium_file.read_bytes()
    client.copy({"Bucket": bucket, "Key": "key"}, bucket, "copy", Config=config)
    assert client.head_object(Bucket=bucket, Key="copy")["ContentLength"] == medium_file.stat().st_size


def fetch(url, tls_context, method="GET", body=None, headers=None):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls_context))
    try:
        with opener.open(urllib.request.Request(url, body, headers or {}, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_presigned_urls(client, bucket, tls_context):
    names = {"Bucket": bucket, "Key": "ä b+c/d"}
    url = client.generate_presigned_url("put_object", Params=names, ExpiresIn=60)
    assert fetch(url, tls_context, "PUT", b"by url")[0] == 200
    url = client.generate_presigned_url("get_object", Params=names, ExpiresIn=60)
    assert fetch(url, tls_context) == (200, b"by url")
    assert fetch(url, tls_context, headers={"Range": "bytes=3-5"}) == (206, b"url")
    assert fetch(url, tls_context, "DELETE")[0] == 403
    url = client.generate_presigned_url("head_object", Params=names, ExpiresIn=60)
    assert fetch(url, tls_context, "HEAD") == (200, b"")
    assert fetch(url.replace("d?", "e?"), tls_context, "HEAD")[0] == 403


def test_buckets(client, bucket):
    assert bucket in [item["Name"] for item in client.list_buckets()["Buckets"]]
    assert client.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    put(client, bucket, "key")
    with refused(409, "BucketNotEmpty"):
        client.delete_bucket(Bucket=bucket)
    with refused(404, "NoSuchBucket"):
        client.list_objects_v2(Bucket=bucket + "-absent")
    with refused(404):
        client.head_bucket(Bucket=bucket + "-absent")
    with refused(400, "InvalidBucketName"):
        client.create_bucket(Bucket="xn--reserved")


def test_what_is_not_there_says_so(client, bucket):
    with refused(404, "NoSuchKey"):
        get(client, bucket, "absent")
    with refused(404, "NoSuchBucketPolicy"):
        client.get_bucket_policy(Bucket=bucket)
    with refused(400, "MalformedPolicy"):
        client.put_bucket_policy(Bucket=bucket, Policy="{}")
    with refused(501, "NotImplemented"):
        client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [
            {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    with refused(404, "NoSuchKey"):
        client.put_object_acl(Bucket=bucket, Key="absent", ACL="private")
