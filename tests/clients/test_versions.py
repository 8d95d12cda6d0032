"""Versions and tags, as boto3 sees them."""
import botocore.exceptions
import pytest

KEPT = 7


@pytest.fixture
def bucket(s3, make_bucket):
    name = make_bucket(s3)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield name
    for version in all_versions(s3, name):
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])


def all_versions(s3, bucket, **more):
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **more)
    return [item for page in pages for kind in ("Versions", "DeleteMarkers") for item in page.get(kind, [])]


def body_of(s3, bucket, key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


def refusal(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(**arguments)
    return raised.value.response


def test_each_write_is_a_version_that_can_be_read_and_removed(s3, bucket):
    ids = [s3.put_object(Bucket=bucket, Key="k", Body=str(n))["VersionId"] for n in range(KEPT)]
    assert len(set(ids)) == KEPT
    for n, version in enumerate(ids):
        assert body_of(s3, bucket, "k", VersionId=version) == str(n).encode()
    listed = all_versions(s3, bucket, PaginationConfig={"PageSize": 2})
    assert [item["VersionId"] for item in listed] == ids[::-1]
    assert [item["IsLatest"] for item in listed] == [True] + [False] * (KEPT - 1)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=ids.pop())
    assert body_of(s3, bucket, "k") == str(KEPT - 2).encode()


def test_a_deleted_key_comes_back_when_its_marker_is_removed(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"kept")
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"]
    missing = refusal(s3.get_object, Bucket=bucket, Key="k")
    assert missing["Error"]["Code"] == "NoSuchKey"
    assert missing["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    by_id = refusal(s3.get_object, Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert by_id["Error"]["Code"] == "MethodNotAllowed"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert refusal(s3.delete_bucket, Bucket=bucket)["Error"]["Code"] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert body_of(s3, bucket, "k") == b"kept"


def test_suspending_writes_the_null_version(s3, bucket):
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"one")["VersionId"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    for body in (b"two", b"three"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert {item["VersionId"] for item in all_versions(s3, bucket)} == {version, "null"}
    assert body_of(s3, bucket, "k", VersionId="null") == b"three"


def test_delete_objects_by_version(s3, bucket):
    ids = [s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"] for _ in range(KEPT)]
    marked = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})["Deleted"][0]
    assert marked["DeleteMarker"]
    ids.append(marked["DeleteMarkerVersionId"])
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "VersionId": v} for v in ids]})
    assert len(deleted["Deleted"]) == KEPT + 1 and "Errors" not in deleted
    assert all_versions(s3, bucket) == []


def test_an_old_version_is_restored_by_a_copy(s3, bucket):
    old = s3.put_object(Bucket=bucket, Key="k", Body=b"old")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"new")
    copied = s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k", "VersionId": old})
    assert copied["CopySourceVersionId"] == old and copied["VersionId"] != old
    assert body_of(s3, bucket, "k") == b"old"
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", VersionId=old, ObjectAttributes=["ObjectSize"])
    assert attributes["ObjectSize"] == 3 and attributes["VersionId"] == old


def test_tags_of_versions_and_of_the_bucket(s3, bucket):
    old = s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b=2")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"y")
    tags = [{"Key": "a", "Value": "3"}, {"Key": "ü", "Value": ""}]
    assert s3.put_object_tagging(Bucket=bucket, Key="k", VersionId=old, Tagging={"TagSet": tags})["VersionId"] == old
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=old)["TagSet"] == tags
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    s3.delete_object_tagging(Bucket=bucket, Key="k", VersionId=old)
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=old)["TagSet"] == []
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refusal(s3.get_bucket_tagging, Bucket=bucket)["Error"]["Code"] == "NoSuchTagSet"
