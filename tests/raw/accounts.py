"""Several accounts and users on one server, for tests of who may do what: a bootstrap file, a client for each user."""
import json
import pathlib
import types
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

from objd_process import Objd
from s3_access import make_s3

SECRET = "secret-of-every-user-0"
BODY = b"what nobody else may read"

READ_PUBLIC = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::*"]},
    {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::*/secret/*"}]}
HOME_ONLY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::*",
     "Condition": {"StringLike": {"s3:prefix": ["home/${aws:username}/*"]}}},
    {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
     "Resource": "arn:aws:s3:::*/home/${aws:username}/*"}]}
MAKES_BUCKETS_HERE = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "arn:aws:s3:::*",
     "Condition": {"StringEquals": {"s3:LocationConstraint": "us-east-1"}}}]}
DENIES_ONLY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}]}


def declared_user(name, policies=(), files=()):
    text = f'[[account.user]]\nid = "{name}"\n'
    if policies:
        text += "policies = [" + ", ".join(f"'''{json.dumps(p)}'''" for p in policies) + "]\n"
    if files:
        text += f"policy_files = {json.dumps(list(files))}\n"
    return text + f'[[account.user.key]]\naccess_key = "KEY-{name}"\nsecret_key = "{SECRET}"\n'


def bootstrap_text(reader_policies=(READ_PUBLIC,)):
    return ('[[account]]\nid = "main"\nowner = "owner"\n' + declared_user("owner") +
            declared_user("reader", reader_policies) + declared_user("homer", files=["homer.json"]) +
            declared_user("maker", [MAKES_BUCKETS_HERE]) + declared_user("denied", [DENIES_ONLY]) +
            '[[account]]\nid = "other"\n' + declared_user("stranger") + declared_user("guest", [READ_PUBLIC]))


class World:
    """The server, a client for each user, and a bucket of account `main`."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.file = self.directory / "users.toml"
        self.file.write_text(bootstrap_text())
        (self.directory / "homer.json").write_text(json.dumps(HOME_ONLY))
        self.objd = Objd(self.directory / "data", ["--bootstrap", str(self.file)]).start()
        self.root = make_s3(self.objd)
        for name in ("owner", "reader", "homer", "stranger", "guest"):
            setattr(self, name, self.client(name))

    def client(self, name, **config):
        keys = types.SimpleNamespace(endpoint=self.objd.endpoint, credentials=lambda: (f"KEY-{name}", SECRET))
        return make_s3(keys, **config)

    def url(self, path):
        return self.objd.endpoint + path

    def anonymous(self, method, path, headers=None, body=None):
        """(status, code, headers, body) of a request without credentials."""
        request = urllib.request.Request(self.url(path), data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, "", answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            text = error.read()
            code = text.split(b"<Code>")[1].split(b"</Code>")[0].decode() if b"<Code>" in text else ""
            return error.code, code, error.headers, text

    def new_bucket(self, *keys):
        name = f"auth-{uuid.uuid4().hex[:12]}"
        self.owner.create_bucket(Bucket=name)
        for key in keys:
            self.owner.put_object(Bucket=name, Key=key, Body=BODY)
        return name

    def set_policy(self, bucket, *statements):
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        self.owner.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def arn(bucket, path=""):
    return f"arn:aws:s3:::{bucket}{path}"


def everyone(action, resource, effect="Allow", **more):
    return {"Effect": effect, "Principal": "*", "Action": action, "Resource": resource, **more}


def refusal(call, *args, **kwargs):
    """(status, code) of a call that has to fail."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], caught.value.response["Error"]["Code"]


DENIED = (403, "AccessDenied")
