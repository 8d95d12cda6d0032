"""Table B of the abuse cases: Signature Version 4 in the Authorization header. A request that is not exactly what was
signed, by a known key, now and for this server, gets no byte of an object and writes nothing."""
import datetime
import hashlib
import re
import time
import uuid

import pytest

import rawhttp
from rawhttp import (EMPTY_SHA256, UNSIGNED, Connection, Signing, canonical_request, exchange, head, presigned_target,
                     signed, signed_headers)

pytestmark = pytest.mark.usefixtures("server")

BODY = b"only for those who may"
SKEW_MAX = datetime.timedelta(minutes=15)


@pytest.fixture(scope="module")
def store(server):
    """A bucket with the object "secret"."""
    name = f"sigv4-{uuid.uuid4().hex[:12]}"
    assert exchange(signed("PUT", f"/{name}")).status == 200
    assert exchange(signed("PUT", f"/{name}/secret", BODY)).status == 200
    yield name
    for key in ("secret", "object"):
        exchange(signed("DELETE", f"/{name}/{key}"))
    assert exchange(signed("DELETE", f"/{name}")).status == 204


def refused(response, status, *codes):
    """A refusal with an error document, and not a byte of the object."""
    assert response is not None, "closed without an answer"
    assert (response.status, response.code()) in [(status, code) for code in codes], response.body
    assert BODY not in response.body
    assert response.header("etag") is None
    assert response.header("x-amz-request-id")
    return response.body.decode()


def get(store, signing=None, edit=None, headers=(), target=None):
    """GET of the secret; edit: changes the Authorization header's value."""
    target = target or f"/{store}/secret"
    sent = signed_headers("GET", target, headers, signing=signing)
    if edit:
        sent[-1] = ("Authorization", edit(sent[-1][1]))
    return exchange(head("GET", target, sent))


def put(store, headers=(), payload=UNSIGNED, signing=None, body=b"x", unsigned_names=()):
    target = f"/{store}/object"
    sent = signed_headers("PUT", target, [*headers, ("Content-Length", str(len(body)))], payload, signing, unsigned_names)
    return exchange(head("PUT", target, sent) + body)


def expect_no_object(store):
    assert exchange(signed("GET", f"/{store}/object")).status == 404


def test_B1_wrong_secret(store):
    text = refused(get(store, Signing.now(secret_key="not-the-secret")), 403, "SignatureDoesNotMatch")
    assert Signing.now().secret_key not in text


def test_B2_unknown_key(store):
    """Of the same class of time as a wrong secret: the same work (a unit test of the authenticator), as many bytes."""
    refused(get(store, Signing.now(access_key="AKNOBODY000000000000")), 403, "InvalidAccessKeyId")
    known = Signing.now().access_key
    unknown = get(store, Signing.now(access_key="X" * len(known)))
    wrong = get(store, Signing.now(secret_key="wrong"))
    assert (unknown.code(), wrong.code()) == ("InvalidAccessKeyId", "SignatureDoesNotMatch")
    assert len(unknown.body) == len(wrong.body)


@pytest.mark.parametrize("change", ["no slashes", "terminator", "service", "date"])
def test_B3_malformed_credential(store, change):
    scope = Signing.now().scope
    edits = {"no slashes": lambda a: a.replace("/" + scope, ""), "terminator": lambda a: a.replace("aws4_request", "aws5"),
             "service": lambda a: a.replace("/s3/", "/sqs/"), "date": lambda a: re.sub(r"/20\d{6}/", "/20010101/", a)}
    refused(get(store, edit=edits[change]), 400, "AuthorizationHeaderMalformed")


def test_B3_wrong_region_names_the_right_one(store):
    text = refused(get(store, Signing.now(region="eu-west-9")), 400, "AuthorizationHeaderMalformed")
    assert "<Region>us-east-1</Region>" in text


@pytest.mark.parametrize("pattern, replacement", [
    (r"Credential=[^,]*, ", ""), (r"SignedHeaders=[^,]*, ", ""), (r", Signature=.*", ""),
    (r"(SignedHeaders=[^,]*, )", r"\1\1"), (r"(Signature=.*)", r"\1, \1"), (r"$", ", Extra=1")])
def test_B4_missing_and_extra_components(store, pattern, replacement):
    refused(get(store, edit=lambda a: re.sub(pattern, replacement, a, count=1)), 400, "AuthorizationHeaderMalformed")


@pytest.mark.parametrize("value", ["AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=", "Basic YTpi", "Bearer x",
                                   "AWS4-HMAC-SHA512 Credential=x", "nonsense"])
def test_B5_other_schemes(store, value):
    text = refused(get(store, edit=lambda _: value), 400, "InvalidRequest")
    assert "AWS4-HMAC-SHA256" in text


def test_B6_two_mechanisms(store):
    target = f"/{store}/secret"
    sent = signed_headers("GET", target)
    refused(exchange(head("GET", target, [*sent, sent[-1]])), 400, "InvalidArgument")
    presigned = presigned_target("GET", target)
    refused(exchange(head("GET", presigned, signed_headers("GET", presigned))), 400, "InvalidArgument")
    # Credentials in the query alone do not let a header's streaming mode through either (CVE-2026-40344).
    streaming = [("Host", rawhttp.host()), ("Authorization", "AWS4-HMAC-SHA256 Credential=x"),
                 ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ("x-amz-decoded-content-length", "1"),
                 ("Content-Length", "1")]
    target = f"/{store}/object"
    refused(exchange(head("PUT", presigned_target("PUT", target), streaming) + b"x"), 400, "InvalidArgument")
    expect_no_object(store)


@pytest.mark.parametrize("sign", [-1, 1])
def test_B7_skew(store, sign):
    now = datetime.datetime.now(datetime.timezone.utc)
    refused(get(store, Signing.now(time=now + sign * (SKEW_MAX + datetime.timedelta(minutes=1)))), 403,
            "RequestTimeTooSkewed")
    assert get(store, Signing.now(time=now + sign * (SKEW_MAX - datetime.timedelta(minutes=1)))).body == BODY


@pytest.mark.parametrize("date", [None, "yesterday", "20250101", "2025-01-01T00:00:00Z", ""])
def test_B8_no_usable_date(store, date):
    target = f"/{store}/secret"
    sent = [(name, value) for name, value in signed_headers("GET", target) if name != "X-Amz-Date"]
    if date is not None:
        sent.append(("X-Amz-Date", date))
    refused(exchange(head("GET", target, sent)), 403, "AccessDenied")


@pytest.mark.parametrize("name, value", [("x-amz-copy-source", "b/k"), ("x-amz-tagging", "a=1"), ("x-amz-acl", "private"),
                                         ("x-amz-meta-a", "b"), ("X-Amz-Storage-Class", "STANDARD")])
def test_B9_amz_headers_are_signed(store, name, value):
    text = refused(put(store, [(name, value)], unsigned_names=[name.lower()]), 403, "AccessDenied")
    assert "There were headers present in the request which were not signed" in text
    assert f"<HeadersNotSigned>{name.lower()}</HeadersNotSigned>" in text
    expect_no_object(store)


def test_B10_other_headers_need_not_be_signed(store):
    response = put(store, [("Content-Type", "text/x"), ("X-Custom", "1")], unsigned_names=["content-type"])
    assert response.status == 200
    assert exchange(signed("DELETE", f"/{store}/object")).status == 204


@pytest.mark.parametrize("names, status, code", [
    (["x-amz-content-sha256", "x-amz-date"], (403, 400), ("SignatureDoesNotMatch", "AuthorizationHeaderMalformed")),
    (["host", "x-absent", "x-amz-content-sha256", "x-amz-date"], (403,), ("SignatureDoesNotMatch",)),
    (["Host", "x-amz-content-sha256", "x-amz-date"], (403, 400), ("SignatureDoesNotMatch", "AuthorizationHeaderMalformed")),
    (["host", "host", "x-amz-content-sha256", "x-amz-date"], (403, 400),
     ("SignatureDoesNotMatch", "AuthorizationHeaderMalformed"))])
def test_B11_signed_headers(store, names, status, code):
    signing = Signing.now()
    target = f"/{store}/secret"
    sent = signed_headers("GET", target, signing=signing)[:-1]
    canonical = canonical_request("GET", target, sent, names, UNSIGNED)
    signature = signing.sign(signing.string_to_sign(canonical))
    sent.append(("Authorization", f"AWS4-HMAC-SHA256 Credential={signing.access_key}/{signing.scope}, "
                                  f"SignedHeaders={';'.join(names)}, Signature={signature}"))
    response = exchange(head("GET", target, sent))
    assert response.status in status
    refused(response, response.status, *code)


def test_B12_host_swapped(store):
    sent = signed_headers("GET", f"/{store}/secret")
    sent[0] = ("Host", "another.example:9000")
    refused(exchange(head("GET", f"/{store}/secret", sent)), 403, "SignatureDoesNotMatch")


def test_B13_content_sha256_missing(store):
    signing = Signing.now()
    target = f"/{store}/secret"
    sent = [("Host", rawhttp.host()), ("X-Amz-Date", signing.amz_date)]
    canonical = canonical_request("GET", target, sent, ["host", "x-amz-date"], EMPTY_SHA256)
    signature = signing.sign(signing.string_to_sign(canonical))
    sent.append(("Authorization", f"AWS4-HMAC-SHA256 Credential={signing.access_key}/{signing.scope}, "
                                  f"SignedHeaders=host;x-amz-date, Signature={signature}"))
    text = refused(exchange(head("GET", target, sent)), 400, "InvalidRequest")
    assert "Missing required header" in text


def test_B14_body_is_not_what_was_declared(store):
    refused(put(store, payload=hashlib.sha256(b"y").hexdigest()), 400, "XAmzContentSHA256Mismatch")
    expect_no_object(store)
    body = b"<CreateBucketConfiguration/>"
    request = signed("PUT", f"/{store}-not", body, payload=EMPTY_SHA256)
    refused(exchange(request), 400, "XAmzContentSHA256Mismatch")
    assert exchange(signed("HEAD", f"/{store}-not"), has_body=False).status == 404


@pytest.mark.parametrize("value", ["", "abc", "g" * 64, "0" * 63, "UNSIGNED", "STREAMING-NOTHING",
                                   "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"])
def test_B15_content_sha256_is_nonsense(store, value):
    response = put(store, payload=value)
    refused(response, 400, "InvalidArgument", "InvalidRequest")
    expect_no_object(store)


def test_B16_unsigned_payload(store, own_server):
    assert put(store, payload=UNSIGNED, body=b"unsigned").status == 200
    assert exchange(signed("GET", f"/{store}/object")).body == b"unsigned"
    assert exchange(signed("DELETE", f"/{store}/object")).status == 204


def test_B16_unsigned_payload_can_be_forbidden(own_server, monkeypatch):
    strict = own_server("--require-signed-payload")
    access_key, secret_key = strict.credentials()
    for name, value in (("ENDPOINT", strict.endpoint), ("ACCESS_KEY", access_key), ("SECRET_KEY", secret_key)):
        monkeypatch.setenv(f"OBJD_TEST_{name}", value)
    assert exchange(signed("PUT", "/strict", payload=EMPTY_SHA256)).status == 200
    refused(exchange(signed("PUT", "/strict/key", b"x")), 403, "AccessDenied")
    digest = hashlib.sha256(b"x").hexdigest()
    assert exchange(signed("PUT", "/strict/key", b"x", payload=digest)).status == 200


@pytest.mark.parametrize("query", ["a&a=", "a=2&a=1", "b=%7e&a=~", "a=b%20c", "a=%2f&b=/", "a=%e1%88%b4", "B=1&a=2", "a=b=c"])
def test_B17_queries(store, query):
    target = f"/{store}/secret?{query}"
    response = get(store, target=target)
    # Accepted or refused for what it asks, never for its signature: both sides read the same query.
    assert response.code() != "SignatureDoesNotMatch"
    assert response.status in (200, 501)


@pytest.mark.parametrize("key", ["a//b", "a/./b", "a/../b", "./a", "a/b/", "%7e%20%2f", "~"])
def test_B18_paths_are_signed_and_used_as_they_are(store, key):
    body = key.encode()
    assert exchange(signed("PUT", f"/{store}/{key}", body)).status == 200
    try:
        assert exchange(signed("GET", f"/{store}/{key}")).body == body
        assert exchange(signed("GET", f"/{store}/secret")).body == BODY
    finally:
        assert exchange(signed("DELETE", f"/{store}/{key}")).status == 204


def test_B18_what_was_signed_is_what_is_done(store):
    sent = signed_headers("GET", f"/{store}/x/../secret")
    refused(exchange(head("GET", f"/{store}/secret", sent)), 403, "SignatureDoesNotMatch")
    refused(exchange(head("GET", f"/{store}/x/../secret", sent)), 404, "NoSuchKey")


@pytest.mark.parametrize("signature", ["", "0", "0" * 63, "0" * 65, "0" * 64, "z" * 64, "0" * 10000])
def test_B19_malformed_signatures(store, signature):
    edited = get(store, edit=lambda a: re.sub(r"Signature=.*", f"Signature={signature}", a))
    if len(signature) > 1000:
        refused(edited, 400, "RequestHeaderSectionTooLarge")
    else:
        refused(edited, 403, "SignatureDoesNotMatch")


def test_B19_one_wrong_digit(store):
    refused(get(store, edit=lambda a: a[:-1] + ("0" if a[-1] != "0" else "1")), 403, "SignatureDoesNotMatch")


def test_B20_replay(store):
    sent = signed_headers("GET", f"/{store}/secret")
    for method, target in (("DELETE", f"/{store}/secret"), ("GET", f"/{store}/other"), ("GET", f"/{store}/secret?acl")):
        refused(exchange(head(method, target, sent)), 403, "SignatureDoesNotMatch")
    long_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    refused(get(store, Signing.now(time=long_ago)), 403, "RequestTimeTooSkewed")
    assert get(store).body == BODY


def test_I11_refused_before_the_body_is_asked_for(store):
    """Nobody makes the server read a body, or say 100, without having signed."""
    target = f"/{store}/object"
    sent = signed_headers("PUT", target, [("Content-Length", "1000000"), ("Expect", "100-continue")],
                          signing=Signing.now(secret_key="wrong"))
    with Connection() as connection:
        connection.send(head("PUT", target, sent))
        refused(connection.read_response(), 403, "SignatureDoesNotMatch")
    expect_no_object(store)


def test_published_example():
    """The signer of these tests against AWS's own example, so that both sides cannot be wrong alike."""
    signing = Signing("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                      datetime.datetime(2013, 5, 24, tzinfo=datetime.timezone.utc))
    headers = [("Host", "examplebucket.s3.amazonaws.com"), ("X-Amz-Content-Sha256", EMPTY_SHA256),
               ("X-Amz-Date", signing.amz_date)]
    canonical = canonical_request("GET", "/?max-keys=2&prefix=J", headers,
                                  ["host", "x-amz-content-sha256", "x-amz-date"], EMPTY_SHA256)
    assert (signing.sign(signing.string_to_sign(canonical))
            == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
