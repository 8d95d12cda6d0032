"""Trees and files that several clients store, and a server that speaks TLS."""
import ssl
import subprocess

import pytest

from objd_process import Objd, is_external
from s3_access import make_s3

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


@pytest.fixture(scope="session")
def certificate(work_dir):
    """(certificate, key) of 127.0.0.1, signed by itself."""
    certificate, key = work_dir / "tls.crt", work_dir / "tls.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=objd test",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return certificate, key


@pytest.fixture(scope="session")
def tls_context(certificate):
    return ssl.create_default_context(cafile=certificate[0])


@pytest.fixture(scope="session")
def tls_server(work_dir, certificate):
    if is_external():
        pytest.skip("needs a server of its own, and OBJD_TEST_ENDPOINT names one")
    objd = Objd(work_dir / "tls-server", ["--tls-cert", certificate[0], "--tls-key", certificate[1]], scheme="https")
    yield objd.start()
    assert objd.stop() == 0, objd.log_tail()


@pytest.fixture(scope="session")
def s3_over_tls(tls_server, certificate):
    return make_s3(tls_server, verify=str(certificate[0]))
