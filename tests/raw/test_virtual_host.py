"""Buckets as hosts: which bucket is meant, and that it is the one that was signed."""
import pytest

import rawhttp
from rawhttp import EMPTY_SHA256, exchange, head, signed, signed_headers

DOMAIN = "s3.test"


@pytest.fixture
def at(own_server, monkeypatch):
    """at(host): from now on requests say so in Host. The server knows DOMAIN."""
    objd = own_server("--domain", DOMAIN)
    access_key, secret_key = objd.credentials()
    for name, value in (("ENDPOINT", objd.endpoint), ("ACCESS_KEY", access_key), ("SECRET_KEY", secret_key)):
        monkeypatch.setenv(f"OBJD_TEST_{name}", value)

    def use(host):
        monkeypatch.setattr(rawhttp, "host", lambda: host)

    return use


def test_the_host_names_the_bucket(at):
    at(f"bucket.{DOMAIN}:9000")
    assert exchange(signed("PUT", "/")).status == 200
    assert exchange(signed("PUT", "/folder/key", b"body")).status == 200
    at(DOMAIN)
    assert exchange(signed("GET", "/bucket/folder/key")).body == b"body"
    assert b"<Name>bucket</Name>" in exchange(signed("GET", "/")).body
    at(f"BUCKET.{DOMAIN.upper()}")
    assert exchange(signed("GET", "/folder/key")).body == b"body"
    assert b"<Key>folder/key</Key>" in exchange(signed("GET", "/")).body


def test_what_is_internal_elsewhere_is_a_key_there(at):
    at(f"bucket.{DOMAIN}")
    assert exchange(signed("PUT", "/")).status == 200
    assert exchange(head("GET", "/-/health/live", [("Host", rawhttp.host())])).status == 403
    assert exchange(signed("PUT", "/-/health/live", b"a key")).status == 200
    assert exchange(signed("GET", "/-/health/live")).body == b"a key"
    at(DOMAIN)
    assert exchange(head("GET", "/-/health/live", [("Host", DOMAIN)])).status == 200


def test_another_bucket_than_was_signed_is_refused(at):
    for name in ("mine", "yours"):
        at(f"{name}.{DOMAIN}")
        assert exchange(signed("PUT", "/", payload=EMPTY_SHA256)).status == 200
        assert exchange(signed("PUT", "/key", name.encode())).status == 200
    sent = signed_headers("GET", "/key")
    sent[0] = ("Host", f"mine.{DOMAIN}")
    response = exchange(head("GET", "/key", sent))
    assert (response.status, response.code()) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("name", ["a", "a..b", "-x", "under_score", "127.0.0.1"])
def test_a_host_that_no_bucket_can_be_called(at, name):
    at(f"{name}.{DOMAIN}")
    assert exchange(signed("GET", "/key")).code() == "InvalidBucketName"
