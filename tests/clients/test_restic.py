"""restic, as Debian has it: backup, check of every byte, restore."""
import shutil

from clientlib import run, tree_digests, write_noise, MIB


def test_backup_check_and_restore(client_env, endpoint, bucket, small_tree, tmp_path):
    env = dict(client_env, RESTIC_REPOSITORY=f"s3:{endpoint}/{bucket}/repository", RESTIC_PASSWORD="of the test",
               RESTIC_CACHE_DIR=str(tmp_path / "cache"))

    def restic(*arguments):
        return run("/usr/bin/restic", *arguments, env=env)

    source = tmp_path / "source"
    shutil.copytree(small_tree, source / "tree")
    write_noise(source / "noise", 20 * MIB, seed="restic")
    restic("init")
    restic("backup", source)
    (source / "more").write_text("more")
    (source / "noise").unlink()
    restic("backup", source)
    assert "no errors were found" in restic("check", "--read-data")
    restic("restore", "latest", "--target", tmp_path / "back")
    assert tree_digests(f"{tmp_path}/back{source}") == tree_digests(source)
    restic("forget", "--keep-last", "1", "--prune")
    assert "no errors were found" in restic("check", "--read-data")
