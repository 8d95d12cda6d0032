"""Table G of the abuse cases, and C9, C11, X7, B20: who may do what, as several accounts and users meet it.

One server (conftest.py) with a bootstrap file of two accounts: `main` with its owner and users that carry policies, `other`
with its owner. The tests speak by boto3, and over a raw socket where a client library would mend what they break.
"""
import json
import signal
import time
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

from accounts import BODY, DENIED, arn, bootstrap_text, everyone, refusal
from objd_process import Objd
from s3_access import make_s3


@pytest.fixture
def bucket(world_bucket):
    return world_bucket


def test_G1_anonymous_on_a_private_bucket(world, bucket):
    answers = [world.anonymous("GET", f"/{bucket}/{key}") for key in ("key", "missing")]
    assert [a[:2] for a in answers] == [DENIED, DENIED]
    assert len(answers[0][3]) - len("key") == len(answers[1][3]) - len("missing")
    assert world.anonymous("GET", f"/{bucket}")[:2] == DENIED
    assert world.anonymous("PUT", f"/{bucket}/key", body=b"x")[:2] == DENIED
    assert world.anonymous("GET", "/")[:2] == DENIED
    assert world.anonymous("PUT", "/anonymous-bucket", body=b"")[:2] == DENIED


def test_G1_a_missing_key_is_told_to_who_may_list(world, bucket):
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*")))
    assert world.anonymous("GET", f"/{bucket}/key")[0] == 200
    assert world.anonymous("GET", f"/{bucket}/missing")[:2] == DENIED
    assert world.anonymous("HEAD", f"/{bucket}/missing")[0] == 403
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*")), everyone("s3:ListBucket", arn(bucket)))
    assert world.anonymous("GET", f"/{bucket}/missing")[:2] == (404, "NoSuchKey")


def test_G1_another_account_gets_403_for_everything(world, bucket):
    for call, arguments in [("get_object", {"Key": "key"}), ("head_object", {"Key": "key"}),
                            ("put_object", {"Key": "key", "Body": b"x"}), ("delete_object", {"Key": "key"}),
                            ("list_objects_v2", {}), ("head_bucket", {}), ("get_bucket_location", {}),
                            ("get_bucket_policy", {}), ("delete_bucket_policy", {}), ("delete_bucket", {}),
                            ("list_multipart_uploads", {}), ("create_multipart_upload", {"Key": "new"}),
                            ("get_public_access_block", {}), ("get_bucket_acl", {})]:
        assert refusal(getattr(world.stranger, call), Bucket=bucket, **arguments)[0] == 403, call
    assert bucket not in [b["Name"] for b in world.stranger.list_buckets()["Buckets"]]
    assert world.owner.get_object(Bucket=bucket, Key="key")["Body"].read() == BODY


@pytest.mark.parametrize("header", ["If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since"])
def test_G2_conditions_say_nothing_before_the_decision(world, bucket, header):
    etag = world.owner.head_object(Bucket=bucket, Key="key")["ETag"]
    for value in (etag, '"0"', "*", "Fri, 24 May 2033 00:00:00 GMT"):
        status, code, headers, _ = world.anonymous("GET", f"/{bucket}/key", {header: value})
        assert (status, code) == DENIED
        assert "ETag" not in headers and "Last-Modified" not in headers


def test_G3_explicit_deny_wins(world, bucket):
    assert world.reader.get_object(Bucket=bucket, Key="key")["Body"].read() == BODY
    assert refusal(world.reader.get_object, Bucket=bucket, Key="secret/b") == DENIED
    user = {"AWS": "arn:aws:iam::main:user/reader"}
    world.set_policy(bucket, everyone("s3:*", [arn(bucket), arn(bucket, "/*")], Principal=user))
    assert refusal(world.reader.get_object, Bucket=bucket, Key="secret/b") == DENIED
    world.reader.put_object(Bucket=bucket, Key="new", Body=b"x")
    world.set_policy(bucket, everyone("s3:*", [arn(bucket), arn(bucket, "/*")]),
                     everyone("s3:GetObject", arn(bucket, "/key"), "Deny"))
    for client in (world.owner, world.reader, world.stranger):
        assert refusal(client.get_object, Bucket=bucket, Key="key") == DENIED
    assert world.stranger.get_object(Bucket=bucket, Key="public/a")["Body"].read() == BODY


def test_G3_a_policy_that_shuts_everybody_out_is_mended_by_the_owner(world, bucket):
    world.set_policy(bucket, everyone("s3:*", [arn(bucket), arn(bucket, "/*")], "Deny"))
    assert refusal(world.owner.list_objects_v2, Bucket=bucket) == DENIED
    assert json.loads(world.owner.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    world.owner.delete_bucket_policy(Bucket=bucket)
    assert world.owner.list_objects_v2(Bucket=bucket)["KeyCount"] == 5


def test_G5_not_principal(world, bucket):
    statement = {"NotPrincipal": {"AWS": "arn:aws:iam::main:user/owner"}, "Action": "s3:*",
                 "Resource": [arn(bucket), arn(bucket, "/*")]}
    text = json.dumps({"Statement": {"Effect": "Allow", **statement}})
    assert refusal(world.owner.put_bucket_policy, Bucket=bucket, Policy=text) == (400, "MalformedPolicy")
    world.set_policy(bucket, {"Effect": "Deny", **statement})
    assert refusal(world.reader.get_object, Bucket=bucket, Key="key") == DENIED
    assert world.owner.get_object(Bucket=bucket, Key="key")["Body"].read() == BODY


def test_G7_resources_are_whole_names(world, bucket):
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/public/*")))
    assert world.anonymous("GET", f"/{bucket}/public/a")[0] == 200
    for path in ("/key", "/public", "/publicX", "", "/public/../key", "/%70ublic/../key", "//public/a"):
        assert world.anonymous("GET", f"/{bucket}{path}")[0] == 403, path


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_G9_a_peer_that_is_no_proxy_is_not_believed(world, bucket, header):
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*"),
                                      Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}))
    value = "for=198.51.100.7" if header == "Forwarded" else "198.51.100.7"
    assert world.anonymous("GET", f"/{bucket}/key", {header: value})[:2] == DENIED
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*"),
                                      Condition={"IpAddress": {"aws:SourceIp": "::ffff:127.0.0.0/104"}}))
    assert world.anonymous("GET", f"/{bucket}/key", {header: value})[0] == 200


def test_G10_conditions_on_what_the_request_says(world, bucket):
    rest = [arn(bucket), arn(bucket, "/*")]
    who = {"Principal": {"AWS": "other"}}

    def only_when(action, operator, key, value):
        world.set_policy(bucket, everyone(action, rest, Condition={operator: {key: value}}, **who))

    only_when("s3:GetObject", "Bool", "aws:SecureTransport", "true")
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="key") == DENIED
    only_when("s3:GetObject", "Bool", "aws:SecureTransport", "false")
    world.stranger.get_object(Bucket=bucket, Key="key")
    only_when("s3:ListBucket", "StringEquals", "s3:prefix", "public/")
    world.stranger.list_objects_v2(Bucket=bucket, Prefix="public/")
    assert refusal(world.stranger.list_objects_v2, Bucket=bucket, Prefix="secret/") == DENIED
    only_when("s3:ListBucket", "NumericLessThanEquals", "s3:max-keys", "10")
    world.stranger.list_objects_v2(Bucket=bucket, MaxKeys=10)
    assert refusal(world.stranger.list_objects_v2, Bucket=bucket, MaxKeys=11) == DENIED
    assert refusal(world.stranger.list_objects_v2, Bucket=bucket) == DENIED
    only_when(["s3:PutObject", "s3:PutObjectAcl"], "StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")
    world.stranger.put_object(Bucket=bucket, Key="new", Body=b"x", ACL="bucket-owner-full-control")
    assert refusal(world.stranger.put_object, Bucket=bucket, Key="new", Body=b"x") == DENIED
    assert refusal(world.stranger.put_object, Bucket=bucket, Key="new", Body=b"x", ACL="private") == DENIED
    only_when("s3:GetObject", "StringEquals", "aws:username", "stranger")
    world.stranger.get_object(Bucket=bucket, Key="key")
    only_when("s3:GetObject", "StringEquals", "s3:authType", "REST-QUERY-STRING")
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="key") == DENIED
    signed = world.stranger.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    assert urllib.request.urlopen(signed, timeout=30).read() == BODY
    only_when("s3:GetObject", "DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="key") == DENIED


def test_G10_tags_of_the_request_and_of_the_object(world, bucket):
    who = {"Principal": {"AWS": "other"}}
    world.owner.put_object(Bucket=bucket, Key="tagged", Body=BODY, Tagging="class=open&x=y")
    world.set_policy(bucket,
                     everyone("s3:GetObject", arn(bucket, "/*"), **who,
                              Condition={"StringEquals": {"s3:ExistingObjectTag/class": "open"}}),
                     everyone(["s3:PutObject", "s3:PutObjectTagging"], arn(bucket, "/*"), **who,
                              Condition={"StringEquals": {"s3:RequestObjectTag/class": "mine"},
                                         "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["class"]}}))
    assert world.stranger.get_object(Bucket=bucket, Key="tagged")["Body"].read() == BODY
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="key") == DENIED
    world.stranger.put_object(Bucket=bucket, Key="t", Body=b"x", Tagging="class=mine")
    for tagging in ("class=other", "class=mine&more=1", ""):
        assert refusal(world.stranger.put_object, Bucket=bucket, Key="t", Body=b"x", Tagging=tagging) == DENIED
    # Tags on an upload are a right of their own.
    world.set_policy(bucket, everyone("s3:PutObject", arn(bucket, "/*"), **who))
    world.stranger.put_object(Bucket=bucket, Key="t", Body=b"x")
    assert refusal(world.stranger.put_object, Bucket=bucket, Key="t", Body=b"x", Tagging="a=b") == DENIED


def test_G11_a_copy_needs_the_right_to_read_its_source(world, bucket):
    own = f"auth-{uuid.uuid4().hex[:12]}"
    world.stranger.create_bucket(Bucket=own)
    source = {"Bucket": bucket, "Key": "key"}
    assert refusal(world.stranger.copy_object, Bucket=own, Key="c", CopySource=source) == DENIED
    missing = {"Bucket": bucket, "Key": "missing"}
    assert refusal(world.stranger.copy_object, Bucket=own, Key="c", CopySource=missing) == DENIED
    upload = world.stranger.create_multipart_upload(Bucket=own, Key="c")["UploadId"]
    assert refusal(world.stranger.upload_part_copy, Bucket=own, Key="c", UploadId=upload, PartNumber=1,
                   CopySource=source) == DENIED
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/public/*"), Principal={"AWS": "other"}))
    world.stranger.copy_object(Bucket=own, Key="c", CopySource={"Bucket": bucket, "Key": "public/a"})
    assert refusal(world.stranger.copy_object, Bucket=own, Key="c", CopySource=source) == DENIED
    # Who may write only what is copied from one place.
    world.set_policy(bucket, everyone("s3:PutObject", arn(bucket, "/*"), Principal={"AWS": "other"},
                                      Condition={"StringLike": {"s3:x-amz-copy-source": f"{own}/ok/*"}}))
    world.stranger.put_object(Bucket=own, Key="ok/1", Body=b"x")
    world.stranger.put_object(Bucket=own, Key="no/1", Body=b"x")
    world.stranger.copy_object(Bucket=bucket, Key="n", CopySource={"Bucket": own, "Key": "ok/1"})
    assert refusal(world.stranger.copy_object, Bucket=bucket, Key="n", CopySource={"Bucket": own, "Key": "no/1"}) == DENIED
    assert refusal(world.stranger.put_object, Bucket=bucket, Key="n", Body=b"x") == DENIED


def test_G12_each_key_of_a_multi_delete_is_decided_by_itself(world, bucket):
    world.set_policy(bucket, everyone("s3:DeleteObject", arn(bucket, "/public/*"), Principal={"AWS": "other"}))
    keys = [{"Key": key} for key in ("public/a", "key", "missing", "public/none")]
    answer = world.stranger.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert sorted(d["Key"] for d in answer["Deleted"]) == ["public/a", "public/none"]
    assert sorted((e["Key"], e["Code"]) for e in answer["Errors"]) == [("key", "AccessDenied"),
                                                                      ("missing", "AccessDenied")]
    world.owner.head_object(Bucket=bucket, Key="key")
    world.owner.delete_bucket_policy(Bucket=bucket)
    assert refusal(world.stranger.delete_objects, Bucket=bucket, Delete={"Objects": keys}) == DENIED


def test_G13_a_user_held_to_a_prefix_lists_nothing_else(world, bucket):
    assert [o["Key"] for o in world.homer.list_objects_v2(Bucket=bucket, Prefix="home/homer/")["Contents"]] == [
        "home/homer/x"]
    for more in ({"Prefix": "home/"}, {"Prefix": ""}, {}, {"Prefix": "secret/"}, {"Delimiter": "/"},
                 {"StartAfter": "home/homer/"}, {"Prefix": "home/other/"}, {"Prefix": "home/homer"}):
        assert refusal(world.homer.list_objects_v2, Bucket=bucket, **more) == DENIED, more
    assert refusal(world.homer.list_objects, Bucket=bucket, Prefix="") == DENIED
    assert refusal(world.homer.list_object_versions, Bucket=bucket, Prefix="home/homer/") == DENIED
    world.homer.put_object(Bucket=bucket, Key="home/homer/y", Body=b"x")
    assert refusal(world.homer.put_object, Bucket=bucket, Key="home/other/y", Body=b"x") == DENIED
    assert refusal(world.homer.list_buckets) == DENIED
    assert refusal(world.homer.create_bucket, Bucket="homers-own-bucket") == DENIED


def test_G14_an_upload_is_known_in_its_place_alone(world, bucket):
    upload = world.owner.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    elsewhere = world.new_bucket()
    for call in (world.owner.list_parts, world.owner.abort_multipart_upload):
        assert refusal(call, Bucket=bucket, Key="other", UploadId=upload) == (404, "NoSuchUpload")
        assert refusal(call, Bucket=elsewhere, Key="big", UploadId=upload) == (404, "NoSuchUpload")
    assert refusal(world.stranger.upload_part, Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=b"x") == DENIED
    own = f"auth-{uuid.uuid4().hex[:12]}"
    world.stranger.create_bucket(Bucket=own)
    assert refusal(world.stranger.upload_part, Bucket=own, Key="big", UploadId=upload, PartNumber=1,
                   Body=b"x") == (404, "NoSuchUpload")


@pytest.mark.parametrize("path", ["/-/status", "/-/jobs", "/-/debug/pprof", "/-/config", "/-/env"])
def test_G15_what_is_internal_needs_the_root_key(world, path):
    status, _, _, body = world.anonymous("GET", path)
    assert status in (403, 404)
    assert b"KEY-" not in body and str(world.directory).encode() not in body
    assert world.anonymous("GET", "/-/health/live")[3] == b"live\n"
    assert world.anonymous("GET", "/-/health/ready")[3] == b"ready\n"


@pytest.mark.parametrize("path", ["/?Action=CreateAccessKey&UserName=owner", "/?Action=GetAccountAuthorizationDetails",
                                  "/-/import-iam", "/-/export-iam", "/minio/admin/v3/import-iam"])
def test_G16_there_is_no_way_to_import_export_or_make_keys(world, path):
    for method in ("GET", "POST", "PUT"):
        assert world.anonymous(method, path, body=b"" if method != "GET" else None)[0] in (403, 404, 405)


def test_G17_policies_count_from_the_next_request_on(world, bucket):
    for _ in range(20):
        world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*")))
        assert world.anonymous("GET", f"/{bucket}/key")[0] == 200
        world.owner.delete_bucket_policy(Bucket=bucket)
        assert world.anonymous("GET", f"/{bucket}/key")[:2] == DENIED


def test_G17_a_user_that_is_reduced_or_gone_is_so_after_a_reload(world, bucket):
    world.reader.get_object(Bucket=bucket, Key="key")
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    url = world.reader.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    try:
        world.file.write_text(bootstrap_text([nothing]))
        world.objd.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                world.reader.get_object(Bucket=bucket, Key="key")
                time.sleep(0.05)
            except ClientError as error:
                assert error.response["Error"]["Code"] == "AccessDenied"
                break
        else:
            pytest.fail("the reload did not count")
        # C9: what was signed before counts as little.
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url, timeout=30)
        assert caught.value.code == 403
    finally:
        world.file.write_text(bootstrap_text())
        world.objd.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            world.reader.get_object(Bucket=bucket, Key="key")
            return
        except ClientError:
            time.sleep(0.05)
    pytest.fail("the user did not come back")


def test_G18_what_belongs_to_object_lock_is_refused(world, bucket):
    rest = {"Bucket": bucket, "Key": "key"}
    user = {"AWS": "arn:aws:iam::main:user/reader"}
    world.set_policy(bucket, everyone("s3:DeleteObject", arn(bucket, "/*"), Principal=user))
    assert refusal(world.reader.delete_object, **rest, BypassGovernanceRetention=True) == DENIED
    assert refusal(world.owner.put_object_retention, **rest,
                   Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2040-01-01"})[0] in (400, 403, 501)
    assert refusal(world.owner.put_object_legal_hold, **rest, LegalHold={"Status": "ON"})[0] in (400, 403, 501)
    world.owner.head_object(**rest)


def test_C9_a_presigned_url_is_decided_when_it_is_used(world, bucket):
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*"), Principal={"AWS": "other"}))
    url = world.stranger.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "key"})
    assert urllib.request.urlopen(url, timeout=30).read() == BODY
    world.owner.delete_bucket_policy(Bucket=bucket)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url, timeout=30)
    assert caught.value.code == 403


def test_C11_who_is_not_identified_chooses_no_response_headers(world, bucket):
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*")))
    for name in ("response-content-type=text/html", "response-content-disposition=x", "response-expires=x"):
        assert world.anonymous("GET", f"/{bucket}/key?{name}")[:2] == (400, "InvalidRequest")
    assert refusal(world.owner.get_object, Bucket=bucket, Key="key",
                   ResponseContentDisposition="a\r\nX-Injected: 1") == (400, "InvalidArgument")


@pytest.mark.parametrize("policy", [
    "", "x", "[]", '{"Statement":[]}', '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
    '{"Statement":' + "[" * 1000 + "]" * 1000 + "}",
    '{"Version":"2013-01-01","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::%s"}}',
    '{"Extra":1,"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::%s"}}',
    '{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::another-bucket"}}',
    '{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::%s"}}' + " " * 20480])
def test_X7_malformed_policies(world, bucket, policy):
    text = policy.replace("%s", bucket)
    assert refusal(world.owner.put_bucket_policy, Bucket=bucket, Policy=text) == (400, "MalformedPolicy")
    assert refusal(world.owner.get_bucket_policy, Bucket=bucket) == (404, "NoSuchBucketPolicy")


def test_a_policy_comes_back_as_it_was_given_and_goes_with_its_bucket(world):
    bucket = world.new_bucket()
    text = '{ "Version":"2012-10-17",\n "Id":"ü", "Statement":' + json.dumps(
        [everyone("s3:GetObject", arn(bucket, "/*"))]) + "}"
    world.owner.put_bucket_policy(Bucket=bucket, Policy=text)
    assert world.owner.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert world.owner.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}
    world.owner.delete_bucket(Bucket=bucket)
    world.owner.create_bucket(Bucket=bucket)
    assert refusal(world.owner.get_bucket_policy, Bucket=bucket) == (404, "NoSuchBucketPolicy")
    assert refusal(world.owner.get_bucket_policy_status, Bucket=bucket) == (404, "NoSuchBucketPolicy")
    world.owner.delete_bucket_policy(Bucket=bucket)


def test_a_policy_survives_kill_and_restart(world, tmp_path):
    data = Objd(tmp_path / "data").start()
    try:
        s3 = make_s3(data)
        s3.create_bucket(Bucket="kept-bucket")
        text = json.dumps({"Statement": everyone("s3:*", arn("kept-bucket", "/*"), "Deny")})
        s3.put_bucket_policy(Bucket="kept-bucket", Policy=text)
        data.kill()
        data.start()
        assert make_s3(data).get_bucket_policy(Bucket="kept-bucket")["Policy"] == text
        assert refusal(make_s3(data).put_object, Bucket="kept-bucket", Key="k", Body=b"x") == DENIED
    finally:
        data.kill()


def test_public_access_block(world, bucket):
    settings = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True,
                "RestrictPublicBuckets": False}
    assert refusal(world.owner.get_public_access_block, Bucket=bucket)[1] == "NoSuchPublicAccessBlockConfiguration"
    world.owner.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings)
    assert world.owner.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == settings
    public = json.dumps({"Statement": everyone("s3:GetObject", arn(bucket, "/*"))})
    assert refusal(world.owner.put_bucket_policy, Bucket=bucket, Policy=public) == DENIED
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*"), Principal={"AWS": "other"}))
    assert world.owner.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    world.stranger.get_object(Bucket=bucket, Key="key")
    world.owner.delete_public_access_block(Bucket=bucket)
    world.owner.put_bucket_policy(Bucket=bucket, Policy=public)
    assert world.anonymous("GET", f"/{bucket}/key")[0] == 200
    world.owner.put_public_access_block(Bucket=bucket,
                                        PublicAccessBlockConfiguration={**settings, "RestrictPublicBuckets": True})
    assert world.anonymous("GET", f"/{bucket}/key")[:2] == DENIED
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="key") == DENIED
    world.owner.get_object(Bucket=bucket, Key="key")


def test_ownership_controls(world, bucket):
    def controls(value):
        return {"Rules": [{"ObjectOwnership": value}]}
    assert refusal(world.owner.get_bucket_ownership_controls, Bucket=bucket)[1] == "OwnershipControlsNotFoundError"
    world.owner.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls("BucketOwnerEnforced"))
    assert world.owner.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == controls("BucketOwnerEnforced")
    assert refusal(world.owner.put_bucket_ownership_controls, Bucket=bucket,
                   OwnershipControls=controls("ObjectWriter")) == (501, "NotImplemented")
    world.owner.delete_bucket_ownership_controls(Bucket=bucket)
    assert refusal(world.owner.get_bucket_ownership_controls, Bucket=bucket)[1] == "OwnershipControlsNotFoundError"


def test_both_sides_of_two_accounts_have_to_allow(world, bucket):
    world.set_policy(bucket, everyone("s3:*", [arn(bucket), arn(bucket, "/*")], Principal={"AWS": "other"}))
    assert world.guest.get_object(Bucket=bucket, Key="key")["Body"].read() == BODY
    assert refusal(world.guest.put_object, Bucket=bucket, Key="key", Body=b"x") == DENIED
    assert refusal(world.guest.get_object, Bucket=bucket, Key="secret/b") == DENIED


def test_expected_owners(world, bucket):
    world.owner.get_object(Bucket=bucket, Key="key", ExpectedBucketOwner="main")
    assert refusal(world.owner.get_object, Bucket=bucket, Key="key", ExpectedBucketOwner="other") == DENIED
    assert refusal(world.owner.put_object, Bucket=bucket, Key="n", Body=b"x", ExpectedBucketOwner="other") == DENIED
    assert refusal(world.owner.get_bucket_policy, Bucket=bucket, ExpectedBucketOwner="other") == DENIED
    source = {"CopySource": {"Bucket": bucket, "Key": "key"}, "Bucket": bucket, "Key": "c"}
    world.owner.copy_object(**source, ExpectedSourceBucketOwner="main", ExpectedBucketOwner="main")
    assert refusal(world.owner.copy_object, **source, ExpectedSourceBucketOwner="other") == DENIED


def test_a_refusal_comes_before_the_body(world, bucket):
    import socket
    with socket.create_connection(("127.0.0.1", world.objd.port), timeout=30) as raw:
        raw.sendall((f"PUT /{bucket}/key HTTP/1.1\r\nHost: 127.0.0.1:{world.objd.port}\r\nContent-Length: 1000000\r\n"
                     "Expect: 100-continue\r\n\r\n").encode())
        assert raw.recv(65536).startswith(b"HTTP/1.1 403 ")
