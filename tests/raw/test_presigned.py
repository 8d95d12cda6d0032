"""Table C of the abuse cases, as far as there is something to abuse: Signature Version 4 in the query. Browser forms
(C12 to C16) are not provided, and that they are refused is what is tested."""
import datetime
import re
import uuid

import pytest

import rawhttp
from rawhttp import Signing, exchange, head, presigned_target, signed

pytestmark = pytest.mark.usefixtures("server")

BODY = b"only for those who may"
EXPIRES_SECONDS_MAX = 604800


@pytest.fixture(scope="module")
def store(server):
    name = f"presigned-{uuid.uuid4().hex[:12]}"
    assert exchange(signed("PUT", f"/{name}")).status == 200
    assert exchange(signed("PUT", f"/{name}/secret", BODY)).status == 200
    yield name
    for key in ("secret", "object"):
        exchange(signed("DELETE", f"/{name}/{key}"))
    assert exchange(signed("DELETE", f"/{name}")).status == 204


def ask(target, method="GET", headers=(), body=b""):
    sent = [("Host", rawhttp.host()), *headers]
    if body:
        sent.append(("Content-Length", str(len(body))))
    return exchange(head(method, target, sent) + body, has_body=method != "HEAD")


def refused(response, status, *codes):
    assert response is not None, "closed without an answer"
    assert (response.status, response.code()) in [(status, code) for code in codes], response.body
    assert BODY not in response.body
    return response.body.decode()


def ago(**span):
    return Signing.now(time=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span))


def test_C0_a_presigned_url_works(store):
    target = presigned_target("GET", f"/{store}/secret")
    assert ask(target).body == BODY
    ranged = ask(target, headers=[("Range", "bytes=0-3")])
    assert (ranged.status, ranged.body) == (206, BODY[:4])
    assert ask(presigned_target("HEAD", f"/{store}/secret"), "HEAD").header("content-length") == str(len(BODY))
    assert ask(presigned_target("PUT", f"/{store}/object"), "PUT", body=b"x").status == 200


@pytest.mark.parametrize("name", ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"])
def test_C1_parameter_missing(store, name):
    target = re.sub(f"[?&]X-Amz-{name}=[^&]*", "", presigned_target("GET", f"/{store}/secret"))
    target = target if "?" in target else target.replace("&", "?", 1)
    refused(ask(target), 400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize("expires", [EXPIRES_SECONDS_MAX + 1, -1, "soon", "", "1e3", "99999999999999999999"])
def test_C2_expires_is_no_time(store, expires):
    refused(ask(presigned_target("GET", f"/{store}/secret", expires)), 400, "AuthorizationQueryParametersError")


def test_C3_expired(store):
    text = refused(ask(presigned_target("GET", f"/{store}/secret", 60, ago(minutes=2))), 403, "AccessDenied")
    assert "Request has expired" in text
    assert ask(presigned_target("GET", f"/{store}/secret", 300, ago(minutes=2))).body == BODY


def test_C4_not_yet_valid(store):
    text = refused(ask(presigned_target("GET", f"/{store}/secret", 60, ago(minutes=-20))), 403, "AccessDenied")
    assert "not yet valid" in text


@pytest.mark.parametrize("name", ["Signature", "Credential", "Expires", "Date", "Algorithm", "SignedHeaders"])
def test_C5_parameter_twice(store, name):
    target = presigned_target("GET", f"/{store}/secret")
    value = re.search(f"X-Amz-{name}=[^&]*", target)[0]
    refused(ask(f"{target}&{value}"), 400, "AuthorizationQueryParametersError")


@pytest.mark.parametrize("name, value", [("x-amz-acl", "private"), ("x-amz-copy-source", "b/k"), ("x-amz-tagging", "a=1"),
                                         ("x-amz-meta-a", "b")])
def test_C6_unsigned_headers(store, name, value):
    exchange(signed("DELETE", f"/{store}/object"))
    target = presigned_target("PUT", f"/{store}/object")
    refused(ask(target, "PUT", [(name, value)], b"x"), 403, "AccessDenied")
    assert exchange(signed("GET", f"/{store}/object")).status == 404


@pytest.mark.parametrize("extra", ["versionId=null", "uploadId=1", "acl", "response-content-disposition=attachment", "tagging"])
def test_C7_unsigned_query(store, extra):
    refused(ask(presigned_target("GET", f"/{store}/secret") + "&" + extra), 403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("signed_for, used", [("GET", "PUT"), ("PUT", "GET"), ("GET", "DELETE"), ("GET", "HEAD")])
def test_C8_another_method(store, signed_for, used):
    response = ask(presigned_target(signed_for, f"/{store}/secret"), used, body=b"x" if used == "PUT" else b"")
    if used == "HEAD":
        assert response.status == 403
    else:
        refused(response, 403, "SignatureDoesNotMatch")
    assert exchange(signed("GET", f"/{store}/secret")).body == BODY


def test_C9_unknown_key(store):
    target = presigned_target("GET", f"/{store}/secret", signing=Signing.now(access_key="AKNOBODY000000000000"))
    refused(ask(target), 403, "InvalidAccessKeyId")


def test_C10_temporary_credentials_are_not_known(store):
    target = presigned_target("GET", f"/{store}/secret?X-Amz-Security-Token=token")
    refused(ask(target), 403, "InvalidAccessKeyId")


def test_C11_overrides(store):
    refused(ask(f"/{store}/secret?response-content-type=text%2Fhtml"), 400, "InvalidRequest")
    target = presigned_target("GET", f"/{store}/secret?response-content-type=a%0d%0aX-Injected%3A%201")
    refused(ask(target), 400, "InvalidArgument")
    target = presigned_target("GET", f"/{store}/secret?response-content-type=text%2Fhtml")
    assert ask(target).header("content-type") == "text/html"


@pytest.mark.parametrize("path", ["", "/"])
def test_C12_to_C16_browser_forms_are_refused(store, path):
    form = (b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nobject\r\n--x\r\n'
            b'Content-Disposition: form-data; name="file"\r\n\r\nstolen\r\n--x--\r\n')
    headers = [("Host", rawhttp.host()), ("Content-Type", "multipart/form-data; boundary=x"),
               ("Content-Length", str(len(form)))]
    exchange(signed("DELETE", f"/{store}/object"))
    assert exchange(head("POST", f"/{store}{path}", headers) + form).status == 403
    assert exchange(signed("POST", f"/{store}{path}", form, [("Content-Type", "multipart/form-data; boundary=x")])).status == 501
    assert exchange(signed("GET", f"/{store}/object")).status == 404
