"""Table I of the abuse cases, where it concerns numbers: of uploads, of tiny objects, of wrong guesses. Slow peers, full
disks and handshakes are tests of the transport and of the store, which can be given small limits (tests/unit/http,
tests/contract)."""
import time
import uuid

import pytest

from rawhttp import Connection, Signing, exchange, head, host, signed, signed_headers
from s3_access import empty_bucket

UPLOADS = 130
PAGE = 100
TINY_OBJECTS = 500
METADATA_BYTES_EACH_MAX = 4096
GUESSES = 200
SOON_SECONDS = 5


@pytest.fixture(scope="module")
def store(server):
    name = f"exhaustion-{uuid.uuid4().hex[:12]}"
    assert exchange(signed("PUT", f"/{name}")).status == 200
    yield name
    assert exchange(signed("DELETE", f"/{name}")).status == 204


def on_one_connection(requests):
    """The responses to requests that are sent one after another."""
    responses = []
    with Connection() as connection:
        for request in requests:
            connection.send(request)
            responses.append(connection.read_response())
    return responses


def test_I7_open_uploads_are_listed_in_pages(s3, bucket):
    made = on_one_connection(signed("POST", f"/{bucket}/key?uploads", b"") for _ in range(UPLOADS))
    assert {response.status for response in made} == {200}
    first = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=PAGE)
    assert len(first["Uploads"]) == PAGE and first["IsTruncated"]
    rest = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=PAGE, KeyMarker=first["NextKeyMarker"],
                                     UploadIdMarker=first["NextUploadIdMarker"])
    assert len(rest["Uploads"]) == UPLOADS - PAGE and not rest["IsTruncated"]
    ids = [upload["UploadId"] for upload in first["Uploads"] + rest["Uploads"]]
    assert len(set(ids)) == UPLOADS
    aborted = on_one_connection(signed("DELETE", f"/{bucket}/key?uploadId={one}") for one in ids)
    assert {response.status for response in aborted} == {204}


@pytest.mark.parametrize("subresource", ["lifecycle", "quota"])
def test_I7_I14_limits_that_are_not_there_are_not_promised(store, subresource):
    response = exchange(signed("PUT", f"/{store}?{subresource}", b"<x/>"))
    assert (response.status, response.code()) == (501, "NotImplemented")


def test_I10_tiny_objects_cost_no_segments(server, s3, bucket):
    before = server.metrics()["objd_segment_bytes"]
    made = on_one_connection(signed("PUT", f"/{bucket}/{number:06}", b"x") for number in range(TINY_OBJECTS))
    assert {response.status for response in made} == {200}
    assert server.metrics()["objd_segment_bytes"] == before
    empty_bucket(s3, bucket)


def test_I11_a_large_body_with_a_bad_key_is_not_waited_for(store):
    target = f"/{store}/object"
    for signing in (Signing.now(secret_key="wrong"), Signing.now(access_key="AKNOBODY000000000000")):
        sent = signed_headers("PUT", target, [("Content-Length", str(1 << 30))], signing=signing)
        started = time.monotonic()
        with Connection() as connection:
            connection.send(head("PUT", target, sent) + b"x" * 4096)
            response = connection.read_response()
            assert response.status == 403
            assert response.header("connection") == "close"
        assert time.monotonic() - started < SOON_SECONDS


def test_I13_guesses_are_answered_alike_and_disturb_nobody(store):
    guesses = on_one_connection(signed("GET", f"/{store}?location", signing=Signing.now(secret_key=f"guess-{number}"))
                                for number in range(GUESSES))
    assert {(response.status, response.code(), len(response.body)) for response in guesses} == {
        (403, "SignatureDoesNotMatch", len(guesses[0].body))}
    assert exchange(signed("GET", f"/{store}?location")).status == 200


def test_I1_I12_a_connection_that_says_nothing_holds_no_other_back(store):
    with Connection(), Connection() as dripping:
        dripping.send(b"GET / HTTP/1.1\r\nHost: " + host().encode()[:3])
        assert exchange(signed("GET", f"/{store}?location")).status == 200
