"""objcli artifact: a directory is published as a whole, and pulled as a whole."""
import json
import os
import threading

from clientlib import noise, tree_digests
from objcli_command import INTEGRITY, NOT_FOUND, PRECONDITION, USAGE, cli  # noqa: F401, a fixture


def push(cli, bucket, name, directory, *more, **options):
    return json.loads(cli("--json", "artifact", "push", "--bucket", bucket, *more, name, directory, **options).stdout)


def pull(cli, bucket, name, directory, **options):
    return json.loads(cli("--json", "artifact", "pull", "--bucket", bucket, name, directory, **options).stdout)


def make_site(root, version):
    (root / "deep/empty").mkdir(parents=True, exist_ok=True)
    (root / "version").write_text(version)
    (root / "deep/version").write_text(version)
    (root / "big").write_bytes(noise(20_000_000, seed="big"))
    for name in ("with space", "umlaut-ä", "percent%41"):
        (root / name).write_text(name)
    if not (root / "link").is_symlink():
        (root / "link").symlink_to("deep/version")
    (root / "tool").write_text("#!/bin/sh\n")
    (root / "tool").chmod(0o755)
    return root


def test_a_tree_comes_back_as_it_was_pushed(cli, bucket, tmp_path):
    site = make_site(tmp_path / "site", "1")
    pushed = push(cli, bucket, "site:v1", site)
    assert pushed["changed"] is True and pushed["sent_files"] < pushed["files"]  # two files of one content
    pulled = pull(cli, bucket, "site:v1", tmp_path / "back")
    assert pulled["digest"] == pushed["digest"]
    assert tree_digests(tmp_path / "back") == tree_digests(site)
    assert os.readlink(tmp_path / "back/link") == "deep/version" and (tmp_path / "back/deep/empty").is_dir()
    assert (tmp_path / "back/tool").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "back/tool").stat().st_mtime == (site / "tool").stat().st_mtime


def test_a_second_version_sends_what_is_new_and_replaces_the_directory(cli, bucket, tmp_path):
    site = make_site(tmp_path / "site", "1")
    push(cli, bucket, "site", site)
    pull(cli, bucket, "site", tmp_path / "back")
    (tmp_path / "back/left-over").write_text("x")
    make_site(site, "2")
    (site / "with space").unlink()
    second = push(cli, bucket, "site", site)
    assert (second["sent_files"], second["changed"]) == (1, True)
    assert push(cli, bucket, "site", site)["changed"] is False
    pull(cli, bucket, "site:latest", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == tree_digests(site)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["back", "site"]


def test_who_pulls_while_others_push_gets_one_version(cli, bucket, tmp_path):
    sites = [make_site(tmp_path / f"site{number}", str(number)) for number in range(2)]
    push(cli, bucket, "site", sites[0])
    done = threading.Event()

    def pusher(site):
        while not done.is_set():
            push(cli, bucket, "site", site)
    threads = [threading.Thread(target=pusher, args=(site,)) for site in sites]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            pull(cli, bucket, "site", tmp_path / "back")
            assert (tmp_path / "back/version").read_text() == (tmp_path / "back/deep/version").read_text()
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_kept_tag_stays(cli, bucket, tmp_path):
    site = make_site(tmp_path / "site", "1")
    push(cli, bucket, "site:v1", site, "--keep-tag")
    push(cli, bucket, "site:v1", site, "--keep-tag")  # the same tree
    make_site(site, "2")
    cli("artifact", "push", "--bucket", bucket, "--keep-tag", "site:v1", site, status=PRECONDITION)
    pull(cli, bucket, "site:v1", tmp_path / "back")
    assert (tmp_path / "back/version").read_text() == "1"


def test_what_is_not_there_or_not_right_leaves_the_old_tree(cli, bucket, tmp_path, s3):
    site = make_site(tmp_path / "site", "1")
    push(cli, bucket, "site", site)
    pull(cli, bucket, "site", tmp_path / "back")
    cli("artifact", "pull", "--bucket", bucket, "site:none", tmp_path / "back", status=NOT_FOUND)
    for key in [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix="artifact/site/files/")["Contents"]]:
        s3.put_object(Bucket=bucket, Key=key, Body=b"something else")
    cli("artifact", "pull", "--bucket", bucket, "site", tmp_path / "back", status=INTEGRITY)
    assert tree_digests(tmp_path / "back") == tree_digests(site)
    cli("artifact", "pull", "--bucket", bucket, "../site", tmp_path / "back", status=USAGE)


def test_a_manifest_that_reaches_outside_is_refused(cli, bucket, tmp_path, s3):
    import hashlib
    content = b"bad"
    digest = hashlib.sha256(content).hexdigest()
    manifest = f"objstore-artifact 1\nF 0644 0 0 3 {digest} ../escaped\n".encode()
    name = hashlib.sha256(manifest).hexdigest()
    s3.put_object(Bucket=bucket, Key=f"artifact/evil/files/{digest}", Body=content)
    s3.put_object(Bucket=bucket, Key=f"artifact/evil/manifests/{name}", Body=manifest)
    s3.put_object(Bucket=bucket, Key="artifact/evil/tags/latest", Body=name.encode())
    assert "leaves the directory" in cli("artifact", "pull", "--bucket", bucket, "evil", tmp_path / "back", status=1).stderr
    assert list(tmp_path.iterdir()) == []
