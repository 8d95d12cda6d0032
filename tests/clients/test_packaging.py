"""The image has what the programs are linked with."""
import os
import re
import shutil
import subprocess

import pytest

from objd_process import ROOT, objcli_path, objd_path

EVERYWHERE = {"libc6", "libgcc-s1", "libstdc++6"}


def package_of(library):
    """The Debian package of a shared library; its path may be listed without /usr."""
    path = os.path.realpath(library)
    names = {path, path.removeprefix("/usr")}
    found = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True).stdout
    return found.split(":")[0]


@pytest.mark.skipif(not shutil.which("dpkg") or not shutil.which("readelf"), reason="no dpkg, or no readelf")
def test_the_image_installs_every_library_that_the_programs_name():
    installed = set(re.findall(r"[a-z0-9.+-]+", (ROOT / "packaging" / "Dockerfile").read_text()))
    wanted = set()
    for program in (objd_path(), objcli_path()):
        dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
        named = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
        assert named
        places = dict(re.findall(r"(\S+) => (\S+)", subprocess.run(["ldd", program], capture_output=True, text=True,
                                                                   check=True).stdout))
        wanted |= {package_of(places[name]) for name in named if name in places}
    assert "librocksdb7.8" in wanted
    assert wanted - EVERYWHERE <= installed
