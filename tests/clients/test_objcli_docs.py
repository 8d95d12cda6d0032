"""The commands of the documentation, typed as they are."""
import pathlib
import re
import subprocess

import pytest

from clientlib import MIB, write_noise

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUCKETS = ("images", "pipelines")  # of the documentation


def commands(page):
    """The lines of a page's sh blocks that begin with objcli, without their comments."""
    for block in re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("objcli "):
                yield line.split("  #")[0]


@pytest.fixture
def place(cli_environment, tmp_path):
    for folder in ("node_modules", "public", "images"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_text(folder)
    for name in ("disk.img", "disk-1.img", "images/disk.img"):
        write_noise(tmp_path / name, 2 * MIB, seed="disk")
    run(f"objcli mb {' '.join(BUCKETS)}", cli_environment, tmp_path)
    run("objcli put images/disk-1.img disk-1.img", cli_environment, tmp_path)
    yield tmp_path
    for bucket in BUCKETS:
        run(f"objcli rb --force {bucket}", cli_environment, tmp_path)


@pytest.fixture
def cli_environment(objcli, client_env, tmp_path_factory):
    programs = tmp_path_factory.mktemp("bin")
    (programs / "objcli").symlink_to(objcli)
    return {**client_env, "PATH": f"{programs}:{client_env['PATH']}", "HASH": "5feceb66"}


def run(line, env, folder):
    done = subprocess.run(["bash", "-c", line], env=env, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{line} -> {done.returncode}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", ["delta.md", "pipelines.md"])
def test_the_commands_of(page, place, cli_environment):
    lines = list(commands(page))
    assert len(lines) >= 4
    for line in lines:
        run(line, cli_environment, place)


def test_buckets_of_examples_can_be_made(objcli, client_env):
    """`--bucket NAME` in the help of commands: a name that no bucket can have would be the first thing a user meets."""
    for command in (("cache", "save"), ("cache", "restore"), ("artifact", "push"), ("artifact", "pull"), ("gocache",)):
        text = subprocess.run([objcli, *command, "--help"], env=client_env, capture_output=True, text=True, check=True).stdout
        names = re.findall(r"--bucket ([a-z0-9.-]+)", text)
        assert names and all(3 <= len(name) <= 63 for name in names), text
