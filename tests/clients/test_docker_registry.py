"""Debian's docker-registry with its S3 driver on this server; skopeo pushes an image into it and pulls it back."""
import http.client
import json
import subprocess
import time

import pytest

from clientlib import run, tree_digests
from objd_process import free_port
from oci_image import make_layout

READY_SECONDS_MAX = 60


@pytest.fixture
def registry(client_env, endpoint, credentials, bucket, tmp_path):
    """host:port of a registry that keeps its blobs in `bucket`."""
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
        yield f"127.0.0.1:{port}"
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


def test_an_image_goes_in_and_comes_back(registry, client_env, small_tree, tmp_path):
    digest = make_layout(tmp_path / "image", small_tree)

    def skopeo(*arguments):
        return run("/usr/bin/skopeo", "--insecure-policy", *arguments, env=client_env)

    for tag in ("one", "two"):  # the second time every blob is there already
        skopeo("copy", "--dest-tls-verify=false", f"oci:{tmp_path}/image:test", f"docker://{registry}/team/app:{tag}")
    seen = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{registry}/team/app:one"))
    assert (seen["Digest"], seen["RepoTags"]) == (digest, ["one", "two"])
    skopeo("copy", "--src-tls-verify=false", f"docker://{registry}/team/app:two", f"oci:{tmp_path}/back:test")
    assert tree_digests(tmp_path / "back" / "blobs") == tree_digests(tmp_path / "image" / "blobs")
    skopeo("delete", "--tls-verify=false", f"docker://{registry}/team/app:one")
