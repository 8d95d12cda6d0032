"""A million keys in one bucket: what a page of a listing costs, wherever it lies and whatever lies below a prefix."""
import http.client
import multiprocessing
import statistics
import threading
import time
import urllib.parse
import xml.etree.ElementTree as tree

from rawhttp import Connection, Signing, signed

PROCESSES = 2
THREADS = 24
FEW = 10
PAGE = 1000
SAMPLES = 60
END_RATIO_MAX = 1.5
PREFIX_RATIO_MAX = 5
BUCKET = "listing"


def fill_part(numbers, failures):
    """PUTs of one-byte objects, each thread with a connection of its own."""
    def work(mine):
        signing = Signing.now()
        with Connection() as connection:
            for count, number in enumerate(mine):
                if count % 1000 == 0:
                    signing = Signing.now()
                connection.send(signed("PUT", f"/{BUCKET}/many/{number:07}", b"x", signing=signing))
                response = connection.read_response()
                if response is None or response.status != 200:
                    failures.value += 1
    threads = [threading.Thread(target=work, args=(numbers[first::THREADS],)) for first in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fill(count):
    failures = multiprocessing.Value("i", 0)
    workers = [multiprocessing.Process(target=fill_part, args=(range(first, count, PROCESSES), failures))
               for first in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return failures.value


def page_ms(connection, **parameters):
    """(median milliseconds, entries of the page)."""
    query = urllib.parse.urlencode({"list-type": 2, **parameters}, quote_via=urllib.parse.quote)
    taken, response = [], None
    for _ in range(SAMPLES):
        request = signed("GET", f"/{BUCKET}?{query}")
        started = time.perf_counter()
        connection.send(request)
        response = connection.read_response()
        taken.append(time.perf_counter() - started)
        if response.status != 200:
            raise http.client.HTTPException(response.status)
    shown = sum(child.tag.endswith(("Contents", "CommonPrefixes")) for child in tree.fromstring(response.body))
    return statistics.median(taken) * 1000, shown


def listing(run):
    """A million keys below one prefix, ten below another."""
    count = run.sizes.keys
    print(f"==> listing of {count} keys", flush=True)
    run.export_credentials()
    run.s3.create_bucket(Bucket=BUCKET)
    with run.watch() as watch:
        failures = fill(count)
        for number in range(FEW):
            run.s3.put_object(Bucket=BUCKET, Key=f"few/{number}", Body=b"x")
    run.row("objects of one byte, by Python clients", watch, f"{count} keys")
    run.check(failures == 0, f"all of {count} objects were stored")
    with Connection() as connection:
        first, shown_first = page_ms(connection, prefix="many/")
        last, shown_last = page_ms(connection, **{"prefix": "many/", "start-after": f"many/{count - PAGE - 1:07}"})
        few, _ = page_ms(connection, prefix="f", delimiter="/")
        many, shown_many = page_ms(connection, prefix="m", delimiter="/")
    run.rows.append((f"a page of {PAGE}, first and last", f"{count} keys", f"{first:.2f} ms, {last:.2f} ms", "", "", ""))
    run.rows.append(("a delimiter listing over ten keys and over all", f"{count} keys", f"{few:.2f} ms, {many:.2f} ms", "", "", ""))
    run.check((shown_first, shown_last, shown_many) == (PAGE, PAGE, 1), "the pages show what they should")
    run.check(last < first * END_RATIO_MAX, f"a page at the end costs what one at the beginning does: {last:.2f} ms, {first:.2f} ms")
    run.check(many < few * PREFIX_RATIO_MAX, f"one prefix over all costs what one over ten does: {many:.2f} ms, {few:.2f} ms")
