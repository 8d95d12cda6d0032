"""The architecture, proved from the sources: the arrows between layers, and what headers may show.

docs/architecture.md has the picture. A folder that is not named here fails the test: it must be given its place.
"""
import functools
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What each folder may include, beside itself. "include" is include/objstore.
BASE = {"include", "common/base"}
BELOW_API = BASE | {"common/wire", "server/auth", "server/model", "server/storage"}
ARROWS = {
    "include": set(),
    "common/base": BASE,
    "common/wire": BASE,
    "server/storage": BASE,
    "server/backup": BASE | {"common/wire", "server/storage"},  # and the client library's public headers
    "server/model": BASE | {"common/wire", "server/storage"},
    "server/auth": BASE | {"common/wire", "server/model", "server/storage"},
    "server/api": BELOW_API,                       # the seam: handler.h and the dispatcher
    "server/http": BASE | {"common/wire", "server/api"},
    "server/app": BELOW_API | {"server/api", "server/api/*", "server/http", "server/backup"},
    "client/lib": BASE | {"common/wire"},
    "client/pipeline": BASE | {"common/wire"},      # and the client library's public headers
    "client/capi": BASE,                           # likewise
    "client/cli": BASE | {"common/wire", "client/lib", "client/pipeline"},
}
# Front ends: they share server/api and never include each other.
FRONT_END_MAY = BELOW_API | {"server/api"}

THIRD_PARTY = re.compile(r"^(boost/|spdlog/|fmt/|CLI/|toml\+\+/|toml\.hpp|google/protobuf|rocksdb/|openssl/|pugixml|"
                         r"xxh|zstd|archive|isa-l|catch2/|benchmark/)")
C_HEADERS = ("stddef.h", "stdint.h")  # what the C interface needs
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
# Beast and Asio are C++20 coroutine machinery for the rim; their headers stay in these folders.
RIM = ("server/http/", "client/lib/")


@functools.cache
def sources():
    """Sources of the product: path from the root -> its includes, as (quote, name, line)."""
    found = {}
    for folder in ("include", "common", "server", "client"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cc", ".cpp", ".hpp"):
                lines = path.read_text().splitlines()
                matches = ((INCLUDE.match(text), number) for number, text in enumerate(lines, 1))
                found[str(path.relative_to(ROOT))] = [(m[1], m[2], n) for m, n in matches if m]
    return found


def layer_of(path):
    parts = path.split("/")
    if parts[0] == "include":
        return "include"
    if path.startswith("server/api/") and len(parts) > 3:
        return "/".join(parts[:3])
    return "/".join(parts[:2])


def target_layer(name):
    """The layer that an include names, or None for the standard library and third parties."""
    if name.startswith("objstore/"):
        return "include"
    if name.startswith(("common/", "server/", "client/")):
        return layer_of(name)
    return None


def allowed(layer, target):
    if layer == target:
        return True
    if layer.startswith("server/api/"):
        return target in FRONT_END_MAY
    if target.startswith("server/api/") and "server/api/*" in ARROWS[layer]:
        return True
    return target in ARROWS[layer]


def test_every_folder_has_its_place():
    layers = {layer_of(path) for path in sources()}
    unknown = {layer for layer in layers if layer not in ARROWS and not layer.startswith("server/api/")}
    assert not unknown


def test_includes_go_downwards_only():
    wrong = [f"{path}:{line}: {layer_of(path)} must not include {name}"
             for path, includes in sources().items() for _, name, line in includes
             if (target := target_layer(name)) and not allowed(layer_of(path), target)]
    assert not wrong, "\n".join(wrong)


def test_front_ends_never_include_each_other():
    wrong = [f"{path}:{line}: {name}" for path, includes in sources().items() for _, name, line in includes
             if layer_of(path).startswith("server/api/") and name.startswith("server/api/")
             and layer_of(name) not in ("server/api", layer_of(path))]
    assert not wrong, "\n".join(wrong)


def test_public_headers_include_only_public_headers_and_the_standard_library():
    wrong = [f"{path}:{line}: {name}" for path, includes in sources().items() if path.startswith("include/")
             for _, name, line in includes if not name.startswith("objstore/") and name not in C_HEADERS and ("/" in name or "." in name)]
    assert not wrong, "\n".join(wrong)


def test_no_header_includes_a_slow_or_hidden_library():
    hidden = re.compile(r"^(spdlog/|CLI/|toml\+\+/|toml\.hpp|google/protobuf|boost/beast|rocksdb/)|\.pb\.h$")
    wrong = [f"{path}:{line}: {name}" for path, includes in sources().items() if path.endswith((".h", ".hpp"))
             for _, name, line in includes if hidden.search(name)]
    assert not wrong, "\n".join(wrong)


def test_rocksdb_stays_in_its_adapter():
    users = {path for path, includes in sources().items() for _, name, _ in includes if name.startswith("rocksdb/")}
    assert all(path.startswith("server/storage/") and path.endswith(".cc") for path in users), users


def test_beast_stays_at_the_rim():
    users = {path for path, includes in sources().items() for _, name, _ in includes
             if name.startswith(("boost/beast", "boost/asio"))}
    assert all(path.startswith(RIM) for path in users), users


def test_coroutines_stay_at_the_rim():
    keyword = re.compile(r"\bco_(await|return|yield)\b")
    wrong = [path for path in sources() if not path.startswith(RIM)
             and keyword.search(without_comments((ROOT / path).read_text()))]
    assert not wrong, wrong


def test_the_client_and_the_server_do_not_include_each_other():
    wrong = [f"{path}:{line}: {name}" for path, includes in sources().items() for _, name, line in includes
             if (path.startswith("client/") and name.startswith("server/"))
             or (path.startswith("server/") and name.startswith("client/"))]
    assert not wrong, "\n".join(wrong)


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.S)


@pytest.mark.parametrize("name, expected", [
    ("server/storage/engine.h", "server/storage"), ("server/api/handler.h", "server/api"),
    ("server/api/s3/router.h", "server/api/s3"), ("objstore/names.h", "include"), ("vector", None)])
def test_the_checker_itself_knows_layers(name, expected):
    assert target_layer(name) == expected


def test_the_checker_itself_refuses_an_arrow_upwards():
    assert not allowed("server/storage", "server/model")
    assert not allowed("server/api/s3", "server/api/admin")
    assert not allowed("server/api/s3", "server/http")
    assert allowed("server/app", "server/api/s3")
