"""Table E of the abuse cases: keys, buckets and paths. A key is opaque: it never touches a path, and what comes back in
a listing or an error document is well-formed whatever it is."""
import hashlib
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree

import pytest

import rawhttp
from rawhttp import exchange, head, signed, signed_headers

pytestmark = pytest.mark.usefixtures("server")

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
KEY_BYTES_MAX = 1024
METADATA_BYTES_MAX = 2048


@pytest.fixture(scope="module")
def keys_bucket(server):
    name = f"keys-{uuid.uuid4().hex[:12]}"
    assert exchange(signed("PUT", f"/{name}")).status == 200
    yield name
    exchange(signed("DELETE", f"/{name}"))


@pytest.fixture
def kept(keys_bucket):
    """kept(path, body): stores what goes away when the test ends."""
    paths = []

    def keep(path, body=b"body", headers=()):
        response = exchange(signed("PUT", f"/{keys_bucket}/{path}", body, headers))
        assert response.status == 200, response.body
        paths.append(path)
        return response

    yield keep
    for path in paths:
        assert exchange(signed("DELETE", f"/{keys_bucket}/{path}")).status == 204


def refused(response, status, *codes):
    assert response is not None, "closed without an answer"
    assert (response.status, response.code()) in [(status, code) for code in codes], response.body
    assert response.header("x-amz-request-id")
    return response


def listing(bucket, query=""):
    """The root of ListObjects; fails when it is not well-formed."""
    response = exchange(signed("GET", f"/{bucket}{query}"))
    assert response.status == 200, response.body
    return ElementTree.fromstring(response.body)


def listed_keys(bucket, query=""):
    return [element.text for element in listing(bucket, query).iter(f"{NAMESPACE}Key")]


def quoted(text):
    return urllib.parse.quote(text, safe="")


@pytest.mark.parametrize("path", ["..", ".", "a/../../b", "%2e%2e%2f", "%2e%2e%2fetc%2fpasswd", "..%5c..%5c", "../../etc/passwd"])
def test_E1_dots_are_characters(keys_bucket, kept, path):
    kept(path, path.encode())
    assert exchange(signed("GET", f"/{keys_bucket}/{path}")).body == path.encode()
    assert listed_keys(keys_bucket) == [urllib.parse.unquote(path)]


def test_E1_another_bucket_is_out_of_reach(keys_bucket, kept):
    kept("secret")
    other = f"{keys_bucket}-b"
    assert exchange(signed("PUT", f"/{other}")).status == 200
    for path in (f"../{keys_bucket}/secret", f"%2e%2e/{keys_bucket}/secret", f"..%2f{keys_bucket}%2fsecret"):
        refused(exchange(signed("GET", f"/{other}/{path}")), 404, "NoSuchKey")
    assert exchange(signed("DELETE", f"/{other}")).status == 204


def test_E1_overlong_dots(keys_bucket):
    refused(exchange(signed("PUT", f"/{keys_bucket}/..%c0%af", b"x")), 400, "InvalidURI")


@pytest.mark.parametrize("source", ["{b}/../{b}/secret", "/{b}/../other/key", "{b}%2F..%2Fsecret", "{b}/secret?versionId=1",
                                    "{b}/secret?versionId=null&versionId=x", "{b}/secret?acl", "{b}", "/", "", "{b}/%zz",
                                    "%2e%2e/{b}/secret"])
def test_E2_copy_source_games(keys_bucket, kept, source):
    kept("secret")
    headers = [("x-amz-copy-source", source.format(b=keys_bucket))]
    refused(exchange(signed("PUT", f"/{keys_bucket}/stolen", b"", headers)), 400, "InvalidArgument")
    refused(exchange(signed("GET", f"/{keys_bucket}/stolen")), 404, "NoSuchKey")


def test_E2_encoded_slash_is_the_same_source(keys_bucket, kept):
    kept("secret")
    kept("copied", b"", [("x-amz-copy-source", f"{keys_bucket}%2Fsecret")])
    assert exchange(signed("GET", f"/{keys_bucket}/copied")).body == b"body"


@pytest.mark.parametrize("character", ["k", "%C3%A9"])
def test_E3_key_too_long(keys_bucket, kept, character):
    size = len(urllib.parse.unquote_to_bytes(character))
    kept(character * (KEY_BYTES_MAX // size))
    response = exchange(signed("PUT", f"/{keys_bucket}/{character * (KEY_BYTES_MAX // size)}{character}", b"x"))
    refused(response, 400, "KeyTooLongError")


def test_E4_slashes_are_kept(keys_bucket, kept):
    paths = ["k", "/k", "//k", "k/", "k//", "/", "//"]
    for path in paths:
        kept(path, path.encode())
    for path in paths:
        assert exchange(signed("GET", f"/{keys_bucket}/{path}")).body == path.encode()
    assert listed_keys(keys_bucket) == sorted(paths)
    # Without a key it is the bucket that is meant.
    assert exchange(signed("HEAD", f"/{keys_bucket}/"), has_body=False).header("etag") is None
    refused(exchange(signed("PUT", f"//{keys_bucket}/k", b"x")), 400, "InvalidBucketName")


@pytest.mark.parametrize("path", ["%00", "a%00b", "a%00"])
def test_E5_nul(keys_bucket, path):
    refused(exchange(signed("PUT", f"/{keys_bucket}/{path}", b"x")), 400, "InvalidURI")
    assert listed_keys(keys_bucket) == []


@pytest.mark.parametrize("path", ["%ff", "%c0%80", "%e0%80%af", "%ed%a0%80", "%f4%90%80%80", "%c3", "a%80"])
def test_E6_not_utf8(keys_bucket, path):
    refused(exchange(signed("PUT", f"/{keys_bucket}/{path}", b"x")), 400, "InvalidURI")
    assert listed_keys(keys_bucket) == []


@pytest.mark.parametrize("path", ["%01", "a%0ab", "%0d%0a", "%1f", "%ef%bf%be", "%ef%bf%bf", "%7f"])
def test_E7_control_characters(keys_bucket, kept, path):
    kept(path)
    assert exchange(signed("GET", f"/{keys_bucket}/{path}")).body == b"body"
    assert len(listed_keys(keys_bucket)) == 1
    assert listed_keys(keys_bucket, "?encoding-type=url") == [path.upper()] or \
        urllib.parse.unquote(listed_keys(keys_bucket, "?encoding-type=url")[0]) == urllib.parse.unquote(path)
    missing = refused(exchange(signed("GET", f"/{keys_bucket}/none-{path}")), 404, "NoSuchKey")
    ElementTree.fromstring(missing.body)


@pytest.mark.parametrize("text", ["<", "&", "]]>", "<a href='x'>", '"', "<!--", "&amp;"])
def test_E8_markup_is_escaped(keys_bucket, kept, text):
    path = quoted(text)
    kept(path)
    assert listed_keys(keys_bucket) == [text]
    assert listed_keys(keys_bucket, "?versions") == [text]
    echo = listing(keys_bucket, f"?prefix={path}&delimiter={path}&marker={path}")
    assert [echo.findtext(f"{NAMESPACE}{name}") for name in ("Prefix", "Delimiter", "Marker")] == [text] * 3
    missing = refused(exchange(signed("GET", f"/{keys_bucket}/none-{path}")), 404, "NoSuchKey")
    assert ElementTree.fromstring(missing.body).findtext("Key") == "none-" + text


@pytest.mark.parametrize("path", ["%", "a%", "%2", "%zz", "%u0041", "a%g0b", "%-1"])
def test_E9_malformed_escapes(keys_bucket, path):
    target = f"/{keys_bucket}/{path}"
    sent = signed_headers("PUT", target, [("Content-Length", "1")])
    refused(exchange(head("PUT", target, sent) + b"x"), 400, "InvalidURI")
    refused(exchange(head("GET", f"/{keys_bucket}?prefix={path}", signed_headers("GET", f"/{keys_bucket}"))), 400,
            "InvalidURI")
    assert listed_keys(keys_bucket) == []


@pytest.mark.parametrize("name", ["ab", "a" * 64, "192.168.1.1", "Upper", "a..b", "-ab", "ab-", "a_b", "xn--abc", "sthree-x",
                                  "a-s3alias", "a--ol-s3", "a.-b", "a%20b", "...", "caf%C3%A9"])
def test_E10_bucket_names(server, name):
    refused(exchange(signed("PUT", f"/{name}")), 400, "InvalidBucketName")
    refused(exchange(signed("GET", f"/{name}/key")), 400, "InvalidBucketName")


@pytest.mark.parametrize("name", ["admin", "health", "metrics", "status", "minio", "api"])
def test_E11_names_of_routes_are_ordinary_buckets(server, name):
    assert exchange(signed("PUT", f"/{name}")).status == 200
    assert exchange(signed("PUT", f"/{name}/live", b"an object")).status == 200
    assert exchange(signed("GET", f"/{name}/live")).body == b"an object"
    assert exchange(head("GET", f"/{name}/live", [("Host", rawhttp.host())])).status == 403
    assert exchange(signed("DELETE", f"/{name}/live")).status == 204
    assert exchange(signed("DELETE", f"/{name}")).status == 204


@pytest.mark.parametrize("name", ["-", "v2"])
def test_E11_prefixes_of_routes_are_no_buckets(server, name):
    assert exchange(signed("PUT", f"/{name}")).status == 400
    assert exchange(signed("PUT", f"/{name}/key", b"x")).status in (400, 404, 405)


def test_E12_metadata_too_large(keys_bucket, kept):
    refused(exchange(signed("PUT", f"/{keys_bucket}/key", b"x", [("x-amz-meta-a", "v" * METADATA_BYTES_MAX)])), 400,
            "MetadataTooLarge")
    kept("key", b"x", [("x-amz-meta-a", "v" * (METADATA_BYTES_MAX - 1))])


@pytest.mark.parametrize("value", ["a\x01b", "a\x7fb", "a\x1b[31mb"])
def test_E12_metadata_with_control_characters(keys_bucket, value):
    assert exchange(signed("PUT", f"/{keys_bucket}/key", b"x", [("x-amz-meta-a", value)])).status == 400
    assert listed_keys(keys_bucket) == []


@pytest.mark.parametrize("sent, back", [
    ("h\xe9llo", "h\xe9llo"),                                        # Latin-1
    ("h\xc3\xa9llo", "=?UTF-8?B?aMOpbGxv?="),                         # UTF-8
    ("=?UTF-8?B?aMOpbGxv?=", "=?UTF-8?B?aMOpbGxv?="),
])
def test_E12_metadata_that_is_not_ascii(keys_bucket, sent, back):
    target = f"/{keys_bucket}/key"
    signing = rawhttp.Signing.now()
    headers = [("Host", rawhttp.host()), ("X-Amz-Date", signing.amz_date), ("X-Amz-Content-Sha256", rawhttp.UNSIGNED),
               ("x-amz-meta-a", sent), ("Content-Length", "1")]
    names = ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-meta-a"]
    canonical = rawhttp.canonical_request("PUT", target, headers, names, rawhttp.UNSIGNED)
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()  # of the bytes as they go out
    signature = signing.sign(f"AWS4-HMAC-SHA256\n{signing.amz_date}\n{signing.scope}\n{digest}")
    headers.append(("Authorization", f"AWS4-HMAC-SHA256 Credential={signing.access_key}/{signing.scope}, "
                                     f"SignedHeaders={';'.join(names)}, Signature={signature}"))
    assert exchange(head("PUT", target, headers) + b"x").status == 200
    response = exchange(signed("GET", target))
    assert (response.body, response.header("x-amz-meta-a")) == (b"x", back)
    exchange(signed("DELETE", target))


def test_E12_names_of_internals_mean_nothing(keys_bucket, kept):
    kept("key", b"x", [("x-amz-meta-x-minio-internal-actual-size", "1"), ("x-minio-internal-compression", "klauspost"),
                       ("x-amz-meta-etag", "forged")])
    response = exchange(signed("GET", f"/{keys_bucket}/key"))
    assert response.body == b"x"
    assert response.header("etag") != "forged"
    assert response.header("x-amz-meta-x-minio-internal-actual-size") == "1"
    assert response.header("x-minio-internal-compression") is None
