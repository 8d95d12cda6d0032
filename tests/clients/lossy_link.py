"""A network namespace behind a veth pair whose packets are slowed down, lost, answered with a reset, or held back."""
import itertools
import os
import random
import shutil
import subprocess
import threading

PROGRAMS = ("ip", "tc", "iptables")
_numbers = itertools.count()


def why_not():
    """Why there can be no such link here; None where it can be made."""
    if os.geteuid() != 0:
        return "a network namespace needs root"
    missing = [name for name in PROGRAMS if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    if missing:
        return f"{', '.join(missing)}: not installed (packages.txt, section test)"
    try:
        link = LossyLink()
    except subprocess.CalledProcessError as error:
        return f"this kernel does not make one: {error.stderr.strip()}"
    try:
        link.limit_rate(megabit=100)
        link.lose(0.001)
        link.reset_every(packets=1000)
    except subprocess.CalledProcessError as error:
        return f"this kernel cannot disturb a link: {error.stderr.strip()}"
    finally:
        link.close()
    return None


def run(*command):
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    return subprocess.run([str(part) for part in command], env={"PATH": path}, check=True, capture_output=True,
                          text=True).stdout


class LossyLink:
    """`outside` is the host's address, which programs inside reach. Rules are of the inside: what comes in, what goes out."""

    def __init__(self):
        self.name = f"objstore-{os.getpid()}-{next(_numbers)}"
        network = f"10.{random.randrange(200, 250)}.{random.randrange(256)}"
        self.outside, inside = f"{network}.1", f"{network}.2"
        self.device = f"ob{os.getpid() % 100000}{next(_numbers) % 1000}"
        self.stalls = 0
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "link", "add", self.device, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            run("ip", "addr", "add", f"{self.outside}/30", "dev", self.device)
            run("ip", "link", "set", self.device, "up")
            self.inside("ip", "addr", "add", f"{inside}/30", "dev", "eth0")
            self.inside("ip", "link", "set", "eth0", "up")
            self.inside("ip", "link", "set", "lo", "up")
        except subprocess.CalledProcessError:
            self.close()
            raise

    def command(self, *command):
        """A command line that runs inside."""
        return ["ip", "netns", "exec", self.name, *command]

    def inside(self, *command):
        return run(*self.command(*command))

    def limit_rate(self, megabit):
        how = ("root", "tbf", "rate", f"{megabit}mbit", "burst", "256kb", "latency", "100ms")
        run("tc", "qdisc", "replace", "dev", self.device, *how)
        self.inside("tc", "qdisc", "replace", "dev", "eth0", *how)

    def lose(self, share):
        for chain in ("INPUT", "OUTPUT"):
            self.inside("iptables", "-A", chain, "-p", "tcp", "-m", "statistic", "--mode", "random", "--probability", share,
                        "-j", "DROP")

    def reset_every(self, packets):
        """Every so many packets one is answered with a reset: those that go out to the program inside, which learns of it at
        once; those that come in to the other side, so that the program inside hears nothing more."""
        for chain in ("INPUT", "OUTPUT"):
            self.inside("iptables", "-A", chain, "-p", "tcp", "-m", "statistic", "--mode", "nth", "--every", packets,
                        "--packet", "0", "-j", "REJECT", "--reject-with", "tcp-reset")

    def resets(self):
        lines = self.inside("iptables", "-nvxL").splitlines()
        return sum(int(line.split()[0]) for line in lines if "REJECT" in line)

    def stalling(self, every, seconds):
        """with link.stalling(...): again and again nothing at all passes for a while."""
        return _Stalls(self, every, seconds)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True)  # and with it the pair of devices


class _Stalls:
    def __init__(self, link, every, seconds):
        self.link, self.every, self.seconds = link, every, seconds
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        wait = 0.5  # the first one comes soon: a quick machine is done before the second
        while not self.ended.wait(wait):
            wait = self.every
            self.link.inside("iptables", "-I", "INPUT", "1", "-j", "DROP")
            self.ended.wait(self.seconds)
            self.link.inside("iptables", "-D", "INPUT", "1")
            self.link.stalls += 1

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *exception):
        self.ended.set()
        self.thread.join()
