"""objd's own requests for deltas, as one who means no good meets them: docs/delta.md."""
import base64
import hashlib
import http.client
import struct
import urllib.parse

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from accounts import SECRET, arn, everyone

BASE = b"0123456789abcdef" * 200_000
DENIED = (403, "AccessDenied")


def post(world, user, path, body=b"", **headers):
    """(status, code, headers, body) of a signed POST."""
    address = urllib.parse.urlsplit(world.objd.endpoint)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = AWSRequest("POST", world.objd.endpoint + path, data=body, headers=headers)
    S3SigV4Auth(Credentials(f"KEY-{user}", SECRET), "s3", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    connection.request("POST", path, body=body, headers=dict(request.headers))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    code = text.split(b"<Code>")[1].split(b"</Code>")[0].decode() if b"<Code>" in text else ""
    return answer.status, code, answer.headers, text


def copy(offset, length):
    return b"\x01" + struct.pack(">QQ", offset, length)


def literal(data):
    return b"\x02" + struct.pack(">Q", len(data)) + data


def delta(world, user, bucket, body, makes, base="base", key="made", **more):
    digest = base64.b64encode(hashlib.sha256(makes).digest()).decode()
    headers = {"x_amz_copy_source": f"/{bucket}/{base}", "x_objstore_object_size": str(len(makes)),
               "x_amz_checksum_sha256": digest, **more}
    return post(world, user, f"/{bucket}/{key}?objstore-delta", body, **headers)


@pytest.fixture
def stored(world, world_bucket):
    world.owner.put_object(Bucket=world_bucket, Key="base", Body=BASE)
    world.owner.put_object(Bucket=world_bucket, Key="secret/base", Body=BASE)
    return world_bucket


def test_a_signature_is_for_who_may_read_the_object(world, stored):
    status, _, headers, body = post(world, "owner", f"/{stored}/base?objstore-signature")
    assert status == 200 and headers["Content-Type"] == "application/vnd.objstore.signature"
    block = int(headers["x-objstore-block-size"])
    assert int(headers["x-objstore-object-size"]) == len(BASE) and len(body) == -(-len(BASE) // block) * 20
    assert body[4:20] == hashlib.sha256(BASE[:block]).digest()[:16]
    assert post(world, "reader", f"/{stored}/base?objstore-signature")[0] == 200
    for user, key in (("reader", "secret/base"), ("stranger", "base"), ("denied", "base"), ("stranger", "missing")):
        assert post(world, user, f"/{stored}/{key}?objstore-signature")[:2] == DENIED
    assert world.anonymous("POST", f"/{stored}/base?objstore-signature")[:2] == DENIED
    assert post(world, "owner", f"/{stored}/missing?objstore-signature")[:2] == (404, "NoSuchKey")


def test_a_delta_makes_the_object_that_it_says(world, stored):
    makes = BASE[100:5000] + b"new" + BASE[:10]
    body = copy(100, 4900) + literal(b"new") + copy(0, 10)
    status, _, headers, _ = delta(world, "owner", stored, body, makes, Content_Type="text/plain")
    assert status == 200 and headers["ETag"] == f'"{hashlib.md5(makes).hexdigest()}"'
    made = world.owner.get_object(Bucket=stored, Key="made")
    assert made["Body"].read() == makes and made["ContentType"] == "text/plain"


def test_nobody_copies_out_of_what_he_may_not_read(world, stored):
    world.set_policy(stored, everyone("s3:PutObject", arn(stored, "/*"), Principal={"AWS": "arn:aws:iam::main:user/reader"}),
                     everyone("s3:PutObject", arn(stored, "/*"), Principal={"AWS": "arn:aws:iam::other:user/stranger"}))
    makes = BASE[:1000]
    assert delta(world, "reader", stored, copy(0, 1000), makes)[0] == 200
    for user, base in (("reader", "secret/base"), ("stranger", "base"), ("stranger", "missing")):
        # The answer is the same whether the guess about the content is right, wrong, or about nothing.
        for guess in (makes, b"x" * 1000):
            assert delta(world, user, stored, copy(0, 1000), guess, base=base, key="stolen")[:2] == DENIED
    assert "stolen" not in [o["Key"] for o in world.owner.list_objects_v2(Bucket=stored)["Contents"]]
    assert delta(world, "homer", stored, copy(0, 1000), makes)[:2] == DENIED


@pytest.mark.parametrize("body, makes, code", [
    (copy(0, 1000), BASE[1:1001], "BadDigest"),
    (copy(0, 999), BASE[:1000], "IncompleteBody"),
    (copy(0, 1001), BASE[:1000], "EntityTooLarge"),
    (copy(len(BASE) - 1, 1000), BASE[:1000], "InvalidRange"),
    (copy(2**64 - 1, 1000), BASE[:1000], "InvalidRange"),
    (b"\x07" + bytes(30), BASE[:1000], "InvalidArgument"),
    (copy(0, 0) + copy(0, 1000), BASE[:1000], "InvalidArgument"),
    (copy(0, 1000)[:9], BASE[:1000], "IncompleteBody"),
    (literal(b"x" * 2000), BASE[:1000], "EntityTooLarge"),
], ids=["other-bytes", "too-short", "too-long", "past-the-base", "offset-overflows", "unknown-step", "empty-step",
        "step-cut-off", "literal-too-long"])
def test_a_delta_that_is_wrong_makes_nothing(world, stored, body, makes, code):
    assert delta(world, "owner", stored, body, makes)[1] == code
    assert "made" not in [o["Key"] for o in world.owner.list_objects_v2(Bucket=stored)["Contents"]]


def test_what_a_delta_has_to_state(world, stored):
    path = f"/{stored}/made?objstore-delta"
    body = copy(0, 10)
    source = {"x_amz_copy_source": f"/{stored}/base"}
    sha256 = {"x_amz_checksum_sha256": base64.b64encode(hashlib.sha256(BASE[:10]).digest()).decode()}
    size = {"x_objstore_object_size": "10"}
    assert post(world, "owner", path, body, **source, **sha256)[1] == "InvalidArgument"
    assert post(world, "owner", path, body, **source, **size)[1] == "InvalidRequest"
    assert post(world, "owner", path, body, **sha256, **size)[1] == "InvalidArgument"
    assert post(world, "owner", path, body, **source, **sha256, x_objstore_object_size=str(6 << 30))[1] == "EntityTooLarge"
    assert post(world, "owner", path, body, **source, **sha256, **size, x_amz_copy_source_if_match='"0"')[:2] == (
        412, "PreconditionFailed")
    assert post(world, "owner", path, body, **source, **sha256, **size, Content_MD5="x")[1] == "InvalidRequest"
    assert post(world, "owner", path, body, **source, **sha256, **size, If_None_Match="*")[0] == 200
    assert post(world, "owner", path, body, **source, **sha256, **size, If_None_Match="*")[:2] == (412, "PreconditionFailed")
