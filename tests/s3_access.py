"""boto3 clients and buckets for the tests."""
import itertools
import os

import boto3
from botocore.config import Config

from objd_process import REGION

_names = itertools.count(1)


def make_s3(server, verify=None, **config):
    """A boto3 client for a server. `verify`: the certificate of one that speaks TLS."""
    # Without s3v4 this boto3 presigns by version 2.
    options = {"signature_version": "s3v4", "s3": {"addressing_style": "path"}, "retries": {"max_attempts": 0},
               "read_timeout": 300, "max_pool_connections": 80}
    options.update(config)
    access_key, secret_key = server.credentials()
    return boto3.client("s3", endpoint_url=server.endpoint, verify=verify, region_name=REGION, aws_access_key_id=access_key,
                        aws_secret_access_key=secret_key, config=Config(**options))


def unique_bucket():
    return f"test-{os.getpid()}-{next(_names)}"


def empty_bucket(s3, name):
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
        keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
        if keys:
            s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
