"""Table A of the abuse cases: how a request is framed. Whatever leaves a doubt is refused, the connection ends, and what
stands behind it is never taken for a request."""
import os
import time
import uuid

import pytest

import rawhttp
from rawhttp import Connection, head, host, signed, signed_headers

pytestmark = pytest.mark.usefixtures("server")

DRAIN_BYTES_MAX = 64 * 1024
EXTENSION_BYTES_MAX = 1024
TRAILERS_MAX = 64
CHUNKED = ("Transfer-Encoding", "chunked")


@pytest.fixture(scope="module")
def framing_bucket(server):
    """A bucket with one object, "witness": what a smuggled request would try to delete."""
    name = f"framing-{uuid.uuid4().hex[:12]}"
    assert rawhttp.exchange(signed("PUT", f"/{name}")).status == 200
    assert rawhttp.exchange(signed("PUT", f"/{name}/witness", b"alive")).status == 200
    yield name
    for key in ("witness", "object"):
        rawhttp.exchange(signed("DELETE", f"/{name}/{key}"))
    rawhttp.exchange(signed("DELETE", f"/{name}"))


@pytest.fixture
def smuggled(framing_bucket):
    """A valid request that deletes the witness. It must still live when the test ends."""
    yield signed("DELETE", f"/{framing_bucket}/witness")
    response = rawhttp.exchange(signed("GET", f"/{framing_bucket}/witness"))
    assert (response.status, response.body) == (200, b"alive"), "a smuggled request was executed"


def put_head(bucket, *headers, version="HTTP/1.1"):
    target = f"/{bucket}/object"
    return head("PUT", target, signed_headers("PUT", target, headers), version)


def expect_refusal(request, statuses=(400,)):
    """One refusal, then the end."""
    with Connection() as connection:
        connection.send(request)
        response = connection.read_response()
        assert response is not None, "closed without an answer"
        assert response.status in statuses
        assert response.header("connection") == "close"
        assert response.header("x-amz-request-id")
        assert connection.is_closed(), "more than one answer, or the connection stays open"
        return response


def expect_absent(bucket):
    assert rawhttp.exchange(signed("GET", f"/{bucket}/object")).status == 404


LENGTH = ("Content-Length", "5")


@pytest.mark.parametrize("headers", [(LENGTH, CHUNKED), (CHUNKED, LENGTH)], ids=["length-first", "coding-first"])
def test_A1_length_and_coding(framing_bucket, smuggled, headers):
    expect_refusal(put_head(framing_bucket, *headers) + b"0\r\n\r\n" + smuggled)
    expect_absent(framing_bucket)


@pytest.mark.parametrize("coding", ["gzip", "identity", "xchunked"])
@pytest.mark.parametrize("with_length", [True, False])
def test_A2_unknown_coding(framing_bucket, smuggled, coding, with_length):
    headers = [("Transfer-Encoding", coding)] + ([LENGTH] if with_length else [])
    expect_refusal(put_head(framing_bucket, *headers) + b"hello" + smuggled, (400, 501))
    expect_absent(framing_bucket)


@pytest.mark.parametrize("coding", ["chunked, chunked", "chunked, identity", "identity, chunked", "chunked,"])
def test_A3_stacked_codings(framing_bucket, smuggled, coding):
    expect_refusal(put_head(framing_bucket, ("Transfer-Encoding", coding)) + b"0\r\n\r\n" + smuggled)


@pytest.mark.parametrize("lines", [
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"Transfer-Encoding:\tchunked\r\n",
    b"Transfer-Encoding: chunked\t\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n",
    b"Transfer-Encoding: \"chunked\"\r\n",
    b"Transfer-Encoding: chunked;q=1\r\n",
    b"Transfer-Encoding:\r\n",
])
def test_A4_odd_coding_lines(framing_bucket, smuggled, lines):
    request = put_head(framing_bucket)[:-2] + lines + b"\r\n0\r\n\r\n" + smuggled
    expect_refusal(request)


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "CHUNKED"])
def test_A4_one_chunked_in_any_case_is_accepted(framing_bucket, coding):
    request = put_head(framing_bucket, ("Transfer-Encoding", coding), ("X-Amz-Decoded-Content-Length", "5"))
    response = rawhttp.exchange(request + b"5\r\nhello\r\n0\r\n\r\n")
    assert response.status == 200
    assert rawhttp.exchange(signed("GET", f"/{framing_bucket}/object")).body == b"hello"
    rawhttp.exchange(signed("DELETE", f"/{framing_bucket}/object"))


@pytest.mark.parametrize("lines", [
    b"Content-Length: 5\r\nContent-Length: 5\r\n",
    b"Content-Length: 5\r\nContent-Length: 6\r\n",
    b"Content-Length: 5, 5\r\n",
    b"Content-Length: +5\r\n",
    b"Content-Length: -5\r\n",
    b"Content-Length: 0x5\r\n",
    b"Content-Length: 0005\r\n",
    b"Content-Length: 5 5\r\n",
    b"Content-Length:\r\n",
    b"Content-Length: 18446744073709551616\r\n",
    b"Content-Length: 18446744073709551621\r\n",
])
def test_A5_doubtful_lengths(framing_bucket, smuggled, lines):
    expect_refusal(put_head(framing_bucket)[:-2] + lines + b"\r\nhello" + smuggled)
    expect_absent(framing_bucket)


@pytest.mark.parametrize("lines", [
    b"X-Folded: a\r\n b\r\n",
    b"X-Folded: a\r\n\tb\r\n",
    b"Content-Length: 5\r\n 5\r\n",
    b"Transfer-Encoding:\r\n chunked\r\n",
])
def test_A6_folded_lines(framing_bucket, smuggled, lines):
    expect_refusal(put_head(framing_bucket)[:-2] + lines + b"\r\nhello" + smuggled)


@pytest.mark.parametrize("lines", [
    b"X-Bare: a\nX-Other: b\r\n",
    b"X-Bare: a\rX-Other: b\r\n",
    b"X-Bare: a\r\r\n",
    b"X-Nul: a\0b\r\n",
    b"X-Space : a\r\n",
    b"X-Tab\t: a\r\n",
    b"X Space: a\r\n",
    b": a\r\n",
    b"no colon\r\n",
    b"X-H\xc3\xa4gh: a\r\n",
    b"X-Escape: \x1b[31m\r\n",
])
def test_A7_odd_bytes(framing_bucket, smuggled, lines):
    expect_refusal(put_head(framing_bucket)[:-2] + lines + b"\r\n" + smuggled)


def test_A7_bare_line_feeds_only(smuggled):
    expect_refusal(b"GET / HTTP/1.1\nHost: " + host().encode() + b"\n\n" + smuggled)


@pytest.mark.parametrize("request_head", [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
    b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
])
def test_A8_hosts(smuggled, request_head):
    expect_refusal(request_head + smuggled)


@pytest.mark.parametrize("request_head,statuses", [
    (b"PUT /a/b HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400,)),
    (b"GET /\r\n", (400, 505)),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", (505,)),
    (b"GET / http/1.1\r\nHost: a\r\n\r\n", (400,)),
    (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    (b"GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
    (b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", (400,)),
], ids=["coding-on-1.0", "0.9", "h2-preface", "3.0", "lower-case-version", "lower-case-method", "fragment", "high-byte"])
def test_A9_versions_and_request_lines(smuggled, request_head, statuses):
    expect_refusal(request_head + smuggled, statuses)


def chunked_put(bucket, body):
    return put_head(bucket, CHUNKED, ("X-Amz-Decoded-Content-Length", "5")) + body


@pytest.mark.parametrize("body", [
    b"5;" + b"a" * (EXTENSION_BYTES_MAX + 1) + b"\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n" + b"X-T: a\r\n" * (TRAILERS_MAX + 1) + b"\r\n",
    b"5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n",
    b"5\r\nhello\r\n0\r\nHost: a\r\n\r\n",
    b"5\r\nhello\r\n0\r\nAuthorization: a\r\n\r\n",
], ids=["extension", "many-trailers", "trailer-length", "trailer-host", "trailer-authorization"])
def test_A10_extensions_and_trailers(framing_bucket, smuggled, body):
    expect_refusal(chunked_put(framing_bucket, body) + smuggled)
    expect_absent(framing_bucket)


@pytest.mark.parametrize("body", [
    b"FFFFFFFFFFFFFFFF\r\nhello",
    b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhelloXX0\r\n\r\n",
    b"5\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b"+5\r\nhello\r\n0\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n",
], ids=["huge", "overflow", "no-crlf", "bare-lf-size", "bare-lf-data", "sign", "space"])
def test_A11_broken_chunks(framing_bucket, smuggled, body):
    assert expect_refusal(chunked_put(framing_bucket, body) + smuggled).code() == "IncompleteBody"
    expect_absent(framing_bucket)


def test_A12_nothing_behind_a_refusal_is_parsed(smuggled):
    expect_refusal(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n" + smuggled * 3)


def test_A12_early_refusal_with_a_large_body_unread(framing_bucket, smuggled):
    target = f"/{framing_bucket}/object"
    wrong = rawhttp.Signing.now(secret_key="not the secret")
    size = DRAIN_BYTES_MAX * 16
    request = head("PUT", target, signed_headers("PUT", target, [("Content-Length", str(size))], signing=wrong))
    response = expect_refusal(request + smuggled + b"x" * (size - len(smuggled)), (403,))
    assert response.code() == "SignatureDoesNotMatch"


def test_A12_pipelined_requests_are_answered_in_order(framing_bucket):
    with Connection() as connection:
        for _ in range(3):
            connection.send(signed("GET", f"/{framing_bucket}/witness") + signed("GET", f"/{framing_bucket}/none"))
        for _ in range(3):
            assert connection.read_response().body == b"alive"
            assert connection.read_response().status == 404


@pytest.mark.parametrize("method,target,status", [("GET", "witness", 200), ("HEAD", "witness", 200), ("DELETE", "none", 204)])
def test_A13_small_bodies_nobody_wants_are_drained(framing_bucket, smuggled, method, target, status):
    with Connection() as connection:
        connection.send(signed(method, f"/{framing_bucket}/{target}", smuggled))
        response = connection.read_response(has_body=method != "HEAD")
        assert response.status == status
        if response.header("connection") == "close":
            assert connection.is_closed()
            return
        connection.send(signed("GET", f"/{framing_bucket}/witness"))
        assert connection.read_response().body == b"alive"


def test_A13_large_bodies_nobody_wants_end_the_connection(framing_bucket, smuggled):
    body = smuggled + b"x" * (DRAIN_BYTES_MAX * 4)
    with Connection() as connection:
        connection.send(signed("GET", f"/{framing_bucket}/witness", body))
        response = connection.read_response()
        assert response.status == 200
        assert response.header("connection") == "close"
        assert connection.is_closed()


def test_A14_no_invitation_without_authorisation(framing_bucket):
    target = f"/{framing_bucket}/object"
    wrong = rawhttp.Signing.now(secret_key="not the secret")
    headers = [("Content-Length", "5"), ("Expect", "100-continue")]
    response = expect_refusal(head("PUT", target, signed_headers("PUT", target, headers, signing=wrong)), (403,))
    assert response.code() == "SignatureDoesNotMatch"
    expect_absent(framing_bucket)


def test_A14_invitation_with_authorisation(framing_bucket):
    with Connection() as connection:
        connection.send(put_head(framing_bucket, ("Content-Length", "5"), ("Expect", "100-continue")))
        assert connection.read_response().status == 100
        connection.send(b"hello")
        assert connection.read_response().status == 200
    assert rawhttp.exchange(signed("GET", f"/{framing_bucket}/object")).body == b"hello"
    assert rawhttp.exchange(signed("DELETE", f"/{framing_bucket}/object")).status == 204


def test_A14_an_empty_expectation_is_none(framing_bucket):
    with Connection() as connection:
        connection.send(signed("PUT", f"/{framing_bucket}/key", b"x", [("Expect", "")]))
        assert connection.read_response().status == 200
    rawhttp.exchange(signed("DELETE", f"/{framing_bucket}/key"))


def test_A14_unknown_expectation(framing_bucket, smuggled):
    expect_refusal(put_head(framing_bucket, ("Content-Length", "5"), ("Expect", "200-ok")) + smuggled, (417,))


def test_I1_a_dripping_head_is_not_waited_for():
    start = time.monotonic()
    with Connection(timeout=60) as connection:
        for byte in b"GET / HTTP/1.1\r\nHost: " + b"a" * 200:
            if not connection.send(bytes([byte])) or time.monotonic() - start > 40:
                break
            time.sleep(0.2)
        assert connection.is_closed()
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("headers", [[("X-Large", "a" * 8300)], [(f"X-{i}", "a") for i in range(120)]],
                         ids=["bytes", "fields"])
def test_I2_header_section(headers):
    response = expect_refusal(head("GET", "/", [("Host", host()), *headers]))
    assert response.code() == "RequestHeaderSectionTooLarge"


def test_I3_url():
    expect_refusal(head("GET", "/" + "a" * 8300, [("Host", host())]), (400, 414))


def test_I9_announced_size_over_the_limit(framing_bucket):
    target = f"/{framing_bucket}/object"
    size = str(5 * 2**30 + 1)
    response = expect_refusal(head("PUT", target, signed_headers("PUT", target, [("Content-Length", size)])))
    assert response.code() == "EntityTooLarge"


def test_a_connection_that_ends_early_leaves_nothing(framing_bucket):
    with Connection() as connection:
        connection.send(put_head(framing_bucket, ("Content-Length", "100000")) + os.urandom(50000))
        connection.finish_sending()
        response = connection.read_response()
        assert response.status == 400
        assert response.code() == "IncompleteBody"
        assert connection.is_closed()
    expect_absent(framing_bucket)
