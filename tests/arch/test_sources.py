"""What every file of the project keeps to: length, self-contained headers, nothing of one machine.

The lists of exceptions are ratchets: they only get shorter.
"""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINES_MAX = 450
CODE = (".h", ".cc", ".py", ".mjs", ".proto")
OWN_FOLDERS = ("include", "common", "server", "client", "tests", "bench", "docs", "cmake", "packaging", ".ci")
# Files above LINES_MAX, with the length that they must not exceed.
LONG_FILES = {}
# TODO and its like promise work that nobody has planned.
PROMISES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home/[a-z]\w*|root|work|Users)/[\w.]")
HEADER_JOBS = os.cpu_count() or 1


def files(*suffixes):
    """Text files of the project: those that git tracks, or all of its folders without git."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, check=True,
                                capture_output=True, text=True).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    else:
        paths = [path for folder in OWN_FOLDERS for path in (ROOT / folder).rglob("*")]
        paths += [path for path in ROOT.iterdir()]
    return sorted(path for path in paths if path.is_file() and (not suffixes or path.name.endswith(suffixes)))


def name_of(path):
    return str(path.relative_to(ROOT))


def test_files_stay_short():
    long = {name_of(path): length for path in files(*CODE) if (length := len(path.read_text().splitlines())) > LINES_MAX}
    wrong = {name: length for name, length in long.items() if length > LONG_FILES.get(name, LINES_MAX)}
    assert not wrong, f"files above {LINES_MAX} lines: {wrong}"
    assert set(LONG_FILES) <= set(long), "a file has become short: remove it from LONG_FILES"


def texts():
    for path in files():
        try:
            yield path, path.read_text()
        except UnicodeDecodeError:
            continue


def test_nothing_names_a_machine():
    wrong = [f"{name_of(path)}: {match[0]}" for path, text in texts() for match in MACHINE_PATHS.finditer(text)]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_left_for_later():
    me = pathlib.Path(__file__)
    wrong = [f"{name_of(path)}: {match[0]}" for path in files(*CODE) if path != me
             for match in PROMISES.finditer(path.read_text())]
    assert not wrong, "\n".join(wrong)


def test_lock_files_name_no_registry():
    wrong = [name_of(path) for path in files("package-lock.json") if re.search(r'"resolved":', path.read_text())]
    assert not wrong


def test_headers_begin_with_what_they_are():
    wrong = [name_of(path) for path in files(".h") if not name_of(path).startswith("tests/")
             and not path.read_text().startswith("// ")]
    assert not wrong


def test_headers_are_included_once():
    wrong = [name_of(path) for path in files(".h") if "#pragma once" not in path.read_text()]
    assert not wrong


def headers():
    """Headers of the product; generated ones are not sources."""
    return [path for path in files(".h") if name_of(path).split("/")[0] in ("include", "common", "server", "client")]


def compile_alone(header):
    """The compiler's complaint about a file that includes only this header, or nothing. Through ccache where that is:
    it remembers those that nothing has changed for."""
    name = name_of(header)
    public = name.startswith("include/")
    line = f"#include <{name.removeprefix('include/')}>\n" if public else f'#include "{name}"\n'
    source = ROOT / "build" / "headers" / (name.replace("/", "_") + ".cc")
    source.parent.mkdir(parents=True, exist_ok=True)
    if not source.exists() or source.read_text() != line:
        source.write_text(line)
    folders = ["-Iinclude"] + ([] if public else ["-I."])
    command = ["g++", "-std=c++23", "-Wall", "-Wextra", "-Werror", *folders, "-c", str(source.relative_to(ROOT)),
               "-o", str(source.with_suffix(".o").relative_to(ROOT))]
    if shutil.which("ccache"):
        command.insert(0, "ccache")
    done = subprocess.run(command, text=True, capture_output=True, cwd=ROOT,
                          env={**os.environ, "CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"})
    return f"{name}: {done.stderr[:600]}" if done.returncode else None


@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
def test_headers_are_self_contained():
    with concurrent.futures.ThreadPoolExecutor(HEADER_JOBS) as pool:
        wrong = [complaint for complaint in pool.map(compile_alone, headers()) if complaint]
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
def test_public_headers_reach_the_standard_library_only():
    public = [path for path in headers() if name_of(path).startswith("include/")]
    text = "".join(f"#include <{name_of(path).removeprefix('include/')}>\n" for path in public)
    done = subprocess.run(["g++", "-std=c++23", "-M", f"-I{ROOT / 'include'}", "-x", "c++", "-"], input=text, text=True,
                          capture_output=True, check=True)
    reached = [name for name in done.stdout.replace("\\\n", " ").split() if name.startswith("/")]
    # Every third-party library of packages.txt lies directly under /usr/include in a folder or file of its own.
    system = re.compile(r"^/usr/(include/(c\+\+|[a-z0-9_]+-linux-gnu|linux|asm-generic|bits|sys|gnu)/|lib/gcc/)"
                        r"|^/usr/include/[a-z_0-9-]+\.h$")
    wrong = [name for name in reached if not system.match(name) and not name.startswith(str(ROOT))]
    hidden = [name for name in reached if re.search(r"/(openssl|rocksdb|boost|xxhash|zstd|pugixml|isa-l)[./-]", name)]
    assert not wrong and not hidden, wrong + hidden
