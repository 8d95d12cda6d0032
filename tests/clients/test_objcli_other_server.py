"""objcli against a server that is not ours: s3rver, in the version of s3rver/package-lock.json."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from clientlib import MIB, file_digest, tree_digests, write_noise
from objcli_command import NOT_FOUND, USAGE, cli  # noqa: F401, a fixture
from objd_process import free_port
from test_js_sdk import install

HERE = pathlib.Path(__file__).resolve().parent / "s3rver"
BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"


@pytest.fixture(scope="module")
def other(work_dir, client_env):
    """The endpoint of a running s3rver."""
    folder = BUILD / "js" / hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        install(folder)
    data, port = work_dir / "s3rver", free_port()
    data.mkdir()
    node = shutil.which("node", path=client_env["PATH"]) or "node"
    server = subprocess.Popen([node, "node_modules/s3rver/bin/s3rver.js", "-d", data, "-p", str(port), "-a", "127.0.0.1",
                               "--no-vhost-buckets", "-s"], cwd=folder, env=client_env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    endpoint = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(endpoint, timeout=5)
        except urllib.error.HTTPError:
            break
        except OSError:
            assert time.monotonic() < deadline, "s3rver does not answer"
            time.sleep(0.1)
            continue
        break
    yield endpoint
    server.kill()
    server.wait()


@pytest.fixture
def there(cli, other):
    def call(*arguments, **how):
        keys = ("--access-key", "S3RVER", "--secret-key", "S3RVER", "--endpoint", other)
        return cli(*keys, *arguments, **how)
    call("mb", "bkt")
    yield call
    call("rb", "--force", "bkt")


def test_files_and_trees(there, small_tree, tmp_path):
    large = write_noise(tmp_path / "large", 40 * MIB + 1, seed=1)
    there("put", "bkt/large", large)
    there("get", "bkt/large", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(large)
    there("--quiet", "put", "-r", "bkt/t", small_tree)
    there("--quiet", "get", "-r", "bkt/t", tmp_path / "tree")
    assert tree_digests(tmp_path / "tree") == tree_digests(small_tree)
    there("put", "--metadata", "a=b", "bkt/small", "-", input="text")
    assert there("cat", "bkt/small").stdout == "text"
    assert json.loads(there("--json", "stat", "bkt/small").stdout)["metadata"] == {"a": "b"}
    there("cp", "bkt/small", "bkt/copy")
    there("mv", "bkt/copy", "bkt/moved")
    assert there("cat", "bkt/moved").stdout == "text"
    assert "bkt/moved" in there("find", "bkt", "--smaller", "1K").stdout
    there("rm", "bkt/moved")
    there("stat", "bkt/moved", status=NOT_FOUND)


def test_deltas_fall_back_to_the_whole_without_a_word(there, tmp_path):
    """Also where the replaced object is there: the server must not take the extension for anything else."""
    old, new = write_noise(tmp_path / "old", 20 * MIB, seed=1), tmp_path / "new"
    data = bytearray(old.read_bytes())
    data[5 * MIB:5 * MIB + 100] = b"x" * 100
    new.write_bytes(data)
    there("put", "bkt/image", old)
    put = there("--json", "put", "--delta", "--metadata", "a=b", "bkt/image", new)
    line = json.loads(put.stdout)
    assert line["delta"] is False and line["sent_bytes"] == len(data) and line["why_not"] and put.stderr == ""
    assert json.loads(there("--json", "stat", "bkt/image").stdout)["metadata"] == {"a": "b"}
    get = there("--json", "get", "--delta", "bkt/image", old)
    line = json.loads(get.stdout)
    assert line["delta"] is False and get.stderr == ""
    assert file_digest(old) == file_digest(new)
    assert there("ls", "-r", "bkt").stdout.count("\n") == 1, "the extension's requests left something"
    there("--quiet", "put", "--delta", "--delta-base", "bkt/none", "bkt/image2", new)
    there("get", "bkt/image2", tmp_path / "back")
    assert file_digest(tmp_path / "back") == file_digest(new)
    there("rm", "-r", "bkt/")


def test_sync(there, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    for name in ("a", "b", "c"):
        (site / name).write_text(name)
    time.sleep(1.1)  # its listing has whole seconds: a file of the same second counts as newer
    there("sync", site, "s3://bkt/s")
    assert there("sync", site, "s3://bkt/s").stdout == ""
    (site / "a").write_text("longer")
    (site / "b").unlink()
    changed = there("sync", "--delete", site, "s3://bkt/s").stdout.splitlines()
    assert len(changed) == 2 and changed[1] == "removed bkt/s/b"
    assert there("diff", "--checksum", site, "s3://bkt/s").stdout == ""
    there("sync", "s3://bkt/s", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == tree_digests(site)


def test_what_it_lacks_is_said_in_words(there, other):
    done = there("policy", "get", "bkt", status=USAGE)
    assert "this server has no policy" in done.stderr
    assert "ok" in there("doctor", "--write", "bkt").stdout
