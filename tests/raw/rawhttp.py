"""Requests as bytes: a socket that sends exactly what it is given, and a small SigV4 signer whose every part can be bent.

Standard library only, because a client library would mend what these tests break. The server is named by
OBJD_TEST_ENDPOINT, OBJD_TEST_ACCESS_KEY and OBJD_TEST_SECRET_KEY, which the fixture `server` sets.
"""
import dataclasses
import datetime
import hashlib
import hmac
import os
import socket
import ssl
import urllib.parse

REGION = "us-east-1"
SERVICE = "s3"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
PATIENCE_SECONDS = 30
READ_BYTES = 65536


def endpoint():
    """(scheme, host, port) of the server under test."""
    parts = urllib.parse.urlsplit(os.environ["OBJD_TEST_ENDPOINT"])
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def host():
    """What the Host header says."""
    _, name, port = endpoint()
    return f"{name}:{port}"


@dataclasses.dataclass
class Response:
    status: int
    reason: str
    headers: list  # of (lower-case name, value)
    body: bytes

    def header(self, name):
        """The first header of that name, or None."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    def code(self):
        """The text of <Code> in an error document, or an empty string."""
        text = self.body.decode("utf-8", "replace")
        start = text.find("<Code>")
        return text[start + 6:text.find("</Code>")] if start >= 0 else ""


class Connection:
    """One TCP (or TLS) connection. A context manager."""

    def __init__(self, timeout=PATIENCE_SECONDS):
        scheme, name, port = endpoint()
        self.socket = socket.create_connection((name, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if scheme == "https":
            self.socket = ssl._create_unverified_context().wrap_socket(self.socket)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def send(self, data):
        """Sends bytes; True unless the server has closed meanwhile."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _fill(self):
        try:
            piece = self.socket.recv(READ_BYTES)
        except ConnectionResetError:
            return False
        self.pending += piece
        return bool(piece)

    def read_response(self, has_body=True):
        """The next response, or None when the connection ends before it is complete. has_body: False after HEAD."""
        while b"\r\n\r\n" not in self.pending:
            if not self._fill():
                return None
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        _, status, reason = (lines[0] + "  ").split(" ", 2)
        headers = [(name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines[1:])]
        response = Response(int(status), reason.strip(), headers, b"")
        has_body = has_body and response.status not in (204, 304) and response.status >= 200
        length = int(response.header("content-length") or 0) if has_body else 0
        while len(self.pending) < length:
            if not self._fill():
                return None
        response.body, self.pending = self.pending[:length], self.pending[length:]
        return response

    def is_closed(self, seconds=PATIENCE_SECONDS):
        """True when the server ends the connection within that time without sending anything more."""
        self.socket.settimeout(seconds)
        try:
            return not self.pending and not self._fill()
        except TimeoutError:
            return False


@dataclasses.dataclass
class Signing:
    """What a signature is made of. Tests replace single parts to see what the server says."""
    access_key: str
    secret_key: str
    time: datetime.datetime
    region: str = REGION
    service: str = SERVICE
    terminator: str = "aws4_request"

    @staticmethod
    def now(**changes):
        """With the key of the environment and the present time."""
        parts = {"access_key": os.environ["OBJD_TEST_ACCESS_KEY"], "secret_key": os.environ["OBJD_TEST_SECRET_KEY"],
                 "time": datetime.datetime.now(datetime.timezone.utc)}
        parts.update(changes)
        return Signing(**parts)

    @property
    def amz_date(self):
        return self.time.strftime("%Y%m%dT%H%M%SZ")

    @property
    def scope(self):
        return f"{self.time:%Y%m%d}/{self.region}/{self.service}/{self.terminator}"

    def key(self):
        key = b"AWS4" + self.secret_key.encode()
        for part in self.scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key

    def sign(self, string_to_sign):
        return hmac.new(self.key(), string_to_sign.encode(), hashlib.sha256).hexdigest()

    def string_to_sign(self, canonical_request):
        digest = hashlib.sha256(canonical_request.encode("utf-8", "surrogateescape")).hexdigest()
        return f"AWS4-HMAC-SHA256\n{self.amz_date}\n{self.scope}\n{digest}"

    def chunk_signature(self, previous, chunk):
        """Of one aws-chunked chunk; `previous` is the signature before it, first the request's own."""
        return self.sign(f"AWS4-HMAC-SHA256-PAYLOAD\n{self.amz_date}\n{self.scope}\n{previous}\n{EMPTY_SHA256}\n"
                         f"{hashlib.sha256(chunk).hexdigest()}")

    def trailer_signature(self, previous, trailer):
        """Of the trailing headers; `trailer`: their canonical bytes, "name:value\\n" each."""
        return self.sign(f"AWS4-HMAC-SHA256-TRAILER\n{self.amz_date}\n{self.scope}\n{previous}\n"
                         f"{hashlib.sha256(trailer).hexdigest()}")


def canonical_query(query):
    """Sorted by encoded bytes, from a query as it is sent."""
    pairs = [(part.split("=", 1) + [""])[:2] for part in query.split("&") if part]
    encoded = [tuple(urllib.parse.quote(urllib.parse.unquote_to_bytes(text), safe="-_.~") for text in pair)
               for pair in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def canonical_request(method, target, headers, signed_names, payload):
    path, _, query = target.partition("?")
    # Encoded once, in one spelling, and never normalised: "//", "." and ".." stay.
    path = urllib.parse.quote(urllib.parse.unquote_to_bytes(path), safe="/-_.~")
    values = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    lines = "".join(f"{name}:{','.join(values.get(name, []))}\n" for name in signed_names)
    return f"{method}\n{path}\n{canonical_query(query)}\n{lines}\n{';'.join(signed_names)}\n{payload}"


def signed_headers(method, target, headers=(), payload=UNSIGNED, signing=None, unsigned_names=()):
    """`headers` with Host, X-Amz-Date, X-Amz-Content-Sha256 and Authorization. Signed are Host, Content-Type, Content-MD5
    and every x-amz-* header, but for `unsigned_names`. The last value is the Authorization header."""
    signing = signing or Signing.now()
    headers = [("Host", host()), ("X-Amz-Date", signing.amz_date), ("X-Amz-Content-Sha256", payload), *headers]
    names = sorted({name.lower() for name, _ in headers
                    if name.lower() in ("host", "content-type", "content-md5") or name.lower().startswith("x-amz-")}
                   - set(unsigned_names))
    signature = signing.sign(signing.string_to_sign(canonical_request(method, target, headers, names, payload)))
    return headers + [("Authorization", f"AWS4-HMAC-SHA256 Credential={signing.access_key}/{signing.scope}, "
                                        f"SignedHeaders={';'.join(names)}, Signature={signature}")]


def seed_signature(headers):
    """The signature in the Authorization header: what the first chunk of an aws-chunked body continues."""
    return dict(headers)["Authorization"].rsplit("Signature=", 1)[1]


def presigned_target(method, target, expires=600, signing=None, headers=()):
    """`target` with a query that signs it; Host and `headers` are signed with it."""
    signing = signing or Signing.now()
    headers = [("Host", host()), *headers]
    names = sorted(name.lower() for name, _ in headers)
    path, _, query = target.partition("?")
    more = urllib.parse.urlencode([("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                                   ("X-Amz-Credential", f"{signing.access_key}/{signing.scope}"),
                                   ("X-Amz-Date", signing.amz_date), ("X-Amz-Expires", str(expires)),
                                   ("X-Amz-SignedHeaders", ";".join(names))], quote_via=urllib.parse.quote, safe="")
    unsigned = path + "?" + "&".join(part for part in (query, more) if part)
    signature = signing.sign(signing.string_to_sign(canonical_request(method, unsigned, headers, names, UNSIGNED)))
    return f"{unsigned}&X-Amz-Signature={signature}"


def head(method, target, headers, version="HTTP/1.1"):
    """A request's head as bytes. Header names and values go out as they are, in Latin-1."""
    lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def signed(method, target, body=None, headers=(), payload=UNSIGNED, signing=None):
    """A complete signed request as bytes, with Content-Length when there is a body."""
    if body is not None:
        headers = [*headers, ("Content-Length", str(len(body)))]
    return head(method, target, signed_headers(method, target, headers, payload, signing)) + (body or b"")


def exchange(request, has_body=True):
    """The response to one request on a connection of its own."""
    with Connection() as connection:
        connection.send(request)
        return connection.read_response(has_body)
