"""SIGTERM while the processors are busy with something else: a stop comes to its end all the same."""
import os
import signal
import subprocess
import sys
import time

ROUNDS = 4
STARVED_SECONDS = 1.0
STOP_SECONDS_MAX = 20


def schedule(pid, policy):
    """For all threads but the first, which is the one that stops the server."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        if int(thread) != pid:
            try:
                os.sched_setscheduler(int(thread), policy, os.sched_param(0))
            except ProcessLookupError:
                pass


def test_a_timer_that_ends_while_the_server_stops_does_not_keep_it(own_server):
    """The I/O threads' sweep used to begin anew when it fell due between the end of the last connection and their join."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
    try:
        for _ in range(ROUNDS):
            objd = own_server("--ballast", "0", "--io-threads", "4")
            schedule(objd.pid, os.SCHED_IDLE)
            objd.process.send_signal(signal.SIGTERM)
            time.sleep(STARVED_SECONDS)
            schedule(objd.pid, os.SCHED_OTHER)
            assert objd.process.wait(STOP_SECONDS_MAX) == 0, objd.log_tail()
    finally:
        for process in busy:
            process.kill()
            process.wait()
