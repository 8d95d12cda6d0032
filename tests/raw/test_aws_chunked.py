"""Table D of the abuse cases: the aws-chunked content coding. Only the payload is ever stored, and only when all of its
frame, signatures and trailers are right."""
import base64
import uuid
import zlib

import pytest

import rawhttp
from rawhttp import Connection, Signing, exchange, head, presigned_target, seed_signature, signed, signed_headers

pytestmark = pytest.mark.usefixtures("server")

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNK_BYTES = 16384
BODY = bytes(range(256)) * 160  # 40,960 bytes: three chunks
OBJECT_BYTES_MAX = 5 << 30


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@pytest.fixture(scope="module")
def chunked_bucket(server):
    name = f"chunked-{uuid.uuid4().hex[:12]}"
    assert exchange(signed("PUT", f"/{name}")).status == 200
    yield name
    exchange(signed("DELETE", f"/{name}/object"))
    assert exchange(signed("DELETE", f"/{name}")).status == 204


@pytest.fixture
def target(chunked_bucket):
    """The object to write. It must not exist when a test ends, unless the test read it."""
    return f"/{chunked_bucket}/object"


class Upload:
    """An upload whose head is signed and whose every byte behind it can be bent."""

    def __init__(self, target, payload, body=BODY, headers=(), trailer=None, decoded=None, signing=None, encoding="aws-chunked"):
        self.target, self.payload, self.body, self.encoding = target, payload, body, encoding
        self.signing = signing or Signing.now()
        self.trailer = trailer if trailer is not None else ([("x-amz-checksum-crc32", crc32(body))]
                                                            if payload != SIGNED else [])
        self.headers = [("Content-Encoding", encoding), *headers]
        if decoded is not False:
            self.headers.append(("x-amz-decoded-content-length", str(len(body) if decoded is None else decoded)))
        if self.trailer and not any(name == "x-amz-trailer" for name, _ in headers):
            self.headers.append(("x-amz-trailer", ",".join(name for name, _ in self.trailer)))

    def sign(self):
        self.sent = signed_headers("PUT", self.target, self.headers, self.payload, self.signing)
        self.previous = seed_signature(self.sent)

    def chunk(self, data):
        if self.payload == UNSIGNED_TRAILER:
            return b"%x\r\n%s\r\n" % (len(data), data) if data else b"0\r\n"
        self.previous = self.signing.chunk_signature(self.previous, data)
        frame = b"%x;chunk-signature=%s\r\n" % (len(data), self.previous.encode())
        return frame + data + b"\r\n" if data or self.payload == SIGNED else frame

    def pieces(self, size=CHUNK_BYTES):
        """The chunks, the last one empty, and the trailer."""
        self.sign()
        out = [self.chunk(self.body[at:at + size]) for at in range(0, len(self.body), size)]
        out.append(self.chunk(b""))
        if self.payload != SIGNED:
            out.append(self.trailer_bytes())
        return out

    def trailer_bytes(self):
        lines = b"".join(f"{name}:{value}\r\n".encode() for name, value in self.trailer)
        if self.payload == SIGNED_TRAILER:
            canonical = "".join(f"{name}:{value}\n" for name, value in self.trailer).encode()
            lines += f"x-amz-trailer-signature:{self.signing.trailer_signature(self.previous, canonical)}\r\n".encode()
        return lines + b"\r\n"

    def send(self, framed, length=None, end=False):
        """The answer to the head and these bytes. end: nothing more comes, though the length says so."""
        sent = [*self.sent, ("Content-Length", str(len(framed) if length is None else length))]
        with Connection() as connection:
            connection.send(head("PUT", self.target, sent))
            connection.send(framed)
            if end:
                connection.finish_sending()
            return connection.read_response()

    def send_pieces(self, edit=None, **more):
        pieces = self.pieces()
        return self.send(b"".join(edit(pieces) if edit else pieces), **more)


def stored(target):
    """What was stored, which is removed."""
    response = exchange(signed("GET", target))
    exchange(signed("DELETE", target))
    return response.body if response.status == 200 else None


def refused(target, response, status, *codes):
    assert response is not None, "closed without an answer"
    assert (response.status, response.code()) in [(status, code) for code in codes], response.body
    assert response.header("x-amz-request-id")
    assert exchange(signed("GET", target)).status == 404, "something was stored"
    return response.body.decode()


@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
@pytest.mark.parametrize("body", [b"", b"x", BODY])
def test_D0_what_is_right_is_stored_without_its_frame(target, payload, body):
    response = Upload(target, payload, body).send_pieces()
    assert response.status == 200, response.body
    if payload != SIGNED:
        assert response.header("x-amz-checksum-crc32") == crc32(body)
    assert stored(target) == body


@pytest.mark.parametrize("index", [0, 1, 2, 3])
@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER])
def test_D1_chunk_signature_wrong(target, payload, index):
    def edit(pieces):
        digit = pieces[index].index(b"chunk-signature=") + 16
        wrong = b"0" if pieces[index][digit:digit + 1] != b"0" else b"1"
        pieces[index] = pieces[index][:digit] + wrong + pieces[index][digit + 1:]
        return pieces

    refused(target, Upload(target, payload).send_pieces(edit), 403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("edit", [lambda p: [p[1], p[0], *p[2:]], lambda p: [p[0], *p[2:]], lambda p: [p[0], p[0], *p[2:]]],
                         ids=["reordered", "removed", "duplicated"])
def test_D2_chunks_in_another_order(target, edit):
    refused(target, Upload(target, SIGNED).send_pieces(edit), 403, "SignatureDoesNotMatch")


def test_D2_chunk_of_another_upload(target):
    other = Upload(target, SIGNED, headers=[("x-amz-meta-other", "1")]).pieces()
    refused(target, Upload(target, SIGNED).send_pieces(lambda p: [other[0], *p[1:]]), 403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_D3_final_chunk_missing(target, payload):
    refused(target, Upload(target, payload).send_pieces(lambda p: p[:3]), 400, "IncompleteBody")


def test_D3_connection_ends(target):
    upload = Upload(target, SIGNED)
    framed = b"".join(upload.pieces())
    response = upload.send(framed[:20000], length=len(framed), end=True)
    if response is not None:
        refused(target, response, 400, "IncompleteBody")
    assert stored(target) is None


@pytest.mark.parametrize("difference", [-1, 1, -len(BODY), 100000])
@pytest.mark.parametrize("payload", [SIGNED, UNSIGNED_TRAILER])
def test_D4_decoded_length_differs(target, payload, difference):
    refused(target, Upload(target, payload, decoded=len(BODY) + difference).send_pieces(), 400, "IncompleteBody")


@pytest.mark.parametrize("decoded", [False, "", "abc", "-1", "+1", "0x10", "1e3", str(1 << 64)])
def test_D5_decoded_length_is_no_length(target, decoded):
    refused(target, Upload(target, UNSIGNED_TRAILER, decoded=decoded).send_pieces(), 411, "MissingContentLength")


def test_D5_decoded_length_above_the_limit(target):
    refused(target, Upload(target, UNSIGNED_TRAILER, decoded=OBJECT_BYTES_MAX + 1).send_pieces(), 400, "EntityTooLarge")


def test_D6_small_chunk_that_is_not_the_last(target):
    upload = Upload(target, SIGNED)
    refused(target, upload.send(b"".join(upload.pieces(size=8191))), 400, "InvalidChunkSizeError")
    assert upload.send(b"".join(upload.pieces(size=8192))).status == 200
    assert stored(target) == BODY


@pytest.mark.parametrize("old, new", [(b"4000;", b"40zz;"), (b"4000;", b"4000:"), (b";chunk-signature=", b";chunk-sig="),
                                      (b";chunk-signature=", b""), (b"4000;", b";"), (b"\r\n", b"\n"), (b"\r\n", b"")])
def test_D7_chunk_header_malformed(target, old, new):
    refused(target, Upload(target, SIGNED).send_pieces(lambda p: [p[0].replace(old, new, 1), *p[1:]]), 400,
            "IncompleteBody")


def test_D7_signature_short(target):
    def edit(pieces):
        line, rest = pieces[0].split(b"\r\n", 1)
        return [line[:-1] + b"\r\n" + rest, *pieces[1:]]

    refused(target, Upload(target, SIGNED).send_pieces(edit), 400, "IncompleteBody")


def test_D7_no_line_end_behind_the_data(target):
    refused(target, Upload(target, UNSIGNED_TRAILER).send_pieces(lambda p: [p[0][:-2] + b"xx", *p[1:]]), 400, "IncompleteBody")


@pytest.mark.parametrize("payload", [SIGNED, UNSIGNED_TRAILER])
def test_D8_chunk_header_too_long(target, payload):
    refused(target, Upload(target, payload).send_pieces(lambda p: [b"0" * 2000 + p[0], *p[1:]]), 400, "IncompleteBody")


@pytest.mark.parametrize("size", [b"%x" % (1 << 63), b"%x" % (1 << 64), b"f" * 20, b"-1"])
def test_D9_chunk_size_overflows(target, size):
    response = Upload(target, UNSIGNED_TRAILER).send_pieces(lambda p: [size + p[0][p[0].index(b"\r\n"):], *p[1:]])
    refused(target, response, 400, "IncompleteBody", "EntityTooLarge")


@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_D10_data_behind_the_end(target, payload):
    refused(target, Upload(target, payload).send_pieces(lambda p: [*p, b"more"]), 400, "IncompleteBody")


@pytest.mark.parametrize("announced, sent", [
    ("x-amz-checksum-crc32", []), (None, [("x-amz-checksum-crc32", crc32(BODY))]),
    ("x-amz-checksum-crc32", [("x-amz-checksum-crc32c", crc32(BODY))]), ("x-amz-checksum-crc32", [("", crc32(BODY))]),
    ("x-amz-meta-a", [("x-amz-meta-a", "1")]), ("", [("x-amz-checksum-crc32", crc32(BODY))])])
@pytest.mark.parametrize("payload", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_D11_trailer_is_not_what_was_announced(target, payload, announced, sent):
    upload = Upload(target, payload, headers=[("x-amz-trailer", announced)] if announced is not None else [], trailer=[])
    upload.trailer = sent
    refused(target, upload.send_pieces(), 400, "MalformedTrailerError")


@pytest.mark.parametrize("edit", [lambda t: t[:-10] + b"0" * 6 + t[-4:], lambda t: t[:t.index(b"x-amz-trailer-sig")] + b"\r\n"],
                         ids=["wrong", "missing"])
def test_D12_trailer_signature(target, edit):
    response = Upload(target, SIGNED_TRAILER).send_pieces(lambda p: [*p[:-1], edit(p[-1])])
    refused(target, response, 403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("payload", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_D13_trailer_checksum_wrong(target, payload):
    text = refused(target, Upload(target, payload, trailer=[("x-amz-checksum-crc32", "AAAAAA==")]).send_pieces(), 400,
                   "BadDigest")
    assert "The CRC32 you specified did not match the calculated checksum." in text
    refused(target, Upload(target, payload, trailer=[("x-amz-checksum-crc32", "bad")]).send_pieces(), 400, "InvalidRequest")


@pytest.mark.parametrize("query", ["", "?uploadId=0123&partNumber=1"])
@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_D14_forged_seed_signature(target, payload, query):
    upload = Upload(target + query, payload, signing=Signing.now(secret_key="forged"))
    refused(target, upload.send_pieces(), 403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("method, suffix", [("POST", "?uploadId=0123"), ("POST", "?uploads"), ("POST", "?delete"),
                                            ("PUT", "?policy"), ("PUT", "")])
def test_D14_forged_seed_signature_for_other_operations(chunked_bucket, method, suffix):
    path = f"/{chunked_bucket}{'' if suffix in ('?delete', '?policy', '') else '/object'}{suffix}"
    sent = signed_headers(method, path, [("x-amz-decoded-content-length", "1"), ("Content-Length", "6")], UNSIGNED_TRAILER,
                          Signing.now(secret_key="forged"))
    response = exchange(head(method, path, sent) + b"0\r\n\r\n\n")
    assert (response.status, response.code()) == (403, "SignatureDoesNotMatch")


def test_D14_credentials_in_the_query_alone(target):
    """A presigned URL for this object is no signature of a streaming upload by somebody else."""
    forged = presigned_target("PUT", target, signing=Signing.now(secret_key="forged"))
    headers = [("Host", rawhttp.host()), ("x-amz-content-sha256", UNSIGNED_TRAILER), ("x-amz-decoded-content-length", "1"),
               ("Content-Length", "11")]
    response = exchange(head("PUT", forged, headers) + b"1\r\nx\r\n0\r\n\r\n")
    assert response.status == 403
    refused(target, response, 403, "SignatureDoesNotMatch", "AccessDenied")


@pytest.mark.parametrize("method, suffix", [("PUT", "?policy"), ("PUT", "?cors"), ("PUT", "?tagging"), ("PUT", "?lifecycle"),
                                            ("POST", "?delete"), ("PUT", "")])
@pytest.mark.parametrize("payload", [SIGNED, UNSIGNED_TRAILER])
def test_D15_documents_are_not_streamed(chunked_bucket, payload, method, suffix):
    path = f"/{chunked_bucket}{suffix}"
    sent = signed_headers(method, path, [("x-amz-decoded-content-length", "1"), ("Content-Length", "11"),
                                         ("Content-MD5", "x")], payload)
    response = exchange(head(method, path, sent) + b"1\r\nx\r\n0\r\n\r\n")
    assert (response.status, response.code()) == (400, "InvalidRequest")
    assert "The value of x-amz-content-sha256 header is invalid." in response.body.decode()


@pytest.mark.parametrize("encoding, kept", [("aws-chunked", None), ("aws-chunked,gzip", "gzip"), ("gzip, aws-chunked", "gzip"),
                                            ("aws-chunked,aws-chunked", None)])
@pytest.mark.parametrize("payload", [SIGNED, UNSIGNED_TRAILER])
def test_D16_without_content_length(target, payload, encoding, kept):
    upload = Upload(target, payload, encoding=encoding)
    framed = b"".join(upload.pieces())
    with Connection() as connection:
        connection.send(head("PUT", target, [*upload.sent, ("Transfer-Encoding", "chunked")]))
        for at in range(0, len(framed), 10000):
            piece = framed[at:at + 10000]
            connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.send(b"0\r\n\r\n")
        response = connection.read_response()
    assert response.status == 200, response.body
    assert exchange(signed("GET", target)).header("content-encoding") == kept
    assert stored(target) == BODY
