"""Debian's docker-registry with its S3 driver on this server; skopeo pushes an image into it and pulls it back."""
import http.client
import json
import shutil
import subprocess
import time

import pytest

from clientlib import MIB, run, tree_digests
from objd_process import free_port
from oci_image import empty_layer, make_layout, noise_layer, real_layers

READY_SECONDS_MAX = 60
REAL_LAYERS = 5
REAL_LAYER_BYTES = 120 * MIB
IMAGE_BYTES_MIN = 200 * MIB
ADDED_RATIO_MAX = 1.02      # of the image's bytes: what else a push writes is metadata
MOVE_BYTES_MAX = MIB


class Registry:
    def __init__(self, address, config, env):
        self.address, self.config, self.env = address, config, env

    def skopeo(self, *arguments):
        return run("/usr/bin/skopeo", "--insecure-policy", *arguments, env=self.env)

    def push(self, layout, name):
        self.skopeo("copy", "--dest-tls-verify=false", f"oci:{layout}:test", f"docker://{self.address}/{name}")

    def pull(self, name, layout):
        self.skopeo("copy", "--src-tls-verify=false", f"docker://{self.address}/{name}", f"oci:{layout}:test")

    def tags(self, name):
        return json.loads(self.skopeo("list-tags", "--tls-verify=false", f"docker://{self.address}/{name}"))["Tags"]

    def collect_garbage(self):
        return run("/usr/bin/docker-registry", "garbage-collect", "--delete-untagged", self.config, env=self.env)


@pytest.fixture
def registry(client_env, endpoint, credentials, bucket, tmp_path):
    """A registry that keeps its blobs in `bucket`."""
    port = free_port()
    config = {
        "version": "0.1", "log": {"level": "warn"}, "http": {"addr": f"127.0.0.1:{port}", "secret": "of the test"},
        "storage": {"delete": {"enabled": True}, "s3": {
            "accesskey": credentials[0], "secretkey": credentials[1], "region": "us-east-1", "regionendpoint": endpoint,
            "bucket": bucket, "secure": endpoint.startswith("https"), "v4auth": True, "rootdirectory": "/registry"}}}
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(config))
    with open(tmp_path / "registry.log", "wb") as log:
        process = subprocess.Popen(["/usr/bin/docker-registry", "serve", path], env=client_env, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
    try:
        wait_for(port, process, tmp_path / "registry.log")
        yield Registry(f"127.0.0.1:{port}", path, client_env)
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port, process, log):
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/v2/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    pytest.fail(f"no registry after {READY_SECONDS_MAX} s:\n{log.read_text()}")


def blob_bytes(layout):
    return sum(path.stat().st_size for path in (layout / "blobs").rglob("*") if path.is_file())


def blobs_in(s3, bucket):
    """Digests of the blobs that the registry keeps."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="registry/docker/registry/v2/blobs/")
    return {"sha256:" + item["Key"].split("/")[-2] for page in pages for item in page.get("Contents", [])}


def test_a_large_image_goes_in_and_comes_back(registry, server, s3, bucket, tmp_path):
    """Several hundred MB in layers of real files. The registry writes every blob to a place for uploads and moves it from
    there (CopyObject, or UploadPartCopy above 32 MiB): that adds no bytes to the store."""
    tars = [*real_layers(REAL_LAYERS, REAL_LAYER_BYTES), noise_layer(), empty_layer()]
    digest, layers = make_layout(tmp_path / "image", tars)
    size = blob_bytes(tmp_path / "image")
    assert size > IMAGE_BYTES_MIN
    before = server.metrics()["objd_segment_bytes"]
    registry.push(tmp_path / "image", "team/app:one")
    added = server.metrics()["objd_segment_bytes"] - before
    assert added < size * ADDED_RATIO_MAX
    assert blobs_in(s3, bucket) >= {digest, *layers}
    uploads = s3.list_objects_v2(Bucket=bucket, Prefix="registry/docker/registry/v2/repositories/team/app/_uploads/")
    assert not [item for item in uploads.get("Contents", []) if item["Key"].endswith("/data")]
    registry.push(tmp_path / "image", "team/app:two")  # every blob is there already
    assert server.metrics()["objd_segment_bytes"] - before - added < MOVE_BYTES_MAX
    assert registry.tags("team/app") == ["one", "two"]
    seen = json.loads(registry.skopeo("inspect", "--tls-verify=false", f"docker://{registry.address}/team/app:one"))
    assert seen["Digest"] == digest
    registry.pull("team/app:two", tmp_path / "back")
    assert tree_digests(tmp_path / "back" / "blobs") == tree_digests(tmp_path / "image" / "blobs")
    shutil.rmtree(tmp_path / "image")


def test_a_move_as_the_registry_makes_it_adds_no_bytes(server, s3, bucket, large_file):
    """Its driver's UploadPartCopy of 32 MiB ranges, alone: what dedup would hide in a push is seen here."""
    s3.upload_file(str(large_file), bucket, "upload")
    size = large_file.stat().st_size
    before = server.metrics()["objd_segment_bytes"]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="blob")["UploadId"]
    parts = []
    for number, first in enumerate(range(0, size, 32 * MIB), start=1):
        last = min(first + 32 * MIB, size) - 1
        copied = s3.upload_part_copy(Bucket=bucket, Key="blob", UploadId=upload, PartNumber=number,
                                     CopySource=f"{bucket}/upload", CopySourceRange=f"bytes={first}-{last}")
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="blob", UploadId=upload, MultipartUpload={"Parts": parts})
    s3.delete_object(Bucket=bucket, Key="upload")
    assert server.metrics()["objd_segment_bytes"] <= before  # less: what earlier tests deleted comes back
    assert s3.head_object(Bucket=bucket, Key="blob")["ContentLength"] == size


def test_deleted_images_are_collected_and_others_stay(registry, server, s3, bucket, small_tree, tmp_path):
    shared, own = real_layers(2, 5 * MIB)[:2]
    gone, gone_layers = make_layout(tmp_path / "gone", [shared, own, empty_layer()])
    kept, kept_layers = make_layout(tmp_path / "kept", [shared, empty_layer()])
    registry.push(tmp_path / "gone", "team/gone:1")
    registry.push(tmp_path / "kept", "team/kept:1")
    registry.skopeo("delete", "--tls-verify=false", f"docker://{registry.address}/team/gone:1")
    before = server.metrics()["objd_segment_bytes"]
    registry.collect_garbage()
    assert server.metrics()["objd_segment_bytes"] - before < MOVE_BYTES_MAX
    there = blobs_in(s3, bucket)
    assert not there & {gone, *(set(gone_layers) - set(kept_layers))}
    assert there >= {kept, *kept_layers}
    registry.pull("team/kept:1", tmp_path / "back")
    assert tree_digests(tmp_path / "back" / "blobs") == tree_digests(tmp_path / "kept" / "blobs")
