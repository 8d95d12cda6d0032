"""An S3 client that costs a tenth of boto3: one connection a thread, SigV4 over the head, bodies unsigned.

Method names, arguments and errors are boto3's, as far as the load needs them, so that mixed_load.py takes either. An
answer with an error status raises botocore's ClientError; a lost connection raises ConnectionError, and what happened
to the request is then unknown. Any thread.
"""
import datetime
import functools
import hashlib
import hmac
import http.client
import re
import threading
import urllib.parse
from xml.sax.saxutils import escape, unescape

import botocore.exceptions

from objd_process import REGION

UNSIGNED = "UNSIGNED-PAYLOAD"
ANSWER_SECONDS_MAX = 120


class CutShort(ConnectionError):
    """The answer's head came, its body did not come to its end."""


def _hmac(key, text):
    return hmac.digest(key, text.encode(), "sha256")


@functools.lru_cache(maxsize=64)
def _signing_key(secret, day):
    return _hmac(_hmac(_hmac(_hmac(b"AWS4" + secret.encode(), day), REGION), "s3"), "aws4_request")


def _quote(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-_.~")


def _unescape(text):
    return unescape(text, {"&quot;": '"', "&apos;": "'"})


def _version(version):
    return {"versionId": version} if version else None


def _outcome(headers):
    """What boto3 makes of an answer's headers."""
    found = {"ETag": headers["ETag"], "VersionId": headers["x-amz-version-id"]}
    return {name: value for name, value in found.items() if value is not None}


class Body:
    def __init__(self, data):
        self.data = data

    def read(self):
        return self.data


class LiteS3:
    def __init__(self, server, timeout=ANSWER_SECONDS_MAX):
        self.host, self.timeout = f"127.0.0.1:{server.port}", timeout
        self.port = server.port
        self.access_key, self.secret_key = server.credentials()
        self.local = threading.local()

    # --- the wire ---

    def signed_head(self, method, path, query, headers, now=None):
        """The headers of a request with its signature; `now` signs for another time than the clock's."""
        stamp = (now or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
        head = {"host": self.host, "x-amz-content-sha256": UNSIGNED, "x-amz-date": stamp}
        head.update({name.lower(): value for name, value in headers.items() if name.lower().startswith("x-amz-")})
        names = ";".join(sorted(head))
        canonical = "\n".join([method, path, query, "".join(f"{name}:{head[name]}\n" for name in sorted(head)), names,
                               UNSIGNED])
        scope = f"{stamp[:8]}/{REGION}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(_signing_key(self.secret_key, stamp[:8]), text.encode(), "sha256").hex()
        return {**headers, **head, "authorization": f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, "
                                                    f"SignedHeaders={names}, Signature={signature}"}

    def exchange(self, method, bucket, key=None, query=None, body=b"", headers=None, now=None):
        """(status, headers, body) of one request, whatever the status is."""
        path = "/" + bucket + ("" if key is None else "/" + _quote(key, "/"))
        text = "&".join(f"{_quote(name)}={_quote(str(value))}" for name, value in sorted((query or {}).items()))
        head = self.signed_head(method, path, text, headers or {}, now)
        reused = getattr(self.local, "connection", None) is not None
        if not reused:
            self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
        connection = self.local.connection
        try:
            connection.request(method, path + ("?" + text if text else ""), body=body or None,
                               headers={**head, "content-length": str(len(body))})
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            self.forget()
            # A connection that was idle for too long is closed without an answer; what only reads is sent again.
            if reused and method in ("GET", "HEAD") and isinstance(error, http.client.RemoteDisconnected):
                return self.exchange(method, bucket, key, query, body, headers, now)
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        try:
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.forget()
            raise CutShort(f"{method} {path}: status {answer.status}, then {error!r}") from error
        if answer.will_close:
            self.forget()
        return answer.status, answer.headers, data

    def forget(self):
        """The next request of this thread takes a new connection."""
        connection = getattr(self.local, "connection", None)
        if connection is not None:
            connection.close()
            self.local.connection = None

    def call(self, operation, *arguments, **options):
        status, headers, data = self.exchange(*arguments, **options)
        if status >= 300 or (data.startswith(b"<?xml") and b"<Error>" in data[:200]):
            text = data.decode("utf-8", "replace")
            code = (re.search("<Code>(.*?)</Code>", text) or [None, str(status)])[1]
            raise botocore.exceptions.ClientError(
                {"Error": {"Code": code, "Message": text[:300]}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)
        return headers, data

    # --- boto3's names ---

    def create_bucket(self, Bucket):
        self.call("CreateBucket", "PUT", Bucket)

    def put_object(self, Bucket, Key, Body, **conditions):
        headers = {{"IfNoneMatch": "If-None-Match", "IfMatch": "If-Match"}[name]: value
                   for name, value in conditions.items()}
        return _outcome(self.call("PutObject", "PUT", Bucket, Key, body=Body, headers=headers)[0])

    def get_object(self, Bucket, Key, VersionId=None):
        headers, data = self.call("GetObject", "GET", Bucket, Key, _version(VersionId))
        return {"Body": Body(data), **_outcome(headers)}

    def delete_object(self, Bucket, Key, VersionId=None):
        return _outcome(self.call("DeleteObject", "DELETE", Bucket, Key, _version(VersionId))[0])

    def copy_object(self, Bucket, Key, CopySource):
        source = "/" + CopySource["Bucket"] + "/" + _quote(CopySource["Key"], "/")
        if CopySource.get("VersionId"):
            source += "?versionId=" + CopySource["VersionId"]
        return _outcome(self.call("CopyObject", "PUT", Bucket, Key, headers={"x-amz-copy-source": source})[0])

    def create_multipart_upload(self, Bucket, Key):
        data = self.call("CreateMultipartUpload", "POST", Bucket, Key, {"uploads": ""})[1]
        return {"UploadId": re.search("<UploadId>(.*?)</UploadId>", data.decode())[1]}

    def upload_part(self, Bucket, Key, UploadId, PartNumber, Body):
        headers = self.call("UploadPart", "PUT", Bucket, Key, {"partNumber": PartNumber, "uploadId": UploadId},
                            body=Body)[0]
        return {"ETag": headers["ETag"]}

    def complete_multipart_upload(self, Bucket, Key, UploadId, MultipartUpload):
        parts = "".join(f"<Part><PartNumber>{part['PartNumber']}</PartNumber><ETag>{escape(part['ETag'])}</ETag></Part>"
                        for part in MultipartUpload["Parts"])
        return _outcome(self.call("CompleteMultipartUpload", "POST", Bucket, Key, {"uploadId": UploadId},
                                  body=f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode())[0])

    def abort_multipart_upload(self, Bucket, Key, UploadId):
        self.call("AbortMultipartUpload", "DELETE", Bucket, Key, {"uploadId": UploadId})

    def put_bucket_versioning(self, Bucket, VersioningConfiguration):
        text = f"<VersioningConfiguration><Status>{VersioningConfiguration['Status']}</Status></VersioningConfiguration>"
        self.call("PutBucketVersioning", "PUT", Bucket, None, {"versioning": ""}, body=text.encode())

    def get_bucket_versioning(self, Bucket):
        text = self.call("GetBucketVersioning", "GET", Bucket, None, {"versioning": ""})[1].decode()
        return {"Status": (re.search("<Status>(.*?)</Status>", text) or [None, None])[1]}

    def versions(self, bucket):
        """Key -> its versions and delete markers, the newest first, as (version id, whether it is a marker)."""
        found, more = {}, {}
        while more is not None:
            text = self.call("ListObjectVersions", "GET", bucket, None, {"versions": "", **more})[1].decode()
            for kind, entry in re.findall("<(Version|DeleteMarker)>(.*?)</(?:Version|DeleteMarker)>", text, re.S):
                key, version = (_unescape(re.search(f"<{name}>(.*?)</{name}>", entry)[1]) for name in ("Key", "VersionId"))
                found.setdefault(key, []).append((version, kind == "DeleteMarker"))
            more = None
            if "<IsTruncated>true" in text:
                more = {parameter: _unescape(re.search(f"<{name}>(.*?)</{name}>", text)[1]) for parameter, name in
                        (("key-marker", "NextKeyMarker"), ("version-id-marker", "NextVersionIdMarker"))}
        return found

    def metrics(self):
        """Name -> value of what has no labels; empty without an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/-/metrics")
            lines = connection.getresponse().read().decode().splitlines()
        except (OSError, http.client.HTTPException):
            return {}
        finally:
            connection.close()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")}

    def names(self, bucket, prefix=""):
        """All keys below a prefix, page by page."""
        found, token = [], None
        while True:
            query = {"list-type": 2, "prefix": prefix, **({"continuation-token": token} if token else {})}
            text = self.call("ListObjectsV2", "GET", bucket, None, query)[1].decode()
            found += [_unescape(name) for name in re.findall("<Key>(.*?)</Key>", text)]
            token = (re.search("<NextContinuationToken>(.*?)</NextContinuationToken>", text) or [None, None])[1]
            if not token:
                return found
