"""Clients in JavaScript, the AWS SDK (js/driver.mjs) and MinIO's (js/minio.mjs), in the versions of js/package-lock.json."""
import hashlib
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent / "js"
BUILD = pathlib.Path(__file__).resolve().parents[2] / "build"
INSTALL_TRIES_MAX = 3
DRIVERS = ["driver.mjs", "minio.mjs"]


@pytest.fixture(scope="session")
def sdk_folder(work_dir):
    """A folder with the drivers and their packages, kept under build/ for as long as the lock file is the same."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = BUILD / "js" / lock
    if not (folder / "installed").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        install(folder)
    for driver in DRIVERS:
        shutil.copy(HERE / driver, folder)
    return folder


def install(folder):
    # With the environment as it is: a proxy or a registry of one's own is set there.
    for _ in range(INSTALL_TRIES_MAX):
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, text=True,
                              capture_output=True, timeout=600)
        if done.returncode == 0:
            (folder / "installed").touch()
            return
    pytest.fail(f"npm ci: {done.stdout}{done.stderr}")


@pytest.mark.parametrize("driver", DRIVERS)
def test_javascript(driver, sdk_folder, client_env, endpoint, bucket):
    node = shutil.which("node", path=client_env["PATH"]) or "node"
    done = subprocess.run([node, driver], cwd=sdk_folder, text=True, capture_output=True, timeout=300,
                          env=dict(client_env, ENDPOINT=endpoint, BUCKET=bucket, NODE_NO_WARNINGS="1"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("all ")
