"""The load of crash_load.py on a bucket whose versioning is enabled, suspended and enabled again, and its oracle.

What a key may hold is a list of versions, oldest first. An operation without an answer has happened or not: then there are
two lists, and a version whose id nobody has been told.
"""
import collections

import botocore.exceptions

from crash_load import CrashLoad, CrashWorker, TouchedKey
from mixed_load import ABSENT, digest

ENABLED, SUSPENDED = "Enabled", "Suspended"
NULL = "null"          # the id of what was written without versioning
UNKNOWN = "unknown"    # of a version whose answer never came
VERSIONS_MAX = 6       # of a key; then one is removed instead
Version = collections.namedtuple("Version", "id content")  # content: a digest, or ABSENT for a delete marker


class VersionedKey(TouchedKey):
    def __init__(self, name):
        super().__init__(name)
        self.stack = []
        self.other = None  # what the list is if the operation under way has happened

    def begin(self, other):
        self.other, self.touched = other, True

    def finish(self, stack):
        self.stack, self.other = stack, None
        self.acknowledged = stack[-1].content if stack else ABSENT


def written(stack, status, version):
    """The list once a version or a marker has been added."""
    if status == ENABLED:
        return [*stack, version]
    return [*(old for old in stack if old.id != NULL), version]


class VersionedWorker(CrashWorker):
    def __init__(self, load, number):
        super().__init__(load, number)
        self.keys = [VersionedKey(key.name) for key in self.keys]

    def write(self, key, content, call):
        """One operation that adds a version with this content; `call` makes the request."""
        if len(key.stack) >= VERSIONS_MAX:
            self.remove(key)
            return
        if self.load.status is None:
            key.begin([Version(NULL, content)] if content is not ABSENT else [])
            call()
            key.finish(key.other)
            return
        fresh = Version(NULL if self.load.status == SUSPENDED else UNKNOWN, content)
        key.begin(written(key.stack, self.load.status, fresh))
        answer = call()
        assert "VersionId" in answer or fresh.id == NULL, f"{key.name}: an answer without a version id: {answer}"
        if fresh.id == UNKNOWN:
            fresh = fresh._replace(id=answer["VersionId"])
        key.finish(written(key.stack, self.load.status, fresh))

    def put(self, key):
        body = self.body()
        self.write(key, digest(body), lambda: self.load.s3.put_object(Bucket=self.load.bucket, Key=key.name, Body=body))

    def delete(self, key):
        self.write(key, ABSENT, lambda: self.load.s3.delete_object(Bucket=self.load.bucket, Key=key.name))

    def copy(self, key):
        """Of any version of any key, itself too: that is how an older version is restored."""
        source = self.random.choice(self.keys)
        versions = [version for version in source.stack if version.content is not ABSENT]
        if not versions or (source is key and self.load.status is None):
            return
        version = self.random.choice(versions)
        where = {"Bucket": self.load.bucket, "Key": source.name, "VersionId": version.id}
        self.write(key, version.content, lambda: self.load.s3.copy_object(Bucket=self.load.bucket, Key=key.name, CopySource=where))

    def multipart(self, key):
        s3, bucket = self.load.s3, self.load.bucket
        body = self.window(self.random.randrange(1, 300_000))
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key.name)["UploadId"]
        part = s3.upload_part(Bucket=bucket, Key=key.name, UploadId=upload, PartNumber=1, Body=body)
        if self.random.random() < 0.15:
            s3.abort_multipart_upload(Bucket=bucket, Key=key.name, UploadId=upload)
            return
        self.write(key, digest(body), lambda: s3.complete_multipart_upload(
            Bucket=bucket, Key=key.name, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}))

    def remove(self, key):
        """One version or marker for good."""
        if not key.stack:
            return
        version = self.random.choice(key.stack)
        left = [other for other in key.stack if other is not version]
        key.begin(left)
        self.load.s3.delete_object(Bucket=self.load.bucket, Key=key.name, VersionId=version.id)
        key.finish(left)

    def old(self, key):
        """A read of one version."""
        if key.stack:
            version = self.random.choice(key.stack)
            found = self.load.fetch_version(key.name, version.id)
            assert found == version.content, f"{key.name}, version {version.id} holds {found}, not {version.content}"


class VersionedLoad(CrashLoad):
    WEIGHTS = {"put": 44, "get": 6, "old": 8, "delete": 12, "remove": 14, "list": 2, "copy": 12, "multipart": 6}
    WORKER = VersionedWorker
    status = None  # of the bucket; the first burst finds it without versioning

    def resume(self, seed):
        """Between two bursts the bucket's versioning may change; that is acknowledged, too."""
        found = self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"]
        assert found == self.status, f"versioning of the bucket is {found}, and was set to {self.status}"
        if any(key.stack for key in self.keys()):
            self.status = SUSPENDED if self.status == ENABLED and hash_of(seed) % 3 == 0 else ENABLED
            self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": self.status})
        super().resume(seed)

    def fetch_version(self, name, version):
        """The digest of a version; ABSENT of a delete marker."""
        try:
            return digest(self.s3.get_object(Bucket=self.bucket, Key=name, VersionId=version)["Body"].read())
        except botocore.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "MethodNotAllowed":
                return ABSENT
            raise

    def verify(self):
        self.verify_versions(self.keys())

    def verify_touched(self, chance):
        self.verify_versions([key for key in self.keys() if key.touched or chance.random() < self.SAMPLE])

    def verify_versions(self, keys):
        """The versions listed of all keys; the content of each version of these keys; the listing of what is current."""
        listed, wrong = self.s3.versions(self.bucket), []
        for key in self.keys():
            found = [self.settled(key, *entry) for entry in reversed(listed.pop(key.name, []))]
            allowed = [key.stack] + ([key.other] if key.other is not None else [])
            match = next((stack for stack in allowed if self.same(found, stack)), None)
            if match is None:
                wrong.append(f"{key.name}: versions {found}, may be {allowed}")
                continue
            key.finish([Version(have.id, said.content) for have, said in zip(found, match)])
        wrong += [f"{name}: listed, and never written" for name in listed]
        versions = [(key.name, version) for key in keys for version in key.stack]
        for (name, version), found in zip(versions, self.at_once(lambda each: self.fetch_version(each[0], each[1].id), versions)):
            if found != version.content:
                wrong.append(f"{name}, version {version.id}: holds {found}, not {version.content}")
        for key, found in zip(keys, self.at_once(self.fetch, keys)):
            if found != key.acknowledged:
                wrong.append(f"{key.name}: holds {found}, its newest version {key.acknowledged}")
            key.touched = False
        expected = sorted((key.name for key in self.keys() if key.acknowledged is not ABSENT), key=str.encode)
        if (names := self.names("")) != expected:
            wrong.append(f"listed {names}, current are {expected}")
        assert not wrong, f"seed {self.seed}:\n" + "\n".join(wrong)

    def settled(self, key, version, is_marker):
        """What is listed, with the content where that decides what has happened: two lists that differ in it alone."""
        if is_marker:
            return Version(version, ABSENT)
        ambiguous = key.other is not None and not any(old.id == version for old in key.stack if old.id != NULL)
        return Version(version, self.fetch_version(key.name, version) if ambiguous else UNKNOWN)

    @staticmethod
    def same(found, stack):
        return len(found) == len(stack) and all(
            said.id in (UNKNOWN, have.id) and ((have.content is ABSENT) == (said.content is ABSENT))
            and have.content in (UNKNOWN, said.content) for have, said in zip(found, stack))


def hash_of(seed):
    """The same in every process."""
    return int(digest(str(seed).encode())[:8], 16)
