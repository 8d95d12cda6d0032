"""The servers that are compared: started on free ports below one directory, stopped by the ids of their processes.

Each is used as its documentation says for one machine, with its durability as it comes; what that is stands in `durability`.
"""
import configparser
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 120
NPM_FOLDER = ROOT / "build" / "peers"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, process, log):
    """Returns when somebody listens; raises when the process has ended before."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"ended with {process.returncode}; its log: {log}")
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"does not listen after {READY_SECONDS_MAX} s; its log: {log}")


class Peer:
    """A server under test. After start() it has an endpoint, keys and the ids of its processes."""
    name = ""
    durability = ""
    kinds = ("put", "get", "stat", "delete", "list", "multipart")  # what it can do

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.access_key = self.secret_key = "objbench"
        self.pids = []
        self.processes = []

    def absent(self):
        """Why it cannot be started here, or None."""

    def start(self):
        raise NotImplementedError

    def spawn(self, command, **more):
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "output.log"
        with open(log, "ab") as output:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, **more)
        self.processes.append(process)
        self.pids.append(process.pid)
        await_port(self.port, process, log)

    def forget_files(self):
        """Drops what the kernel's page cache has of the server's files. (What a server caches itself, it keeps.)"""
        os.sync()  # a page that is not yet written would stay
        for path in self.folder.rglob("*"):
            if path.is_file():
                with open(path, "rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Objd(Peer):
    name = "objd"
    durability = "every reply after fdatasync of data and metadata; reads verified"

    def __init__(self, folder, program, name=None, arguments=()):
        super().__init__(folder)
        self.program = program
        self.name = name or self.name
        self.arguments = arguments

    def absent(self):
        return None if os.access(self.program, os.X_OK) else f"no {self.program}"

    def start(self):
        data = self.folder / "data"
        self.spawn([self.program, "--data", str(data), "--listen", f"127.0.0.1:{self.port}", "--access-log", "false",
                    *self.arguments])
        parser = configparser.ConfigParser()
        parser.read(data / "root-credentials")
        keys = parser["default"]
        self.access_key, self.secret_key = keys["aws_access_key_id"], keys["aws_secret_access_key"]


class S3rver(Peer):
    name = "s3rver"
    durability = "none: no fsync"
    program = NPM_FOLDER / "node_modules" / ".bin" / "s3rver"

    def absent(self):
        return None if self.program.exists() else "npm's s3rver is not installed"

    def start(self):
        self.access_key = self.secret_key = "S3RVER"
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self.spawn(["node", str(self.program.resolve()), "-d", str(data), "-a", "127.0.0.1", "-p", str(self.port), "-s"])


class Nginx(Peer):
    """Files by HTTP, without signatures, sums or S3: what a good web server makes of the same machine."""
    name = "nginx (files)"
    durability = "none: no fsync, no signature, reads not verified (sendfile)"
    kinds = ("put", "get", "stat", "delete")

    def absent(self):
        return None if shutil.which("nginx", path="/usr/sbin:/usr/bin") else "nginx is not installed"

    def start(self):
        for name in ("files/objbench", "body"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(f"""worker_processes auto; daemon off; master_process on; pid {self.folder}/pid;
error_log {self.folder}/error.log; user root;
events {{ worker_connections 4096; }}
http {{ access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000;
  client_max_body_size 0; client_body_buffer_size 128k; client_body_temp_path {self.folder}/body;
  server {{ listen 127.0.0.1:{self.port}; root {self.folder}/files;
    location / {{ dav_methods PUT DELETE; create_full_put_path on; }} }} }}
""")
        self.spawn(["/usr/sbin/nginx", "-c", str(configuration)])
        master = self.processes[0].pid
        time.sleep(0.5)
        self.pids = [master] + [int(pid) for pid in pathlib.Path(f"/proc/{master}/task/{master}/children").read_text().split()]


class External(Peer):
    """A server that somebody else runs: NAME=URL,ACCESS_KEY,SECRET_KEY[,PID..]."""
    durability = "as it was started"

    def __init__(self, text):
        super().__init__("/nonexistent")
        self.name, _, rest = text.partition("=")
        fields = rest.split(",")
        if not self.name or len(fields) < 3:
            raise ValueError(f"'{text}' is not NAME=URL,ACCESS_KEY,SECRET_KEY[,PID..]")
        self.endpoint, self.access_key, self.secret_key = fields[:3]
        self.pids = [int(pid) for pid in fields[3:]]

    def start(self):
        pass


def end_by_id(pid):
    """SIGTERM, then SIGKILL, for a daemon that is no child of ours."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        for _ in range(100):
            if not pathlib.Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.1)
