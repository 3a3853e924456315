"""A disk that fills up: calls are refused with 503, nothing answered is lost, and it goes on by itself when there is space again.
Needs a small tmpfs, so root (or user namespaces that root may make)."""
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import botocore.exceptions

from server import Server, all_events, eventually
from wire import metric

DISK_BYTES = 96 << 20
RESERVE = "8MB"


class SmallDisk:
    """A mounted tmpfs with a file in it that takes what is left."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="cairn-small-disk-"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(self.path)], capture_output=True, text=True)
        if done.returncode != 0:
            self.path.rmdir()
            raise unittest.SkipTest(f"needs a tmpfs of its own, which needs root: {done.stderr.strip()}")
        self.ballast = self.path / "ballast"

    def close(self):
        subprocess.run(["umount", "-l", str(self.path)], check=True)
        self.path.rmdir()

    def free(self):
        stat = os.statvfs(self.path)
        return stat.f_bavail * stat.f_frsize

    def fill(self, leave=0):
        with open(self.ballast, "ab") as file:
            try:
                while self.free() > leave:
                    file.write(b"\1" * min(1 << 20, self.free() - leave))
                    file.flush()
            except OSError:
                pass

    def empty(self):
        self.ballast.unlink(missing_ok=True)


class DiskFull(unittest.TestCase):
    def setUp(self):
        self.disk = SmallDisk()
        self.addCleanup(self.disk.close)
        data = self.disk.path / "data"
        data.mkdir()
        self.server = Server("--set", "journal.segment_bytes=4MB", "--set", f"journal.reserve_bytes={RESERVE}", "--set", "history.tail_bytes=64KB",
                             "--set", "state.checkpoint_interval=20ms", data=data)
        self.server.start()
        self.addCleanup(self.server.stop)
        self.server.client("s3").create_bucket(Bucket="full")
        self.answered = {}                       # request id -> event name
        self.objects = {}
        self.refusals = []

    def put(self, s3, key, size):
        body = os.urandom(size)
        try:
            answer = s3.put_object(Bucket="full", Key=key, Body=body)
        except botocore.exceptions.ClientError as error:
            self.refusals.append((error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]))
            return False
        self.answered[answer["ResponseMetadata"]["RequestId"]] = "PutObject"
        self.objects[key] = body
        return True

    def work_until_full(self, size, threads=4):
        """Clients that put objects until each has been refused 30 times in a row."""
        def work(number):
            s3, refused, n = self.server.client("s3"), 0, 0
            while refused < 30:
                n += 1
                refused = 0 if self.put(s3, f"{size}-{number}-{len(self.objects)}-{n}", size) else refused + 1
        workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(120)
            self.assertFalse(worker.is_alive())
        self.assertEqual(set(self.refusals), {(503, "ServiceUnavailable")})

    def resumes(self):
        s3 = self.server.client("s3")
        self.assertTrue(eventually(lambda: self.put(s3, f"again-{len(self.objects)}", 100), 20), self.server.output())

    def assert_nothing_lost(self):
        s3 = self.server.client("s3")
        listed = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="full") for o in page.get("Contents", [])]
        self.assertEqual(sorted(listed), sorted(self.objects))
        for key, body in self.objects.items():
            self.assertEqual(s3.get_object(Bucket="full", Key=key)["Body"].read(), body, key)
        wanted = set(self.answered)
        found = eventually(lambda: (lambda ids: ids if wanted <= set(ids) else None)(
            [json.loads(e["CloudTrailEvent"])["requestID"] for e in all_events(self.server)]))
        self.assertTrue(found, "answered calls are missing in the history")
        self.assertEqual(len([i for i in found if i in wanted]), len(wanted), "an event twice")

    def test_the_journal_fills_the_disk(self):
        """Small objects ride in the journal; another's file takes the rest of the disk meanwhile."""
        self.disk.fill(leave=16 << 20)
        self.work_until_full(20_000)
        self.assertEqual(self.server.get("/_cairn/health")[0], 503)
        self.assertEqual(metric(self.server, "journal_accepting"), 0)
        self.assertGreater(metric(self.server, "unavailable_total"), 0)
        self.assertLess(self.server.output().count("nearly full"), 10, "the log must not grow with the refusals")
        self.disk.empty()
        self.resumes()
        self.assertEqual(self.server.get("/_cairn/health")[0], 200)
        self.assert_nothing_lost()

    def test_not_one_byte_left(self):
        """Beyond the reserve, too: whoever else writes to that disk has no manners."""
        self.work_until_idle()
        self.disk.fill()
        s3 = self.server.client("s3")
        for size in (0, 1000, 100_000):
            for n in range(20):
                self.put(s3, f"none-{size}-{n}", size)
        self.assertEqual(set(self.refusals), {(503, "ServiceUnavailable")})
        self.disk.empty()
        self.resumes()
        self.assert_nothing_lost()

    def work_until_idle(self):
        s3 = self.server.client("s3")
        for n in range(50):
            self.assertTrue(self.put(s3, f"before-{n}", 5000))

    def test_objects_fill_the_disk(self):
        """Large objects stop before the reserve: everything else goes on, above all deleting them."""
        self.work_until_full(3 << 20)
        self.assertEqual(self.server.get("/_cairn/health")[0], 200)
        self.assertEqual(list((self.server.data / "objects" / "tmp").iterdir()), [], "a refused upload left its bytes")
        self.assertLess(len(self.server.output().splitlines()), 30, "the log must not grow with the refusals")
        s3 = self.server.client("s3")
        self.assertTrue(self.put(s3, "small", 1000))
        for key in list(self.objects)[:5]:
            answer = s3.delete_object(Bucket="full", Key=key)
            self.answered[answer["ResponseMetadata"]["RequestId"]] = "DeleteObject"
            del self.objects[key]
        self.assertTrue(eventually(lambda: self.put(s3, "large", 3 << 20)), "what was deleted is not free")
        self.assert_nothing_lost()

    def test_parts_fill_the_disk(self):
        """A part that finds no space is refused and leaves nothing; its upload goes on with the parts it has."""
        s3, part_bytes = self.server.client("s3"), 5 << 20
        upload = {"Bucket": "full", "Key": "in-parts"}
        upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
        abandoned = {"Bucket": "full", "Key": "abandoned"}
        abandoned["UploadId"] = s3.create_multipart_upload(**abandoned)["UploadId"]
        s3.upload_part(**abandoned, PartNumber=1, Body=os.urandom(part_bytes))
        bodies, refused = [], 0
        while refused < 10:
            body = os.urandom(part_bytes)
            try:
                s3.upload_part(**upload, PartNumber=len(bodies) + 1, Body=body)
                bodies.append(body)
            except botocore.exceptions.ClientError as error:
                self.assertEqual(error.response["Error"]["Code"], "ServiceUnavailable")
                refused += 1
        with self.assertRaises(botocore.exceptions.ClientError) as replacing:
            s3.upload_part(**upload, PartNumber=1, Body=os.urandom(part_bytes))
        self.assertEqual(replacing.exception.response["Error"]["Code"], "ServiceUnavailable")
        self.assertEqual(self.server.get("/_cairn/health")[0], 200)
        self.assertEqual(list((self.server.data / "objects" / "tmp").iterdir()), [], "a refused part left its bytes")
        parts = s3.list_parts(**upload)["Parts"]
        self.assertEqual([part["Size"] for part in parts], [part_bytes] * len(bodies))
        self.server.kill()
        self.server.start()
        s3 = self.server.client("s3")
        self.assertEqual(s3.list_parts(**upload)["Parts"], parts)
        named = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": named})
        self.objects["in-parts"] = b"".join(bodies)
        s3.abort_multipart_upload(**abandoned)
        self.assertTrue(eventually(lambda: self.put(s3, "large", 3 << 20)), "what was aborted is not free")
        self.assert_nothing_lost()

    def test_killed_while_full(self):
        self.disk.fill(leave=16 << 20)
        self.work_until_full(20_000)
        self.disk.fill()
        self.server.kill()
        self.disk.empty()
        self.server.start()
        self.resumes()
        self.assert_nothing_lost()

    def test_started_while_full(self):
        """It may serve what needs no record, or end with a clear line; either way nothing is lost or changed."""
        self.disk.fill(leave=16 << 20)
        self.work_until_full(20_000)
        self.disk.fill()
        self.server.kill()
        self.server.start_timeout = 2
        with self.assertRaises(RuntimeError) as started:
            self.server.start()
        self.assertRegex(str(started.exception), r"is not healthy|ended with 1: cairn: .*(No space left|full)")
        self.server.kill()
        self.server.start_timeout = 20
        self.disk.empty()
        self.server.start()
        self.resumes()
        self.assert_nothing_lost()


if __name__ == "__main__":
    unittest.main()
