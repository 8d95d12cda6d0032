"""--verified-for: what was verified lately is sent by sendfile."""
import time

import botocore.exceptions
import pytest

from clientlib import MIB, noise
from s3_access import make_s3
from test_fsck import damage, put_some

SENT_FROM_FILES = "objd_http_file_bytes_out_total"
SIZE = 7 * MIB + 321


def get(s3, key="large", **how):
    return s3.get_object(Bucket="sent", Key=key, **how)["Body"].read()


def make_bucket(objd, **how):
    s3 = make_s3(objd, **how)
    s3.create_bucket(Bucket="sent")
    body = noise(SIZE, seed="sent")
    s3.put_object(Bucket="sent", Key="large", Body=body)
    return s3, body


def test_the_second_reader_gets_the_same_bytes_from_the_file(own_server):
    objd = own_server("--verified-for", "60")
    s3, body = make_bucket(objd)
    assert get(s3) == body and objd.metrics()[SENT_FROM_FILES] == 0
    assert get(s3) == body
    assert SIZE / 2 < objd.metrics()[SENT_FROM_FILES] < SIZE
    for first, last in [(0, 0), (1, 3 * MIB), (MIB - 1, 6 * MIB + 1), (SIZE - 5, SIZE - 1), (5 * MIB, SIZE - 1)]:
        assert get(s3, Range=f"bytes={first}-{last}") == body[first:last + 1]
    s3.put_object(Bucket="sent", Key="text", Body=b"compressible " * 300_000)
    for _ in range(3):
        assert get(s3, "text") == b"compressible " * 300_000


def test_a_reader_that_pauses_gets_all_of_it(own_server):
    objd = own_server("--verified-for", "60")
    s3, body = make_bucket(objd)
    large = noise(40 * MIB, seed="pauses")
    s3.put_object(Bucket="sent", Key="pauses", Body=large)
    assert get(s3, "pauses") == large
    stream = s3.get_object(Bucket="sent", Key="pauses")["Body"]
    seen = stream.read(MIB)
    time.sleep(1.5)
    s3.delete_object(Bucket="sent", Key="pauses")
    assert seen + stream.read() == large
    assert get(s3) == body


def test_readers_that_go_away_harm_nobody(own_server):
    objd = own_server("--verified-for", "60")
    s3, body = make_bucket(objd)
    large = noise(40 * MIB, seed="goes away")
    s3.put_object(Bucket="sent", Key="goes-away", Body=large)
    assert get(s3, "goes-away") == large
    for taken in (1, MIB, 5 * MIB):
        stream = s3.get_object(Bucket="sent", Key="goes-away")["Body"]
        assert stream.read(taken) == large[:taken]
        stream.close()
    assert get(s3) == body and objd.metrics()[SENT_FROM_FILES] > 0


def test_by_default_every_read_is_verified(own_server):
    objd = own_server()
    s3, body = make_bucket(objd)
    assert [get(s3) == body for _ in range(3)] == [True] * 3
    assert objd.metrics()[SENT_FROM_FILES] == 0


def test_tls_has_no_file_to_send_from(own_server, certificate):
    objd = own_server("--verified-for", "60", "--tls-cert", certificate[0], "--tls-key", certificate[1], scheme="https")
    s3, body = make_bucket(objd, verify=str(certificate[0]))
    assert [get(s3) == body for _ in range(3)] == [True] * 3


def test_damage_is_noticed_when_the_time_is_over(own_server):
    objd = own_server("--verified-for", "1", "--ballast", "0")
    s3 = put_some(objd)
    wanted = {"Bucket": "photos", "Key": "albums/bad"}
    assert s3.get_object(**wanted)["Body"].read() == s3.get_object(**wanted)["Body"].read()
    damage(objd.data)
    time.sleep(1.2)
    with pytest.raises((botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError)):
        s3.get_object(**wanted)["Body"].read()
