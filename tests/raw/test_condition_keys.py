"""What policies ask of a request beyond its head, and rows G4, G6 and G11 over HTTP: tags in bodies, the location of a new
bucket, the tags that a copy takes along, the prefix that a missing key lies under."""
import uuid

import boto3
import pytest

from accounts import BODY, DENIED, SECRET, arn, everyone, refusal
from objd_process import REGION

OTHER = {"Principal": {"AWS": "other"}}
TAGS = [{"Key": "class", "Value": "mine"}]


@pytest.fixture
def bucket(world_bucket):
    return world_bucket


def tagging(*pairs):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in pairs]}


def own_bucket(client):
    name = f"auth-{uuid.uuid4().hex[:12]}"
    client.create_bucket(Bucket=name)
    return name


def test_G10_tags_that_stand_in_the_body_are_asked_for(world, bucket):
    world.set_policy(bucket, everyone("s3:PutObjectTagging", arn(bucket, "/*"), **OTHER,
                                      Condition={"StringEquals": {"s3:RequestObjectTag/class": "mine"},
                                                 "ForAllValues:StringEquals": {"s3:RequestObjectTagKeys": ["class"]}}))
    target = {"Bucket": bucket, "Key": "key"}
    world.stranger.put_object_tagging(**target, Tagging=tagging(("class", "mine")))
    assert world.owner.get_object_tagging(**target)["TagSet"] == TAGS
    for pairs in ([("class", "other")], [("class", "mine"), ("more", "1")], []):
        assert refusal(world.stranger.put_object_tagging, **target, Tagging=tagging(*pairs)) == DENIED, pairs
    assert world.owner.get_object_tagging(**target)["TagSet"] == TAGS
    # A missing object is told to nobody who may not list.
    assert refusal(world.stranger.put_object_tagging, Bucket=bucket, Key="missing",
                   Tagging=tagging(("class", "mine"))) == DENIED


def test_G10_a_deny_by_tags_in_the_body_holds_for_the_owner_too(world, bucket):
    world.set_policy(bucket, everyone("s3:PutObjectTagging", arn(bucket, "/*"), "Deny",
                                      Condition={"StringEquals": {"s3:RequestObjectTag/class": "secret"}}))
    target = {"Bucket": bucket, "Key": "key"}
    assert refusal(world.owner.put_object_tagging, **target, Tagging=tagging(("class", "secret"))) == DENIED
    assert world.owner.get_object_tagging(**target)["TagSet"] == []
    world.owner.put_object_tagging(**target, Tagging=tagging(("class", "mine")))
    assert world.owner.get_object_tagging(**target)["TagSet"] == TAGS


def test_who_is_refused_whatever_the_body_says_is_refused_before_it(world, bucket):
    """The decision waits for the body only where a policy asks for what it says."""
    import socket
    world.set_policy(bucket, everyone("s3:PutObjectTagging", arn(bucket, "/public/*"),
                                      Condition={"StringEquals": {"s3:RequestObjectTag/class": "mine"}}))

    def answer(key):
        with socket.create_connection(("127.0.0.1", world.objd.port), timeout=30) as raw:
            raw.sendall((f"PUT /{bucket}/{key}?tagging HTTP/1.1\r\nHost: 127.0.0.1:{world.objd.port}\r\n"
                         "Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n").encode())
            return raw.recv(65536)[:12]

    assert answer("key") == b"HTTP/1.1 403"
    assert answer("public/a") == b"HTTP/1.1 100"


def test_G10_the_location_of_a_new_bucket(world):
    maker = world.client("maker")
    name = f"auth-{uuid.uuid4().hex[:12]}"
    assert refusal(maker.create_bucket, Bucket=name) == DENIED
    assert refusal(maker.create_bucket, Bucket=name,
                   CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}) == DENIED
    assert name not in [b["Name"] for b in world.owner.list_buckets()["Buckets"]]
    maker.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-east-1"})


def test_G11_a_copy_of_tags_needs_the_rights_to_them(world, bucket):
    own = own_bucket(world.stranger)
    world.owner.put_object(Bucket=bucket, Key="tagged", Body=BODY, Tagging="class=mine")
    source = {"Bucket": bucket, "Key": "tagged"}
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*"), **OTHER))
    assert refusal(world.stranger.copy_object, Bucket=own, Key="c", CopySource=source) == DENIED
    world.stranger.copy_object(Bucket=own, Key="c", CopySource=source, TaggingDirective="REPLACE", Tagging="a=b")
    assert world.stranger.get_object_tagging(Bucket=own, Key="c")["TagSet"] == [{"Key": "a", "Value": "b"}]
    world.stranger.copy_object(Bucket=own, Key="c", CopySource={"Bucket": bucket, "Key": "key"})
    assert world.stranger.get_object_tagging(Bucket=own, Key="c")["TagSet"] == []
    world.set_policy(bucket, everyone(["s3:GetObject", "s3:GetObjectTagging"], arn(bucket, "/*"), **OTHER))
    world.stranger.copy_object(Bucket=own, Key="c", CopySource=source)
    assert world.stranger.get_object_tagging(Bucket=own, Key="c")["TagSet"] == TAGS
    # To set them is a right at the other end.
    world.stranger.put_object(Bucket=own, Key="t", Body=b"x", Tagging="class=mine")
    world.set_policy(bucket, everyone("s3:PutObject", arn(bucket, "/*"), **OTHER))
    assert refusal(world.stranger.copy_object, Bucket=bucket, Key="n", CopySource={"Bucket": own, "Key": "t"}) == DENIED
    world.set_policy(bucket, everyone(["s3:PutObject", "s3:PutObjectTagging"], arn(bucket, "/*"), **OTHER))
    world.stranger.copy_object(Bucket=bucket, Key="n", CopySource={"Bucket": own, "Key": "t"})
    assert world.owner.get_object_tagging(Bucket=bucket, Key="n")["TagSet"] == TAGS


def test_a_missing_key_is_told_to_who_may_list_its_prefix(world, bucket):
    world.set_policy(bucket, everyone("s3:GetObject", arn(bucket, "/*"), **OTHER),
                     everyone("s3:ListBucket", arn(bucket), **OTHER,
                              Condition={"StringLike": {"s3:prefix": "public/*"}}))
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="public/none") == (404, "NoSuchKey")
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="none") == DENIED
    assert refusal(world.stranger.head_object, Bucket=bucket, Key="public/none")[0] == 404
    assert refusal(world.stranger.head_object, Bucket=bucket, Key="none")[0] == 403


def test_a_missing_key_is_told_to_who_may_list_and_not_read(world, bucket):
    world.set_policy(bucket, everyone("s3:ListBucket", arn(bucket), **OTHER))
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="none") == (404, "NoSuchKey")
    assert refusal(world.stranger.head_object, Bucket=bucket, Key="none")[0] == 404
    assert refusal(world.stranger.get_object, Bucket=bucket, Key="key") == DENIED
    assert world.anonymous("GET", f"/{bucket}/none")[:2] == DENIED


def test_G4_there_are_no_sessions_and_no_keys_that_could_have_more_than_their_maker(world, bucket):
    """Temporary and child credentials come later: what would make one is refused, and so is a request that says it is one."""
    for action in ("AssumeRole&RoleArn=arn:aws:iam::main:role/x&RoleSessionName=s", "GetSessionToken",
                   "GetFederationToken&Name=x", "CreateServiceAccount"):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert world.anonymous("POST", "/", form, f"Action={action}&Version=2011-06-15".encode())[0] in (403, 405, 501)
    world.reader.get_object(Bucket=bucket, Key="key")
    session = boto3.client("s3", endpoint_url=world.objd.endpoint, region_name=REGION, aws_access_key_id="KEY-reader",
                           aws_secret_access_key=SECRET, aws_session_token="a-session-token")
    assert refusal(session.get_object, Bucket=bucket, Key="key") == (403, "InvalidAccessKeyId")
    # A policy that only denies gives nothing: its user has no more than without it, which is nothing.
    denied = world.client("denied")
    assert refusal(denied.get_object, Bucket=bucket, Key="key") == DENIED
    assert refusal(denied.list_buckets) == DENIED
    assert refusal(denied.delete_object, Bucket=bucket, Key="key") == DENIED


@pytest.mark.parametrize("pattern, matches, others", [
    ("/a*z", ["a/b/z", "az"], ["a/b/zq", "A/b/z"]),
    ("/a?c", ["abc", "a/c"], ["ac", "abbc"]),
    ("/a.c", ["a.c"], ["abc"]),
    ("/[ab]", ["[ab]"], ["a"]),
])
def test_G6_wildcards_of_resources(world, bucket, pattern, matches, others):
    for key in matches + others:
        world.owner.put_object(Bucket=bucket, Key=key, Body=BODY)
    world.set_policy(bucket, everyone("S3:gEtObJ*", arn(bucket, pattern), **OTHER))
    for key in matches:
        assert world.stranger.get_object(Bucket=bucket, Key=key)["Body"].read() == BODY
    for key in others:
        assert refusal(world.stranger.get_object, Bucket=bucket, Key=key) == DENIED, key
