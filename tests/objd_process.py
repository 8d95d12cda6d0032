"""objd as a child process of the tests: start, stop, kill -9, restart, how much memory it holds.

An Objd owns its process and its port, not its data directory. One thread at a time calls it.
"""
import configparser
import contextlib
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
READY_SECONDS_MAX = 120
STOP_SECONDS_MAX = 60
REGION = "us-east-1"
# Taken now: the fixture `server` sets the variable later, for the tests' own children.
_external = "OBJD_TEST_ENDPOINT" in os.environ


def objd_path():
    return os.environ.get("OBJD", str(ROOT / "build/release/bin/objd"))


def objcli_path():
    return os.environ.get("OBJCLI", str(ROOT / "build/release/bin/objcli"))


def is_external():
    """Whether the caller of the tests named a server that runs already."""
    return _external


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(home, **more):
    """What a client sees: this system's programs, an empty home, nothing that this machine has configured for it."""
    env = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "TMPDIR"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(more)
    return env


class Objd:
    """A server on one data directory. `arguments` are added to its command line, `environment` to its environment."""

    def __init__(self, data, arguments=(), environment=None, port=None, scheme="http"):
        self.data = pathlib.Path(data)
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.port = port or free_port()
        self.scheme = scheme
        self.process = None
        self.log = self.data.parent / (self.data.name + ".log")

    @property
    def endpoint(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def credentials(self):
        """The root key, as (access key, secret key)."""
        parser = configparser.ConfigParser()
        parser.read(self.data / "root-credentials")
        section = parser[(parser.sections() or ["DEFAULT"])[0]]
        return section["aws_access_key_id"], section["aws_secret_access_key"]

    def spawn(self):
        """Starts the process without waiting for it."""
        environment = {"OBJD_METRICS": "open", **self.environment}  # the tests read them without a signature
        command = [objd_path(), "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}", *self.arguments]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=clean_environment(self.data.parent, **environment))

    def start(self):
        self.spawn()
        self.wait_ready()
        return self

    def wait_ready(self):
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"objd ended with {self.process.returncode}:\n{self.log_tail()}")
            if self.health("ready") == 200:
                return
            time.sleep(0.02)
        raise RuntimeError(f"objd is not ready after {READY_SECONDS_MAX} s:\n{self.log_tail()}")

    def health(self, what):
        """The status of /-/health/<what>, or None without an answer."""
        import ssl
        if self.scheme == "https":
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10,
                                                     context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", f"/-/health/{what}")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def stop(self):
        """As an administrator stops it: SIGTERM. Returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"objd did not stop in {STOP_SECONDS_MAX} s:\n{self.log_tail()}")
        self.process = None
        return status

    def kill(self):
        """As a crash stops it: SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        return self.start()

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def metrics(self):
        """Name (with labels) -> value."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/-/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")}

    def stored_bytes(self):
        """What was written to segments, and the metadata: without space that is only reserved."""
        metrics = self.metrics()
        return int(metrics["objd_segment_bytes"] + metrics["objd_metadata_bytes"])

    def disk_bytes(self):
        """Disk space of the data directory, with what is reserved ahead."""
        return sum(path.lstat().st_blocks * 512 for path in self.data.rglob("*") if path.is_file())

    def log_tail(self, lines=40):
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


class Remote:
    """A server that somebody else started, named by OBJD_TEST_ENDPOINT."""

    def __init__(self):
        self.endpoint = os.environ["OBJD_TEST_ENDPOINT"].rstrip("/")

    def credentials(self):
        return os.environ["OBJD_TEST_ACCESS_KEY"], os.environ["OBJD_TEST_SECRET_KEY"]
