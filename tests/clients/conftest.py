"""Trees and files that several clients store."""
import pytest

from clientlib import MIB, copy_real_files, noise, write_noise

TREE_FILES = 2000
SMALL_TREE_FILES = 120


@pytest.fixture(scope="session")
def tree(work_dir):
    """About 2,000 regular files of this system, with names that are hard on clients among them."""
    folder = work_dir / "tree"
    folder.mkdir()
    assert copy_real_files(folder, TREE_FILES) > TREE_FILES // 2
    add_awkward_files(folder)
    return folder


@pytest.fixture(scope="session")
def small_tree(work_dir):
    folder = work_dir / "small-tree"
    folder.mkdir()
    assert copy_real_files(folder, SMALL_TREE_FILES, bytes_max=MIB) > SMALL_TREE_FILES // 2
    add_awkward_files(folder)
    return folder


def add_awkward_files(folder):
    names = ["empty", "with space", "a+b", "percent%41", "umlaut-äöü", "日本", "quote'\"", "am&per<sand>", "~tilde", "=?#"]
    awkward = folder / "awkward"
    awkward.mkdir()
    for number, name in enumerate(names):
        (awkward / name).write_bytes(noise(number * 1000, seed=number))


@pytest.fixture(scope="session")
def medium_file(work_dir):
    """40 MiB: several parts for every client."""
    return write_noise(work_dir / "medium", 40 * MIB + 12345, seed="medium")


@pytest.fixture(scope="session")
def large_file(work_dir):
    """300 MB."""
    return write_noise(work_dir / "large", 300_000_000, seed="large")
