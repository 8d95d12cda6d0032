"""objcli as a fixture, and what its exit codes mean."""
import subprocess

import pytest

OK, PARTIAL, USAGE, NOT_FOUND, DENIED, PRECONDITION, INTEGRITY, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 7, 130


@pytest.fixture
def cli(objcli, client_env):
    """cli("put", ...) -> its result, after a look at its exit code."""
    def call(*arguments, status=OK, env=None, input=None, cwd=None, text=True):
        done = subprocess.run([objcli, *map(str, arguments)], env={**client_env, **(env or {})}, input=input, cwd=cwd,
                              text=text, capture_output=True, timeout=600)
        assert done.returncode == status, f"{arguments} -> {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done
    return call
