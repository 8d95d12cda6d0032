"""objcli's sync, diff, mv, find, du, patterns and filters: two trees and what becomes of them."""
import json
import os
import time

import pytest

from clientlib import MIB, noise, tree_digests, write_noise
from objcli_command import NOT_FOUND, PARTIAL, PRECONDITION, USAGE, cli  # noqa: F401, a fixture


@pytest.fixture
def site(tmp_path):
    """A small tree with names whose order is easily got wrong: "a.b" stands before "a/b"."""
    folder = tmp_path / "site"
    for name in ("a/b", "a.b", "a/c/d.txt", "a-x", "index.html", "logs/1.log", "logs/old/2.log", "ü/日本"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}")
    return folder


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def keys(s3, bucket, prefix=""):
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def changes(cli, *arguments):
    return sorted(line.get("key") or line["name"] for line in lines(cli("--json", "sync", *arguments)))


def test_sync_sends_what_has_changed_and_nothing_else(cli, bucket, s3, site):
    target = f"s3://{bucket}/site"
    assert len(changes(cli, site, target)) == 8
    assert changes(cli, site, target) == []
    time.sleep(0.01)
    (site / "a/b").write_text("content of A/B")  # as long as before
    (site / "new").write_text("new")
    assert changes(cli, site, target) == ["site/a/b", "site/new"]
    assert changes(cli, site, target) == []
    assert s3.get_object(Bucket=bucket, Key="site/a/b")["Body"].read() == b"content of A/B"
    assert s3.head_object(Bucket=bucket, Key="site/index.html")["ContentType"] == "text/html"


def test_sync_removes_only_when_asked(cli, bucket, s3, site):
    target = f"s3://{bucket}/site/"
    cli("sync", site, target)
    (site / "a/b").unlink()
    (site / "logs/1.log").unlink()
    assert changes(cli, site, target) == []
    assert "would remove" in cli("sync", "--delete", "--dry-run", site, target).stdout
    assert len(keys(s3, bucket)) == 8
    # What is excluded is neither sent nor removed.
    assert changes(cli, "--delete", "--exclude", "logs", site, target) == [f"{bucket}/site/a/b"]
    assert changes(cli, "--delete", site, target) == [f"{bucket}/site/logs/1.log"]
    assert len(keys(s3, bucket)) == 6


def test_sync_down_gives_the_objects_times_and_takes_directories_away(cli, bucket, s3, site, tmp_path):
    source, back = f"s3://{bucket}/site", tmp_path / "back"
    cli("sync", site, source)
    cli("sync", source, back)
    assert tree_digests(back) == tree_digests(site)
    modified = s3.head_object(Bucket=bucket, Key="site/a/b")["LastModified"].timestamp()
    assert int((back / "a/b").stat().st_mtime) == int(modified)
    assert changes(cli, source, back) == []
    os.utime(back / "a/b", (1, 1))
    assert changes(cli, source, back) == ["site/a/b"]
    cli("rm", f"{bucket}/site/a/c/d.txt")
    cli("sync", "--delete", source, back)
    assert not (back / "a/c").exists() and (back / "a/b").exists()


def test_sync_from_prefix_to_prefix(cli, bucket, s3, site):
    cli("sync", site, f"s3://{bucket}/a")
    assert len(changes(cli, f"{bucket}/a", f"{bucket}/b")) == 8
    assert changes(cli, f"{bucket}/a", f"{bucket}/b") == []
    s3.put_object(Bucket=bucket, Key="a/new", Body=b"x")
    s3.put_object(Bucket=bucket, Key="b/extra", Body=b"x")
    assert changes(cli, "--delete", f"{bucket}/a", f"{bucket}/b") == ["b/new", f"{bucket}/b/extra"]
    assert [key[2:] for key in keys(s3, bucket, "a/")] == [key[2:] for key in keys(s3, bucket, "b/")]
    cli("sync", f"{bucket}/a", f"{bucket}/a/inside", status=USAGE)


def test_sync_by_checksum_sees_what_times_hide(cli, bucket, site, tmp_path):
    write_noise(site / "large", 20 * MIB, seed=1)
    target = f"s3://{bucket}/t"
    cli("sync", site, target)
    for path in (site / "a/b", site / "large"):
        os.utime(path)
    write_noise(site / "large", 20 * MIB, seed=2)
    (site / "a.b").write_text("CONTENT of a.b")
    for path in (site / "large", site / "a.b"):
        os.utime(path, (1, 1))
    assert changes(cli, "--size-only", site, target) == []
    assert changes(cli, "--checksum", site, target) == ["t/a.b", "t/large"]
    assert changes(cli, "--checksum", site, target) == []
    cli("sync", target, tmp_path / "back")
    (tmp_path / "back/a.b").write_text("Content of a.b")
    assert changes(cli, "--checksum", target, tmp_path / "back") == ["t/a.b"]


def test_a_source_that_holds_nothing_empties_nothing(cli, bucket, s3, site, tmp_path):
    cli("sync", site, f"s3://{bucket}/t")
    (tmp_path / "empty").mkdir()
    cli("sync", "--delete", tmp_path / "empty", f"s3://{bucket}/t", status=NOT_FOUND)
    cli("sync", "--delete", tmp_path / "none", f"s3://{bucket}/t", status=NOT_FOUND)
    cli("sync", "--delete", f"s3://{bucket}/misspelt", site, status=NOT_FOUND)
    assert len(keys(s3, bucket)) == 8 and len(tree_digests(site)) == 8


def test_nothing_is_removed_when_not_all_was_copied(cli, bucket, s3, site):
    cli("sync", site, f"s3://{bucket}/t")
    (site / "a/b").unlink()
    (site / ("k" * 250)).mkdir()
    (site / ("k" * 250) / ("l" * 250)).mkdir()
    deep = site / ("k" * 250) / ("l" * 250) / ("m" * 250)
    deep.mkdir()
    deep = deep / ("n" * 250) / ("o" * 250)
    deep.mkdir(parents=True)
    (deep / "file").write_text("a key of more than 1,024 bytes")
    done = cli("sync", "--delete", site, f"s3://{bucket}/t", status=2)
    assert "nothing was removed" in done.stderr
    assert "t/a/b" in keys(s3, bucket)


def test_what_could_be_either_is_asked_for(cli, bucket, site, tmp_path):
    done = cli("sync", "site", f"s3://{bucket}/t", cwd=tmp_path, status=USAGE)
    assert "write ./site or s3://site" in done.stderr
    cli("sync", "./site", f"{bucket}/t", cwd=tmp_path)
    cli("sync", "./site", "./other", cwd=tmp_path, status=USAGE)


def test_diff(cli, bucket, site):
    cli("sync", site, f"s3://{bucket}/t")
    assert cli("diff", site, f"s3://{bucket}/t").stdout == ""
    time.sleep(0.01)
    (site / "a/b").write_text("changed")
    (site / "only-here").write_text("x")
    (site / "index.html").unlink()
    done = cli("diff", site, f"s3://{bucket}/t", status=1)
    assert done.stdout.splitlines() == ["! a/b", "+ index.html", "- only-here"]
    cli("diff", site, f"s3://{bucket}-none/t", status=NOT_FOUND)


# --- single objects and patterns --------------------------------------------------------------------------------------


def test_patterns_name_many_objects(cli, bucket, s3, site, tmp_path):
    cli("put", "-r", bucket, site)
    cli("get", f"{bucket}/logs/*.log", tmp_path / "one")
    assert sorted(tree_digests(tmp_path / "one")) == ["1.log"]
    cli("get", f"{bucket}/logs/**.log", tmp_path / "all")
    assert sorted(tree_digests(tmp_path / "all")) == ["1.log", "old/2.log"]
    cli("cp", f"{bucket}/a[.-]*", f"{bucket}/copied/")
    assert keys(s3, bucket, "copied/") == ["copied/a-x", "copied/a.b"]
    cli("get", f"{bucket}/*.none", tmp_path / "none", status=NOT_FOUND)
    assert "would remove" in cli("rm", "-n", f"{bucket}/copied/*").stdout
    assert len(keys(s3, bucket, "copied/")) == 2
    cli("rm", f"{bucket}/copied/a.*")
    assert keys(s3, bucket, "copied/") == ["copied/a-x"]


def test_an_object_whose_name_is_a_pattern_is_itself(cli, bucket, s3):
    for key in ("x*", "xy", "xz"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    cli("rm", f"{bucket}/x*")
    assert keys(s3, bucket) == ["xy", "xz"]
    cli("rm", f"{bucket}/x*")
    assert keys(s3, bucket) == []


def test_filters(cli, bucket, s3, site):
    cli("put", "-r", "--include", "*.log", "--include", "*.html", "--exclude", "old", f"{bucket}/p", site)
    assert keys(s3, bucket) == ["p/index.html", "p/logs/1.log"]
    cli("put", "-r", "--exclude", "/a", f"{bucket}/q", site)
    assert not [key for key in keys(s3, bucket, "q/") if key.startswith("q/a/")]
    assert "q/a.b" in keys(s3, bucket)
    cli("rm", "-r", "--exclude", "*.html", f"{bucket}/p/")
    assert keys(s3, bucket, "p/") == ["p/index.html"]


def test_mv_of_one_and_of_many(cli, bucket, s3, site, tmp_path):
    cli("put", "-r", f"{bucket}/t", site)
    cli("mv", f"{bucket}/t/index.html", f"{bucket}/start.html")
    assert keys(s3, bucket, "start") == ["start.html"] and "t/index.html" not in keys(s3, bucket)
    assert s3.head_object(Bucket=bucket, Key="start.html")["ContentType"] == "text/html"
    cli("mv", f"{bucket}/t/logs/*.log", f"{bucket}/done/")
    assert keys(s3, bucket, "done/") == ["done/1.log"]
    cli("mv", "-r", f"{bucket}/t", f"{bucket}/u")
    assert keys(s3, bucket, "t/") == [] and len(keys(s3, bucket, "u/")) == 6
    (tmp_path / "file").write_text("moved")
    cli("mv", tmp_path / "file", f"s3://{bucket}/file")
    assert not (tmp_path / "file").exists()
    cli("mv", f"s3://{bucket}/file", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "moved" and "file" not in keys(s3, bucket)
    cli("mv", f"{bucket}/start.html", f"{bucket}/start.html", status=USAGE)
    assert "start.html" in keys(s3, bucket)
    cli("mv", "--no-overwrite", f"{bucket}/start.html", f"{bucket}/done/1.log", status=PRECONDITION)
    assert "start.html" in keys(s3, bucket)


def test_cp_there_and_back(cli, bucket, site, tmp_path):
    cli("cp", site / "index.html", f"s3://{bucket}/dir/")
    cli("cp", f"s3://{bucket}/dir/index.html", tmp_path)
    assert (tmp_path / "index.html").read_text() == "content of index.html"
    cli("cp", "-r", site, f"s3://{bucket}/t")
    cli("cp", "-r", f"s3://{bucket}/t", tmp_path / "back")
    assert tree_digests(tmp_path / "back") == tree_digests(site)
    cli("cp", site, f"s3://{bucket}/t", status=USAGE)


def test_find_and_du(cli, bucket, s3, site):
    cli("put", "-r", bucket, site)
    s3.put_object(Bucket=bucket, Key="logs/big.log", Body=noise(3000, seed=1))
    assert cli("find", bucket, "--larger", "1K").stdout.split() == [f"{bucket}/logs/big.log"]
    assert cli("find", bucket, "--include", "*.log", "--smaller", "1K").stdout.split() == [
        f"{bucket}/logs/1.log", f"{bucket}/logs/old/2.log"]
    assert cli("find", bucket, "--older", "1h").stdout == ""
    assert cli("find", f"{bucket}/logs/*.log", "--smaller", "1K").stdout.split() == [f"{bucket}/logs/1.log"]
    cli("find", f"{bucket}/logs/*.log", "--include", "*.log", status=USAGE)
    assert cli("find", "-0", f"{bucket}/a/", "--newer", "1h").stdout == f"{bucket}/a/b\0{bucket}/a/c/d.txt\0"
    total = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) + 3000
    assert lines(cli("--json", "du", bucket))[0] == {"name": bucket, "objects": 9, "size": total}
    names = [line.split()[-1] for line in cli("du", "-h", "--depth", "2", f"{bucket}/").stdout.splitlines()]
    assert names == [f"{bucket}/a/", f"{bucket}/a/c/", f"{bucket}/logs/", f"{bucket}/logs/old/", f"{bucket}/ü/", bucket]
    cli("find", bucket, "--older", "soon", status=USAGE)


# --- what is written along --------------------------------------------------------------------------------------------


def test_tags_metadata_and_conditions_of_a_write(cli, bucket, s3, tmp_path):
    cli("put", "--tag", "stage=test", "--tag", "a b=c+d", "--metadata", "Commit=1f", f"{bucket}/k", "-", input="one")
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]}
    assert tags == {"stage": "test", "a b": "c+d"}
    etag = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    cli("put", "--if-match", etag, f"{bucket}/k", "-", input="two")
    cli("put", "--if-match", etag.strip('"'), f"{bucket}/k", "-", input="three", status=PRECONDITION)
    cli("put", "--if-none-match", "*", f"{bucket}/k", "-", input="three", status=PRECONDITION)
    cli("put", "--if-none-match", "abc", f"{bucket}/k", "-", input="three", status=USAGE)
    assert cli("cat", f"{bucket}/k").stdout == "two"
    now = s3.head_object(Bucket=bucket, Key="k")["ETag"]
    cli("get", "--if-none-match", now, f"{bucket}/k", tmp_path / "k", status=PRECONDITION)
    cli("get", "--if-match", etag, f"{bucket}/k", tmp_path / "k", status=PRECONDITION)
    cli("get", "--if-match", now, f"{bucket}/k", tmp_path / "k")
    cli("cp", "--tag", "x=y", f"{bucket}/k", f"{bucket}/copy")
    assert s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"] == [{"Key": "x", "Value": "y"}]
    large = write_noise(tmp_path / "large", 20 * MIB, seed=5)
    cli("put", "--tag", "size=large", f"{bucket}/large", large)
    assert s3.get_object_tagging(Bucket=bucket, Key="large")["TagSet"] == [{"Key": "size", "Value": "large"}]


def test_a_dry_run_does_nothing(cli, bucket, s3, site, tmp_path):
    assert "would put" in cli("put", "-n", f"{bucket}/k", site / "a/b").stdout
    assert "would put" in cli("put", "-n", "-r", bucket, site).stdout
    assert keys(s3, bucket) == []
    cli("put", "-r", bucket, site)
    assert "would get" in cli("get", "-n", "-r", bucket, tmp_path / "out").stdout
    assert "would have moved" in cli("mv", "-n", f"{bucket}/a.b", f"{bucket}/moved").stdout
    assert not (tmp_path / "out").exists() and "a.b" in keys(s3, bucket)


def test_links_and_unreadable_directories(cli, bucket, s3, site):
    (site / "link").symlink_to("/etc/passwd")
    done = cli("sync", site, f"s3://{bucket}/t")
    assert "passed over 1 symbolic link" in done.stderr
    assert "t/link" not in keys(s3, bucket)
    cli("sync", "--size-only", site, f"s3://{bucket}/t", status=0)
    cli("put", "-r", f"{bucket}/t", site / "no-such", status=USAGE)


def test_a_key_that_is_no_path_is_partial(cli, bucket, s3, tmp_path):
    for key in ("t/fine", "t/../../escape"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    cli("sync", f"s3://{bucket}/t", tmp_path / "in/out", status=PARTIAL)
    assert sorted(tree_digests(tmp_path)) == ["in/out/fine"]
