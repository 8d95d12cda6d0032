"""Tables X and I of the abuse cases, where they concern documents, listings and lengths: what is malformed or too large
gets its error, costs little, and changes nothing."""
import base64
import hashlib
import time
import uuid

import pytest

import rawhttp
from rawhttp import Connection, exchange, head, signed, signed_headers

pytestmark = pytest.mark.usefixtures("server")

MIB = 1 << 20
DOCUMENT_BYTES_MAX = MIB
LIST_DOCUMENT_BYTES_MAX = 8 * MIB
OBJECT_BYTES_MAX = 5 << 30
SOON_SECONDS = 5


@pytest.fixture(scope="module")
def store(server):
    """A bucket with the object "witness", which no refused request deletes."""
    name = f"documents-{uuid.uuid4().hex[:12]}"
    assert exchange(signed("PUT", f"/{name}")).status == 200
    assert exchange(signed("PUT", f"/{name}/witness", b"0123456789")).status == 200
    yield name
    assert exchange(signed("DELETE", f"/{name}/witness")).status == 204
    assert exchange(signed("DELETE", f"/{name}")).status == 204


def md5(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def delete(store, body, headers=None):
    headers = [("Content-MD5", md5(body))] if headers is None else headers
    return exchange(signed("POST", f"/{store}?delete", body, headers))


def refused(store, response, status, *codes):
    assert response is not None, "closed without an answer"
    assert (response.status, response.code()) in [(status, code) for code in codes], response.body
    assert exchange(signed("HEAD", f"/{store}/witness"), has_body=False).status == 200


WITNESS = b"<Object><Key>witness</Key></Object>"


@pytest.mark.parametrize("prolog", [
    b'<!DOCTYPE d>', b'<!DOCTYPE d [<!ENTITY a "witness">]>', b'<!DOCTYPE d SYSTEM "file:///etc/passwd">',
    b'<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>',
    b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>'])
def test_X1_document_types(store, prolog):
    refused(store, delete(store, prolog + b"<Delete>" + WITNESS + b"</Delete>"), 400, "MalformedXML")


@pytest.mark.parametrize("body", [
    b"<Delete>" + b"<a>" * 40 + b"</a>" * 40 + WITNESS + b"</Delete>", b"<a>" * 500_000,
    b"<Delete>" + b"<a/>" * 1_000_000 + WITNESS + b"</Delete>", b'<Delete a="' + b"x" * 10_000_000 + b'">' + WITNESS + b"</Delete>"],
    ids=["deep", "very deep", "siblings", "attribute"])
def test_X2_large_in_some_way(store, body):
    start = time.monotonic()
    refused(store, delete(store, body), 400, "MalformedXML", "MaxMessageLengthExceeded")
    assert time.monotonic() - start < SOON_SECONDS


def test_X3_more_than_a_thousand_keys(store):
    refused(store, delete(store, b"<Delete>" + WITNESS * 1001 + b"</Delete>"), 400, "MalformedXML")


def test_X4_no_digest(store):
    response = delete(store, b"<Delete>" + WITNESS + b"</Delete>", headers=[])
    refused(store, response, 400, "InvalidRequest")
    assert b"Missing required header" in response.body


@pytest.mark.parametrize("target, limit", [("?delete", LIST_DOCUMENT_BYTES_MAX), ("/key?uploadId=0", LIST_DOCUMENT_BYTES_MAX),
                                           ("", DOCUMENT_BYTES_MAX)])
def test_X5_too_large(store, target, limit):
    method = "PUT" if not target else "POST"
    path = f"/{store}{target}"
    sent = signed_headers(method, path, [("Content-MD5", md5(b"")), ("Content-Length", str(limit + 1))])
    with Connection() as connection:  # refused by its length: nothing of it is sent
        connection.send(head(method, path, sent))
        refused(store, connection.read_response(), 400, "MaxMessageLengthExceeded")


def test_X5_too_large_in_chunks(store):
    path = f"/{store}"
    sent = signed_headers("PUT", path, [("Transfer-Encoding", "chunked")])
    with Connection() as connection:
        connection.send(head("PUT", path, sent))
        for _ in range(20):
            if not connection.send(b"10000\r\n" + b" " * 65536 + b"\r\n"):
                break
        refused(store, connection.read_response(), 400, "MaxMessageLengthExceeded")


@pytest.mark.parametrize("body", [
    ("<Delete>" + WITNESS.decode() + "</Delete>").encode("utf-16"), b"\xef\xbb\xbf<Delete>" + WITNESS + b"</Delete>",
    b"<Delete>\x00" + WITNESS + b"</Delete>", b"<Delete><Object><Key>\xff</Key></Object></Delete>", b"", b"{}",
    b'<?xml version="1.0" encoding="UTF-7"?>+ADw-Delete+AD4-', b"<Delete>" + WITNESS, b"<Delete>" + WITNESS + b"</Delete><x/>"],
    ids=["UTF-16", "mark", "NUL", "not UTF-8", "empty", "JSON", "UTF-7", "cut", "two roots"])
def test_X6_encodings(store, body):
    refused(store, delete(store, body), 400, "MalformedXML")


@pytest.mark.parametrize("rule", ["<AllowedHeader>a&#13;&#10;Set-Cookie: x</AllowedHeader>",
                                  "<ExposeHeader>a&#10;b</ExposeHeader>"])
def test_X8_line_ends_in_cors_rules(store, rule):
    body = (f"<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>{rule}"
            "</CORSRule></CORSConfiguration>").encode()
    response = exchange(signed("PUT", f"/{store}?cors", body, [("Content-MD5", md5(body))]))
    refused(store, response, *((501, "NotImplemented") if response.status == 501 else (400, "MalformedXML")))
    assert exchange(signed("GET", f"/{store}?cors")).code() == "NoSuchCORSConfiguration"


@pytest.mark.parametrize("value", ["2147483648", "-1", "abc", "1.5", "0x10", "99999999999999999999"])
def test_I4_page_sizes(store, value):
    for query in (f"?max-keys={value}", f"?list-type=2&max-keys={value}", f"?versions&max-keys={value}",
                  f"?uploads&max-uploads={value}"):
        refused(store, exchange(signed("GET", f"/{store}{query}")), 400, "InvalidArgument")
    assert b"<MaxKeys>1000</MaxKeys>" in exchange(signed("GET", f"/{store}?max-keys=1000000000")).body


@pytest.mark.parametrize("token", ["x", "AAAA", "d2l0bmVzcw==", "%00", "A" * 4000], ids=range(5))
def test_I5_forged_tokens(store, token):
    response = exchange(signed("GET", f"/{store}?list-type=2&continuation-token={token}"))
    refused(store, response, 400, "InvalidArgument", "InvalidURI")


def test_I6_ranges(store):
    def get(value):
        return exchange(signed("GET", f"/{store}/witness", headers=[("Range", value)]))

    many = get("bytes=" + ",".join(f"{i}-{i}" for i in range(1000)))
    assert (many.status, many.body) == (200, b"0123456789")
    overlapping = get("bytes=0-5,3-8")
    assert (overlapping.status, overlapping.body) == (200, b"0123456789")
    for value in ("bytes=-0", "bytes=10-", "bytes=100-200"):
        refused(store, get(value), 416, "InvalidRange")


@pytest.mark.parametrize("number", ["0", "10001", "-1", "abc", "", "1.0"])
def test_I8_part_numbers(store, number):
    response = exchange(signed("PUT", f"/{store}/key?uploadId=0&partNumber={number}", b"x"))
    refused(store, response, 400, "InvalidArgument")


def test_I9_too_large_an_object(store):
    path = f"/{store}/object"
    with Connection() as connection:
        connection.send(head("PUT", path, signed_headers("PUT", path, [("Content-Length", str(OBJECT_BYTES_MAX + 1))])))
        refused(store, connection.read_response(), 400, "EntityTooLarge")


def test_I9_a_large_length_and_no_body(store):
    path = f"/{store}/object"
    with Connection() as connection:
        connection.send(head("PUT", path, signed_headers("PUT", path, [("Content-Length", str(OBJECT_BYTES_MAX))])))
        connection.send(b"the beginning")
    assert exchange(signed("GET", path)).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("target", ["", "/witness"])
@pytest.mark.parametrize("subresource", ["frobnicate", "analytics", "inventory", "metrics", "intelligent-tiering", "torrent",
                                         "renameObject", "session"])
def test_what_is_not_there_is_said_so_in_a_document(store, method, target, subresource):
    body = b"<x/>" if method in ("PUT", "POST") else None
    response = exchange(signed(method, f"/{store}{target}?{subresource}", body))
    refused(store, response, 501, "NotImplemented")
    assert response.header("content-type") == "application/xml"
    assert response.body.startswith(b"<?xml")
