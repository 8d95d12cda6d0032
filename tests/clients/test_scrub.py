"""objd scrub, and what an operator sees of damage: on a store that is served and on one that is not."""
import json
import random
import subprocess

from objd_process import clean_environment, objd_path
from s3_access import make_s3
from test_fsck import MARK, damage, put_some

CLEAN, LOST = 0, 1


def objd_command(command, data, *arguments):
    done = subprocess.run([objd_path(), command, "--data", str(data), *arguments], capture_output=True, text=True,
                          timeout=120, env=clean_environment("/nonexistent"))
    return done.returncode, done.stdout + done.stderr


def report_in(text):
    """What the command printed, without the lines of its log."""
    return next(line for line in text.splitlines() if line.startswith("{"))


def owners(text):
    return {owner["key"] for chunk in json.loads(text)["damaged_chunks"] for owner in chunk["owners"]}


def test_a_pass_on_a_running_server_names_what_is_damaged_until_it_is_healed(own_server):
    objd = own_server("--ballast", "0")
    put_some(objd)
    assert "damage    none found" in objd_command("status", objd.data)[1]
    damage(objd.data)
    status, text = objd_command("scrub", objd.data, "--wait")
    assert status == LOST
    assert "photos/albums/bad" in text and "photos/albums/copy" in text and "photos/good" not in text, text
    assert "1 chunks, 1 of them without a good copy" in objd_command("status", objd.data)[1]
    assert objd.health("ready") == 200
    metrics = objd.metrics()
    assert (metrics["objd_damaged_chunks"], metrics["objd_lost_chunks"]) == (1, 1)
    assert metrics["objd_scrub_passes_total"] >= 1
    status, text = objd_command("fsck", objd.data)
    assert status == 1 and "chunk-damaged" in text and "photos/albums/copy" in text
    make_s3(objd).put_object(Bucket="photos", Key="again", Body=MARK + random.Random(2).randbytes(60_000))
    status, text = objd_command("scrub", objd.data, "--wait", "--json")
    assert (status, owners(text)) == (CLEAN, set())


def test_a_pass_that_nobody_waits_for_goes_on(own_server):
    objd = own_server("--ballast", "0")
    put_some(objd)
    status, text = objd_command("scrub", objd.data)
    assert status == CLEAN and "has begun" in text
    status, text = objd_command("scrub", objd.data, "--wait", "--json")
    assert (status, owners(text)) == (CLEAN, set())


def test_a_store_that_is_not_served_is_scrubbed_by_the_command(own_server):
    objd = own_server("--ballast", "0")
    put_some(objd)
    objd.stop()
    status, text = objd_command("scrub", objd.data, "--ballast", "0", "--json")
    assert (status, owners(report_in(text))) == (CLEAN, set())
    damage(objd.data)
    status, text = objd_command("scrub", objd.data, "--ballast", "0", "--json")
    assert (status, owners(report_in(text))) == (LOST, {"albums/bad", "albums/copy"})
