"""The C interface: from C, compiled as a user would, and from Python by ctypes; and what the library shows to others."""
import ctypes
import os
import pathlib
import subprocess

import pytest

from objd_process import ROOT, objcli_path

from clientlib import MIB, noise

LIBRARY = pathlib.Path(os.environ.get("LIBOBJSTORE", pathlib.Path(objcli_path()).parent.parent / "lib/libobjstore.so"))
OK, INVALID, NOT_FOUND, DENIED, CONDITION = range(5)
pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason="libobjstore.so is not built beside objcli")


class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t)] + [
        (name, ctypes.c_char_p) for name in ("endpoint", "region", "access_key", "secret_key", "session_token", "profile",
                                             "ca_bundle")] + [("parallelism", ctypes.c_uint)]


class Object(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("bytes", ctypes.c_uint64), ("modified_ms", ctypes.c_int64),
                ("etag", ctypes.c_char * 128), ("content_type", ctypes.c_char * 256), ("checksum", ctypes.c_char * 128)]


@pytest.fixture(scope="module")
def library():
    loaded = ctypes.CDLL(str(LIBRARY))
    loaded.objstore_version.restype = ctypes.c_char_p
    loaded.objstore_error_message.restype = ctypes.c_char_p
    return loaded


@pytest.fixture
def client(library, endpoint, credentials):
    made = ctypes.c_void_p()
    options = Options(ctypes.sizeof(Options), endpoint=endpoint.encode(), access_key=credentials[0].encode(),
                      secret_key=credentials[1].encode())
    assert library.objstore_client_open(ctypes.byref(options), ctypes.byref(made), None) == OK
    yield made
    library.objstore_client_close(made)


def call(library, name, *arguments):
    """(status, message)"""
    error = ctypes.c_void_p()
    status = getattr(library, name)(*arguments, ctypes.byref(error))
    message = library.objstore_error_message(error).decode()
    library.objstore_error_free(error)
    return status, message


def test_bytes_go_in_and_come_back(library, client, bucket):
    name, data = bucket.encode(), noise(3 * MIB, seed="c")
    made = Object(ctypes.sizeof(Object))
    assert call(library, "objstore_put_bytes", client, name, b"k", data, ctypes.c_size_t(len(data)), ctypes.byref(made)) == (OK, "")
    assert made.bytes == len(data) and made.checksum.startswith(b"CRC64NVME:")
    seen = Object(ctypes.sizeof(Object))
    assert call(library, "objstore_head", client, name, b"k", ctypes.byref(seen))[0] == OK
    assert seen.etag == made.etag and seen.modified_ms > 1_500_000_000_000
    out, length = ctypes.c_void_p(), ctypes.c_size_t()
    assert call(library, "objstore_get_bytes", client, name, b"k", ctypes.c_size_t(len(data)), ctypes.byref(out),
                ctypes.byref(length))[0] == OK
    assert ctypes.string_at(out, length.value) == data
    library.objstore_bytes_free(out)
    assert call(library, "objstore_get_bytes", client, name, b"k", ctypes.c_size_t(10), ctypes.byref(out),
                ctypes.byref(length))[0] == INVALID


def test_files_listings_and_removals(library, client, bucket, tmp_path):
    name = bucket.encode()
    (tmp_path / "f").write_bytes(b"text")
    for key in (b"a/1", b"a/2", b"b"):
        assert call(library, "objstore_put_file", client, name, key, bytes(tmp_path / "f"), None)[0] == OK
    assert call(library, "objstore_get_file", client, name, b"b", bytes(tmp_path / "back"), None)[0] == OK
    assert (tmp_path / "back").read_bytes() == b"text"
    seen = []
    visit = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64)(
        lambda _, key, size: seen.append((key, size)) or 0)
    assert call(library, "objstore_list", client, name, b"a/", visit, None)[0] == OK
    assert seen == [(b"a/1", 4), (b"a/2", 4)]
    assert call(library, "objstore_remove", client, name, b"b")[0] == OK
    assert call(library, "objstore_remove", client, name, b"b")[0] == OK


def test_errors_say_what_is_wrong(library, client, bucket, endpoint):
    status, message = call(library, "objstore_head", client, bucket.encode(), b"none", None)
    assert status == NOT_FOUND and message
    assert call(library, "objstore_head", client, b"NO", b"none", None)[0] == INVALID
    assert call(library, "objstore_head", None, b"bucket", b"none", None)[0] == INVALID
    assert call(library, "objstore_create_bucket", client, bucket.encode())[0] == CONDITION
    stranger = ctypes.c_void_p()
    options = Options(ctypes.sizeof(Options), endpoint=endpoint.encode(), access_key=b"nobody", secret_key=b"x" * 20)
    assert library.objstore_client_open(ctypes.byref(options), ctypes.byref(stranger), None) == OK
    assert call(library, "objstore_head", stranger, bucket.encode(), b"k", None)[0] == DENIED
    library.objstore_client_close(stranger)


def test_a_caller_of_an_older_version_keeps_his_memory(library, client, bucket):
    call(library, "objstore_put_bytes", client, bucket.encode(), b"k", b"x", ctypes.c_size_t(1), None)
    old = Object(16)  # one that knows `bytes` alone
    old.etag = b"mine"
    assert call(library, "objstore_head", client, bucket.encode(), b"k", ctypes.byref(old))[0] == OK
    assert (old.size, old.bytes, old.etag, old.modified_ms) == (16, 1, b"mine", 0)


def test_nothing_but_the_c_functions_is_shown():
    text = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in text.splitlines()}
    wrong = {name for name in names if not name.startswith("objstore_") and name != "OBJSTORE_0"}
    assert not wrong, sorted(wrong)[:20]
    assert all("@@OBJSTORE_0" in name for name in names if name.startswith("objstore_"))
    header = (ROOT / "include/objstore/objstore.h").read_text()
    assert all(name.split("@")[0] in header for name in names if name.startswith("objstore_"))
    dynamic = subprocess.run(["readelf", "-d", LIBRARY], capture_output=True, text=True, check=True).stdout
    assert "Library soname: [libobjstore.so.0]" in dynamic


def test_the_example_in_c(client_env, bucket, tmp_path):
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "include", ROOT / "docs/examples/store_and_fetch.c",
                    "-L", LIBRARY.parent, "-lobjstore", f"-Wl,-rpath,{LIBRARY.parent}", "-o", tmp_path / "example"],
                   check=True)
    (tmp_path / "f").write_bytes(b"hello")
    done = subprocess.run([tmp_path / "example", bucket, "k", tmp_path / "f"], env=client_env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5 bytes, \"5d41402abc4b2a76b9719d911017c592\", CRC64NVME:")
