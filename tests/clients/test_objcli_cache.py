"""objcli cache: what pipelines save and restore, against the server and against a hostile archive."""
import io
import json
import os
import pathlib
import subprocess
import tarfile
import threading

import pytest

from clientlib import noise, tree_digests
from objcli_command import NOT_FOUND, OK, PARTIAL, USAGE, cli  # noqa: F401, a fixture
from s3_access import make_s3


@pytest.fixture
def workspace(tmp_path):
    """A tree as a build leaves it."""
    root = tmp_path / "workspace"
    (root / "node_modules/a/empty").mkdir(parents=True)
    (root / "node_modules/a/index.js").write_text("module.exports = 1\n")
    (root / "node_modules/a/large.bin").write_bytes(noise(3_000_000, seed="large"))
    (root / "node_modules/.bin").mkdir()
    (root / "node_modules/.bin/a").symlink_to("../a/index.js")
    os.link(root / "node_modules/a/index.js", root / "node_modules/a/hard.js")
    (root / "node_modules/a/index.js").chmod(0o755)
    for number in range(300):
        (root / f"node_modules/a/f{number}").write_bytes(noise(number * 20, seed=number))
    return root


def save(cli, bucket, key, root, *more, **options):
    return json.loads(cli("--json", "cache", "save", "--bucket", bucket, "--key", key, "--root", root, *more, "node_modules",
                          **options).stdout)


def restore(cli, bucket, key, root, *more, **options):
    root.mkdir(exist_ok=True)
    return json.loads(cli("--json", "cache", "restore", "--bucket", bucket, "--key", key, "--root", root, *more,
                          **options).stdout)


def test_a_cache_comes_back_as_it_was(cli, bucket, workspace, tmp_path):
    assert save(cli, bucket, "npm-1", workspace)["saved"] is True
    back = tmp_path / "back"
    found = restore(cli, bucket, "npm-1", back)
    assert (found["cache_hit"], found["key"], found["match"]) == (True, "npm-1", "exact")
    assert tree_digests(back) == tree_digests(workspace)
    assert os.readlink(back / "node_modules/.bin/a") == "../a/index.js"
    assert (back / "node_modules/a/empty").is_dir()
    assert (back / "node_modules/a/index.js").stat().st_nlink == 2
    assert (back / "node_modules/a/index.js").stat().st_mode & 0o777 == 0o755
    assert (back / "node_modules/a/f7").stat().st_mtime == (workspace / "node_modules/a/f7").stat().st_mtime


def test_a_key_that_exists_is_never_overwritten(cli, bucket, workspace, s3):
    save(cli, bucket, "npm-1", workspace)
    before = s3.head_object(Bucket=bucket, Key="cache/npm-1")["ETag"]
    (workspace / "node_modules/a/index.js").write_text("changed\n")
    assert save(cli, bucket, "npm-1", workspace)["saved"] is False
    assert s3.head_object(Bucket=bucket, Key="cache/npm-1")["ETag"] == before


def test_of_many_who_save_one_key_one_wins(cli, bucket, workspace, objcli, client_env):
    outcomes = []

    def one():
        done = subprocess.run([objcli, "--json", "cache", "save", "--bucket", bucket, "--key", "race", "--root", workspace,
                               "node_modules"], env=client_env, capture_output=True, text=True, timeout=300)
        outcomes.append((done.returncode, json.loads(done.stdout)["saved"]))
    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [(0, False)] * 3 + [(0, True)]


def test_restore_keys_find_the_newest_that_begins_alike(cli, bucket, workspace, tmp_path):
    for key in ("npm-main-2", "npm-main-1", "npm-other"):
        save(cli, bucket, key, workspace)
        (workspace / "node_modules/a/index.js").write_text(f"after {key}\n")
    found = restore(cli, bucket, "npm-main-3", tmp_path / "a", "--restore-key", "npm-main-", "--restore-key", "npm-")
    assert (found["cache_hit"], found["key"], found["matched_key"]) == (False, "npm-main-1", "npm-main-")
    found = restore(cli, bucket, "npm-x", tmp_path / "b", "--restore-key", "yarn-", "--restore-key", "npm-")
    assert found["key"] == "npm-other"
    found = restore(cli, bucket, "npm-main-", tmp_path / "c", "--lookup-only")
    assert (found["match"], found["key"]) == ("prefix", "npm-main-1")
    assert not any((tmp_path / "c").iterdir())


def test_a_miss_is_no_failure_unless_it_is_to_be_one(cli, bucket, tmp_path):
    assert restore(cli, bucket, "none", tmp_path / "a", status=OK) == {"cache_hit": False, "key": "none", "found": False}
    restore(cli, bucket, "none", tmp_path / "a", "--fail-on-cache-miss", status=NOT_FOUND)
    assert "no cache for none" in cli("cache", "restore", "--bucket", bucket, "--key", "none").stdout


def test_what_cannot_be_saved_is_told_and_nothing_is_stored(cli, bucket, workspace, s3):
    cli("cache", "save", "--bucket", bucket, "--key", "a,b", "--root", workspace, "node_modules", status=USAGE)
    cli("cache", "save", "--bucket", bucket, "--key", "k", "--root", workspace, "missing", status=NOT_FOUND)
    cli("cache", "save", "--bucket", bucket, "--key", "k", "--root", workspace, "../x", status=USAGE)
    cli("cache", "save", "--bucket", f"{bucket}-none", "--key", "k", "--root", workspace, "node_modules", status=NOT_FOUND)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_equal_trees_make_equal_archives(cli, bucket, workspace, s3):
    save(cli, bucket, "a", workspace, "--stable-mtimes")
    for path in workspace.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    save(cli, bucket, "b", workspace, "--stable-mtimes")
    assert s3.head_object(Bucket=bucket, Key="cache/a")["ETag"] == s3.head_object(Bucket=bucket, Key="cache/b")["ETag"]


def test_any_tar_and_zstd_read_a_cache(cli, bucket, workspace, s3, tmp_path):
    zstd = pathlib.Path("/usr/bin/zstd")
    if not zstd.exists():
        pytest.skip("zstd's command line is not installed")
    save(cli, bucket, "plain", workspace)
    packed = s3.get_object(Bucket=bucket, Key="cache/plain")["Body"].read()
    tar = subprocess.run([zstd, "-d"], input=packed, capture_output=True, check=True).stdout
    subprocess.run(["tar", "x"], input=tar, cwd=tmp_path, check=True)
    assert tree_digests(tmp_path / "node_modules") == tree_digests(workspace / "node_modules")


def hostile_archive(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, target in members:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, target
            tar.addfile(entry)
    return out.getvalue()


@pytest.mark.parametrize("members", [
    [("../escaped", tarfile.REGTYPE, "")],
    [("{outside}/escaped", tarfile.REGTYPE, "")],
    [("link", tarfile.SYMTYPE, "{outside}"), ("link/escaped", tarfile.REGTYPE, "")],
    [("a/link", tarfile.SYMTYPE, "../.."), ("a/link/escaped", tarfile.REGTYPE, "")],
    [("hard", tarfile.LNKTYPE, "../outside/secret")],
    [("dev", tarfile.CHRTYPE, "")],
])
def test_an_archive_that_reaches_outside_is_refused(cli, bucket, s3, tmp_path, members):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("untouched")
    members = [(name.format(outside=outside), kind, target.format(outside=outside)) for name, kind, target in members]
    s3.put_object(Bucket=bucket, Key="cache/evil", Body=hostile_archive(*members))
    (tmp_path / "root").mkdir()
    done = cli("cache", "restore", "--bucket", bucket, "--key", "evil", "--root", tmp_path / "root", status=PARTIAL)
    assert "archive" in done.stderr
    assert not list(tmp_path.rglob("escaped"))
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "untouched" and (outside / "secret").stat().st_nlink == 1


def test_a_second_version_shares_its_chunks_with_the_first(cli, small_tree, tmp_path, own_server):
    server = own_server()  # on a shared one the space of what others have deleted comes back meanwhile
    access_key, secret_key = server.credentials()
    def save(key):
        cli("--endpoint", server.endpoint, "--access-key", access_key, "--secret-key", secret_key,
            "cache", "save", "--bucket", "caches", "--key", key, "--root", root, ".")
    make_s3(server).create_bucket(Bucket="caches")
    root = tmp_path / "tree"
    subprocess.run(["cp", "-a", small_tree, root], check=True)
    (root / "seed").write_bytes(noise(20_000_000, seed="bulk"))
    before = server.stored_bytes()
    save("v1")
    first = server.stored_bytes() - before
    changed = [path for path in sorted(root.rglob("*")) if path.is_file() and path.name != "seed"][:2]
    for path in changed:
        path.write_bytes(noise(500, seed=str(path)))
    before = server.stored_bytes()
    save("v2")
    assert server.stored_bytes() - before < first / 10
