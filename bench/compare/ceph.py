"""Ceph's object gateway on one machine: a monitor, a manager, one BlueStore OSD in a file, the gateway; all on loopback."""
import os
import shutil
import subprocess
import time
import uuid

import peers

PROGRAMS = ("ceph-mon", "ceph-mgr", "ceph-osd", "radosgw", "radosgw-admin", "ceph", "monmaptool")
OSD_BYTES = 20 << 30  # sparse
# The daemons trust each other: keys between them are no part of what is measured. One copy of everything, as objd keeps.
CONFIGURATION = """[global]
fsid = {fsid}
mon host = v2:127.0.0.1:{mon_port}/0
mon initial members = a
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
run dir = {folder}/run
admin socket = {folder}/run/$name.asok
pid file = {folder}/run/$name.pid
log file = {folder}/log/$name.log
mon data = {folder}/mon.a
mgr data = {folder}/mgr.x
osd data = {folder}/osd.0
crash dir = {folder}/crash
keyring = {folder}/keyring
mgr initial modules =
bluestore block size = {osd_bytes}
bluestore block create = true
osd memory target = 3G
debug osd = 0
debug bluestore = 0
debug rgw = 0
debug rocksdb = 0
"""
# Without these the gateway cannot speak to daemons that ask for no key.
PLAIN_MODES = [f"--ms_{who}_mode=crc" for who in ("mon_client", "client", "mon_service", "service", "cluster", "mon_cluster")]


class CephGateway(peers.Peer):
    name = "Ceph RGW"
    durability = "every reply after BlueStore's sync; 1 OSD, 1 copy"

    def absent(self):
        missing = [name for name in PROGRAMS if not shutil.which(name, path="/usr/bin:/usr/sbin")]
        return f"not installed: {', '.join(missing)}" if missing else None

    def run(self, *command):
        done = subprocess.run([command[0], "-c", str(self.folder / "ceph.conf"), *command[1:]], cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout[-500:]}")
        return done.stdout

    def daemon_pid(self, name):
        pid = int((self.folder / "run" / f"{name}.pid").read_text())
        self.pids.append(pid)

    def start(self):
        for name in ("run", "log", "mon.a", "mgr.x", "osd.0", "rgw", "crash"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        fsid, mon_port = str(uuid.uuid4()), peers.free_port()
        (self.folder / "ceph.conf").write_text(
            CONFIGURATION.format(fsid=fsid, mon_port=mon_port, folder=self.folder, osd_bytes=OSD_BYTES))
        (self.folder / "keyring").touch()
        subprocess.run(["monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{mon_port}]",
                        str(self.folder / "monmap"), "--clobber"], check=True, stdout=subprocess.DEVNULL)
        self.run("ceph-mon", "-i", "a", "--mkfs", "--monmap", str(self.folder / "monmap"))
        self.run("ceph-mon", "-i", "a")
        self.daemon_pid("mon.a")
        time.sleep(3)
        self.run("ceph-mgr", "-i", "x")
        self.daemon_pid("mgr.x")
        osd = str(uuid.uuid4())
        self.run("ceph", "osd", "new", osd)
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd, "--osd-objectstore", "bluestore")
        self.run("ceph-osd", "-i", "0")
        self.daemon_pid("osd.0")
        time.sleep(5)
        self.run("ceph", "osd", "crush", "add", "osd.0", "1", "root=default", "host=h")
        self.access_key, self.secret_key = "BENCHAK", "BENCHSECRETKEY"
        self.run("radosgw-admin", *PLAIN_MODES, "user", "create", "--uid=bench", "--display-name=bench",
                 f"--access-key={self.access_key}", f"--secret-key={self.secret_key}")
        for stale in (self.folder / "run").glob("client.admin.*"):
            os.unlink(stale)
        # Without tcp_nodelay a small GET waits 40 ms for the client's delayed acknowledgement.
        self.spawn(["radosgw", "-f", "-c", str(self.folder / "ceph.conf"), "-n", "client.admin",
                    f"--rgw_data={self.folder}/rgw", f"--rgw_frontends=beast endpoint=127.0.0.1:{self.port} tcp_nodelay=1",
                    "--rgw_thread_pool_size=64", "--rgw_enable_usage_log=false", "--rgw_enable_ops_log=false",
                    "--rgw_dynamic_resharding=false", *PLAIN_MODES], cwd=self.folder)

    def stop(self):
        super().stop()
        own = {process.pid for process in self.processes}
        for pid in reversed([pid for pid in self.pids if pid not in own]):
            peers.end_by_id(pid)
