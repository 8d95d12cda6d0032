#!/usr/bin/python3
"""Makes a small store that holds one of everything, and packs it for the tests of the format.

    OBJD=/path/to/objd tests/formats/make_store.py tests/formats/store-N

writes store.tar.xz (the data directory of a server that was stopped) and objects.json (what is in it, with digests).
store-1 was made by the release build of commit 3e2de68. It is never made anew: every later build must open that one.
"""
import hashlib
import json
import pathlib
import random
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from objd_process import Objd  # noqa: E402
from s3_access import make_s3  # noqa: E402

MIB = 1 << 20
BOOTSTRAP = """
[[account]]
id = "team"

[[account.user]]
id = "reader"

[[account.user.key]]
access_key = "FORMATTESTKEY"
secret_key = "a-secret-of-the-format-test"
"""


def words(size, seed):
    """Text that is different for each seed and takes little space."""
    chooser = random.Random(seed)
    vocabulary = [f"{chooser.randrange(1 << 20):x}" for _ in range(200)]
    text = " ".join(chooser.choice(vocabulary) for _ in range(size // 4))
    return text.encode()[:size]


def fill(s3):
    """Returns bucket -> key -> body, and the upload that stays open."""
    bodies = {"empty": b"", "inline": b"a small body", "one-chunk": words(9_000, 1), "many-chunks": words(700_000, 2),
              "with/metadata": words(3_000, 3), "ünïcode ☃": words(2_500, 4)}
    s3.create_bucket(Bucket="plain")
    s3.create_bucket(Bucket="empty-bucket")
    for key, body in bodies.items():
        more = {"Metadata": {"colour": "blue"}, "ContentType": "text/plain", "Tagging": "a=1"} if key == "with/metadata" else {}
        s3.put_object(Bucket="plain", Key=key, Body=body, **more)
    s3.copy_object(Bucket="plain", Key="copy", CopySource={"Bucket": "plain", "Key": "many-chunks"})
    bodies["copy"] = bodies["many-chunks"]
    # More parts than an object's row has room for, and one that is a range of another object.
    upload = s3.create_multipart_upload(Bucket="plain", Key="assembled", ChecksumAlgorithm="CRC32")["UploadId"]
    parts, whole = [], b""
    for number in range(1, 6):
        body = bytes([number % 2]) * (5 * MIB)
        done = s3.upload_part(Bucket="plain", Key="assembled", UploadId=upload, PartNumber=number, Body=body,
                              ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": done["ETag"], "ChecksumCRC32": done["ChecksumCRC32"]})
        whole += body
    done = s3.upload_part_copy(Bucket="plain", Key="assembled", UploadId=upload, PartNumber=6,
                               CopySource={"Bucket": "plain", "Key": "many-chunks"}, CopySourceRange="bytes=100-299999")
    parts.append({"PartNumber": 6, "ETag": done["CopyPartResult"]["ETag"],
                  "ChecksumCRC32": done["CopyPartResult"]["ChecksumCRC32"]})
    s3.complete_multipart_upload(Bucket="plain", Key="assembled", UploadId=upload, MultipartUpload={"Parts": parts})
    bodies["assembled"] = whole + bodies["many-chunks"][100:300_000]
    # Released, so that the collector has something to do or has done it.
    s3.put_object(Bucket="plain", Key="deleted", Body=words(20_000, 5))
    s3.delete_object(Bucket="plain", Key="deleted")
    opened = s3.create_multipart_upload(Bucket="plain", Key="open")["UploadId"]
    s3.upload_part(Bucket="plain", Key="open", UploadId=opened, PartNumber=1, Body=b"\2" * (5 * MIB))
    return bodies, opened


def main():
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "bootstrap.toml").write_text(BOOTSTRAP)
        objd = Objd(scratch / "store", ["--ballast", "0", "--chunk-average", "16KiB", "--bootstrap",
                                        str(scratch / "bootstrap.toml")]).start()
        bodies, opened = fill(make_s3(objd))
        # A start writes the log into tables; what comes after it is in the log again.
        objd.restart()
        bodies["second-run"] = words(5_000, 6)
        make_s3(objd).put_object(Bucket="plain", Key="second-run", Body=bodies["second-run"])
        access_key, secret_key = objd.credentials()
        assert objd.stop() == 0
        for passing in ("lock", "metadata/LOG", "metadata/LOG.old"):
            (objd.data / passing).unlink(missing_ok=True)
        listed = {key: {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()} for key, body in bodies.items()}
        described = {"access_key": access_key, "secret_key": secret_key, "open_upload": opened, "bucket": "plain",
                     "objects": listed}
        (target / "objects.json").write_text(json.dumps(described, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        with tarfile.open(target / "store.tar.xz", "w:xz", preset=9) as archive:
            archive.add(objd.data, "store")


if __name__ == "__main__":
    main()
