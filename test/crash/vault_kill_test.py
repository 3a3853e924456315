"""Kills the server with SIGKILL while versions, locks and uploads in parts change, and holds it to what it had answered: each version is
there, whole, under its id and with its retention and legal hold; each upload has its parts; what got no answer happened wholly or not at all.

CAIRN_CRASH_ROUNDS and CAIRN_CRASH_SEED: see kill_test.py."""
import collections
import dataclasses
import datetime
import hashlib
import random
import subprocess
import threading
import time
import unittest

import botocore.exceptions

from kill_test import ROUNDS, SEED, SIZES, THREADS, Worker
from server import BINARY, Server

BUCKET = "crash-vault"
UNTIL = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)


@dataclasses.dataclass(frozen=True)
class Version:
    id: str
    body: bytes = None                     # None: a delete marker
    hold: str = None
    mode: str = None
    until: datetime.datetime = None

    def is_locked(self):
        return self.hold == "ON" or self.mode is not None


def etag(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


class VaultWorker(Worker):
    """Works on its own keys. `pending`: (key, what its versions are if the call without an answer happened, from those that were found)."""

    def __init__(self, server, number, seed, state, killing):
        super().__init__(server, number, seed, state, killing)
        self.prefix = f"versions-{number}/"
        self.versions = state.setdefault("versions", collections.defaultdict(list))    # key -> [Version], newest first
        self.uploads = state.setdefault("uploads", {})                                 # (key, id) -> {part number: bytes}
        self.pending_upload = None                                                     # (key, id or None, parts or None) likewise

    def step(self):
        key = self.prefix + str(self.random.randrange(3))
        self.random.choice((self.put, self.put, self.put_marker, self.lock, self.remove, self.start_upload, self.put_part, self.put_part,
                            self.end_upload))(key)

    def body(self):
        return self.random.randbytes(self.random.choice(SIZES))

    def change(self, key, after, name, call):
        """`after`: the newest versions that were found -> the key's versions. Returns the answer."""
        self.pending = (key, after)
        answer = call()
        self.note(name, answer)
        self.pending = None
        return answer

    def add(self, key, name, call, **what):
        before = list(self.versions[key])
        answer = self.change(key, lambda found: [Version(found[0].id, **what)] + before, name, call)
        self.versions[key] = [Version(answer["VersionId"], **what)] + before

    def put(self, key):
        what = {"body": self.body()}
        asked = {}
        chance = self.random.random()
        if chance < 0.2:
            what["hold"] = asked["ObjectLockLegalHoldStatus"] = "ON"
        elif chance < 0.4:
            what["mode"] = asked["ObjectLockMode"] = self.random.choice(["GOVERNANCE", "COMPLIANCE"])
            what["until"] = asked["ObjectLockRetainUntilDate"] = UNTIL
        self.add(key, "PutObject", lambda: self.s3.put_object(Bucket=BUCKET, Key=key, Body=what["body"], ChecksumAlgorithm="SHA256", **asked), **what)

    def put_marker(self, key):
        self.add(key, "DeleteObject", lambda: self.s3.delete_object(Bucket=BUCKET, Key=key))

    def lock(self, key):
        """Puts a hold on a version or takes it off, or makes its retention longer."""
        versions = [version for version in self.versions[key] if version.body is not None]
        if not versions:
            return
        version = self.random.choice(versions)
        which = {"Bucket": BUCKET, "Key": key, "VersionId": version.id}
        if self.random.random() < 0.6:
            status = "OFF" if version.hold == "ON" else "ON"
            locked = dataclasses.replace(version, hold=status)
            def call(): return self.s3.put_object_legal_hold(**which, LegalHold={"Status": status})
            name = "PutObjectLegalHold"
        else:
            locked = dataclasses.replace(version, mode=version.mode or "GOVERNANCE", until=(version.until or UNTIL) + datetime.timedelta(days=1))
            def call(): return self.s3.put_object_retention(**which, Retention={"Mode": locked.mode, "RetainUntilDate": locked.until})
            name = "PutObjectRetention"
        after = [locked if other is version else other for other in self.versions[key]]
        self.change(key, lambda found: after, name, call)
        self.versions[key] = after

    def remove(self, key):
        if not self.versions[key]:
            return
        version = self.random.choice(self.versions[key])
        after = [other for other in self.versions[key] if other is not version]
        try:
            self.change(key, lambda found: after, "DeleteObject", lambda: self.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version.id))
            assert not version.is_locked(), f"{key}: a locked version was deleted"
            self.versions[key] = after
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied" and version.is_locked(), error
            self.note("DeleteObject", error.response)
            self.pending = None

    def start_upload(self, key):
        if len(self.uploads) >= 4:
            return self.end_upload(key)
        self.pending_upload = (key, None, {})
        answer = self.s3.create_multipart_upload(Bucket=BUCKET, Key=key)
        self.note("CreateMultipartUpload", answer)
        self.pending_upload = None
        self.uploads[key, answer["UploadId"]] = {}

    def put_part(self, _):
        if not self.uploads:
            return
        (key, upload), parts = self.random.choice(list(self.uploads.items()))
        number, body = self.random.randrange(1, 4), self.body()
        self.pending_upload = (key, upload, {**parts, number: body})
        self.note("UploadPart", self.s3.upload_part(Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=number, Body=body))
        self.pending_upload = None
        parts[number] = body

    def end_upload(self, _):
        if not self.uploads:
            return
        (key, upload), parts = self.random.choice(list(self.uploads.items()))
        which = {"Bucket": BUCKET, "Key": key, "UploadId": upload}
        self.pending_upload = (key, upload, None)
        if not parts or self.random.random() < 0.3:
            self.note("AbortMultipartUpload", self.s3.abort_multipart_upload(**which))
        else:
            number, body = self.random.choice(list(parts.items()))     # the other parts go
            named = {"Parts": [{"PartNumber": number, "ETag": etag(body)}]}
            self.add(key, "CompleteMultipartUpload", lambda: self.s3.complete_multipart_upload(**which, MultipartUpload=named), body=body)
        self.pending_upload = None
        del self.uploads[key, upload]


class Kill(unittest.TestCase):
    def test_versions_locks_and_uploads_survive(self):
        print(f"seed {SEED}, {max(ROUNDS // 2, 1)} rounds", flush=True)
        chance = random.Random(SEED + 1)
        states = [{} for _ in range(THREADS)]
        with Server("--set", "journal.segment_bytes=4MB", "--set", "state.checkpoint_interval=20ms") as server:
            server.client("s3").create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
            for round_number in range(max(ROUNDS // 2, 1)):
                self.where = f"round {round_number} of seed {SEED}"
                killing = threading.Event()
                workers = [VaultWorker(server, n, chance.randrange(1 << 32), states[n], killing) for n in range(THREADS)]
                for worker in workers:
                    worker.start()
                time.sleep(chance.uniform(0.05, 0.4))
                killing.set()
                server.kill()
                for worker in workers:
                    worker.join(30)
                    self.assertIsNone(worker.broken, f"{self.where}: {worker.broken!r}")
                server.start()
                s3 = server.client("s3")
                for worker in workers:
                    self.check(s3, worker)
            server.stop()
            found = subprocess.run([BINARY, "fsck", "--data-dir", str(server.data)], capture_output=True, text=True)
            self.assertEqual(found.returncode, 0, found.stdout + found.stderr)

    def check(self, s3, worker):
        shown = self.versions_of(s3, worker)
        happened = False
        for key in set(shown) | set(worker.versions):
            known, found = worker.versions[key], shown[key]
            if worker.pending and worker.pending[0] == key and found != known:
                known = worker.pending[1](found)
                happened = True
            self.assertEqual(found, known, f"{self.where}: {key}")
            worker.versions[key] = known
        uploads = self.uploads_of(s3, worker)
        known = {which: {number: etag(body) for number, body in parts.items()} for which, parts in worker.uploads.items()}
        if worker.pending_upload and (uploads != known or happened):
            self.settle_upload(worker, uploads, happened)
            known = {which: {number: etag(body) for number, body in parts.items()} for which, parts in worker.uploads.items()}
        self.assertEqual(uploads, known, self.where)

    def settle_upload(self, worker, uploads, object_is_there):
        key, upload, parts = worker.pending_upload
        if parts is None and worker.pending is not None:
            self.assertEqual((key, upload) not in uploads, object_is_there, f"{self.where}: {key}: the upload and its object disagree")
        if parts is None:
            del worker.uploads[key, upload]
        elif upload is None:
            new, = (which for which in uploads if which not in worker.uploads)
            worker.uploads[new] = {}
        else:
            worker.uploads[key, upload] = parts

    def versions_of(self, s3, worker):
        listing = s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET, Prefix=worker.prefix).build_full_result()
        shown = collections.defaultdict(list)
        for version in listing.get("Versions", []):
            answer = s3.get_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
            shown[version["Key"]].append(Version(version["VersionId"], answer["Body"].read(), answer.get("ObjectLockLegalHoldStatus"),
                                                 answer.get("ObjectLockMode"), answer.get("ObjectLockRetainUntilDate")))
        for marker in listing.get("DeleteMarkers", []):
            shown[marker["Key"]].append(Version(marker["VersionId"]))
        for versions in shown.values():
            versions.sort(key=lambda version: version.id)            # ids sort newest first
        return shown

    def uploads_of(self, s3, worker):
        found = {}
        for upload in s3.list_multipart_uploads(Bucket=BUCKET, Prefix=worker.prefix).get("Uploads", []):
            parts = s3.list_parts(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts", [])
            found[upload["Key"], upload["UploadId"]] = {part["PartNumber"]: part["ETag"] for part in parts}
        return found


if __name__ == "__main__":
    unittest.main()
