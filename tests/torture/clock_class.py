"""F10: the server's clock jumps, under libfaketime; durations, which it measures by the monotonic clock, do not."""
import datetime
import glob
import hashlib
import time

import botocore.exceptions

from classes import TortureClass

LIBRARY = "/usr/lib/*/faketime/libfaketime.so.1"
MINUTE, HOUR, DAY = 60, 3600, 86400
SKEW_ACCEPTED, SKEW_REFUSED = 14 * MINUTE, 16 * MINUTE


def offset_text(seconds):
    return f"{seconds:+d}"


class ClockClass(TortureClass):
    """One cycle is one case of CASES, named by what jumps."""

    NAME = "F10"
    ABOUT = "jumps of the server's clock"
    CLAIM = 12
    SECONDS_GUESS = 1.5
    SLICE = 4
    CASES = ("accepted ahead", "accepted behind", "refused ahead", "refused behind", "there and back", "during an upload",
             "back a year", "past 2038", "restart in the past", "a day in an upload", "delete across a jump", "jumps under load")

    @classmethod
    def reason_to_skip(cls):
        return None if glob.glob(LIBRARY) else "not installed: libfaketime"

    def open(self):
        self.clock = self.work / "clock"
        self.shift = 0
        self.jump(0)
        super().open()

    def fresh_store(self):
        super().fresh_store(LD_PRELOAD=glob.glob(LIBRARY)[0], FAKETIME_TIMESTAMP_FILE=str(self.clock), FAKETIME_CACHE_DURATION="1",
                            FAKETIME_NO_CACHE="1", DONT_FAKE_MONOTONIC="1", FAKETIME_DONT_FAKE_MONOTONIC="1")

    def jump(self, seconds):
        self.shift = seconds
        self.clock.write_text(offset_text(seconds) + "\n")

    def now(self, seconds=0):
        """The server's time, and a client's that is so many seconds off."""
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.shift + seconds)

    def status(self, method, key, body=b"", off=0, query=None):
        status, _, data = self.s3.exchange(method, self.BUCKET, key, query, body, now=self.now(off))
        return status, data

    def put_and_get(self, key):
        body = key.encode() * 3000
        assert self.status("PUT", key, body)[0] == 200
        status, data = self.status("GET", key)
        assert (status, data) == (200, body)

    def cycle(self, number):
        case = self.CASES[number % len(self.CASES)]
        try:
            getattr(self, case.replace(" ", "_"))()
        except (AssertionError, botocore.exceptions.ClientError) as error:
            raise AssertionError(f"{case}: {error}") from error
        finally:
            self.jump(0)
        self.put_and_get(f"after/{number}")
        assert self.objd.process.poll() is None, self.objd.log_tail()
        return 1

    def skewed(self, off, expected):
        status, data = self.status("PUT", "skew", b"x", off)
        assert status == expected, (off, status, data)
        if expected == 403:
            assert b"RequestTimeTooSkewed" in data, data

    def accepted_ahead(self):
        self.skewed(SKEW_ACCEPTED, 200)

    def accepted_behind(self):
        self.skewed(-SKEW_ACCEPTED, 200)

    def refused_ahead(self):
        self.skewed(SKEW_REFUSED, 403)

    def refused_behind(self):
        self.skewed(-SKEW_REFUSED, 403)

    def there_and_back(self):
        for seconds in (DAY, -DAY, 0):
            self.jump(seconds)
            self.put_and_get(f"jump {seconds}")

    def during_an_upload(self):
        self.upload_across(HOUR)

    def a_day_in_an_upload(self):
        self.upload_across(25 * HOUR)

    def upload_across(self, seconds):
        """What was begun before the jump is completed behind it, and answered again when it is asked again."""
        data = self.status("POST", "upload", query={"uploads": ""})[1].decode()
        upload = data.split("<UploadId>")[1].split("<")[0]
        part = {"partNumber": 1, "uploadId": upload}
        assert self.status("PUT", "upload", b"first" * 1000, query=part)[0] == 200
        self.jump(seconds)
        etag = etag_of(b"first" * 1000)
        document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
        status, data = self.status("POST", "upload", document.encode(), query={"uploadId": upload})
        assert status == 200 and b"<Error>" not in data, data
        assert self.status("GET", "upload") == (200, b"first" * 1000)

    def back_a_year(self):
        self.put_and_get("now")
        self.jump(-365 * DAY)
        self.put_and_get("now")
        assert "now" in self.s3_names()

    def past_2038(self):
        self.jump(20 * 365 * DAY)
        self.put_and_get("2046")
        assert "2046" in self.s3_names()

    def s3_names(self):
        return self.status("GET", None, query={"list-type": 2})[1].decode().replace("<Key>", "\n").replace("</Key>", "\n").split("\n")

    def restart_in_the_past(self):
        self.jump(10 * DAY)
        self.put_and_get("future")
        self.jump(-10 * DAY)
        assert self.objd.stop() == 0, self.objd.log_tail()
        self.objd.start()
        self.s3.forget()
        assert self.status("GET", "future")[0] == 200
        self.put_and_get("past")

    def delete_across_a_jump(self):
        self.put_and_get("deleted")
        self.jump(-2 * DAY)
        assert self.status("DELETE", "deleted")[0] == 204
        self.jump(2 * DAY)
        assert self.status("GET", "deleted")[0] == 404

    def jumps_under_load(self):
        end = time.monotonic() + 1
        while time.monotonic() < end:
            self.jump(self.random.choice([-DAY, -HOUR, 0, HOUR, DAY]))
            self.put_and_get(f"load {self.random.randrange(10)}")


def etag_of(body):
    return f'"{hashlib.md5(body).hexdigest()}"'
