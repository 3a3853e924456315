"""Kills the server with SIGKILL at random moments while trails deliver under load, to buckets of its own and to one elsewhere that is in
trouble, and holds it to its promise: each event is in exactly one file, byte by byte, each file in exactly one digest of one unbroken chain,
and a file is put again with the same bytes or not at all. The client's own list = the history = the files = the digests.

CAIRN_CRASH_ROUNDS bounds the rounds: a third of it is done here. CAIRN_CRASH_SEED replays a run's choices."""
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import unittest

import botocore.exceptions

from server import Server, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))
import evidence  # noqa: E402
from fake_s3 import FakeS3  # noqa: E402

ROUNDS = max(4, int(os.environ.get("CAIRN_CRASH_ROUNDS", "50")) // 3)
SEED = int(os.environ.get("CAIRN_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
OPTIONS = ("--set", "delivery.interval=1s", "--set", "digest.interval=2s", "--set", "journal.segment_bytes=4MB",
           "--set", "history.tail_bytes=256KB", "--set", "state.checkpoint_interval=20ms")
TROUBLES = (500, 503, "half", "lost", "garbage", "hang", 0.2)


class Worker(threading.Thread):
    """Calls of one region, one at a time, until the connection breaks; remembers what was answered."""

    def __init__(self, server, region, seed, killing):
        super().__init__(daemon=True)
        self.s3, self.sts, self.trails = (server.client(name, region=region) for name in ("s3", "sts", "cloudtrail"))
        self.region = region
        self.random = random.Random(seed)
        self.killing = killing                   # set before the kill: only then may a connection break
        self.answered = []                       # (request id, event name, region)
        self.broken = None

    def run(self):
        try:
            while True:
                self.step()
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError, ConnectionError) as error:
            self.broken = None if self.killing.is_set() else error
        except Exception as error:
            self.broken = error

    def step(self):
        name, call = self.random.choice([
            ("GetCallerIdentity", self.sts.get_caller_identity), ("GetTrailStatus", lambda: self.trails.get_trail_status(Name="absent")),
            ("HeadBucket", lambda: self.s3.head_bucket(Bucket=self.region)), ("GetBucketAcl", lambda: self.s3.get_bucket_acl(Bucket=self.region)),
            ("PutObject", lambda: self.s3.put_object(Bucket=self.region, Key="k", Body=b"x"))])
        try:
            answer = call()
        except botocore.exceptions.ClientError as error:
            answer = error.response
        metadata = answer["ResponseMetadata"]
        if not metadata["HTTPHeaders"]:
            raise ConnectionError("the connection broke within the answer's head: botocore takes that for an answer")
        self.answered.append((metadata.get("RequestId") or metadata["HTTPHeaders"]["x-amzn-requestid"], name, self.region))


class DeliverKill(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        self.chance = random.Random(SEED)
        self.answered = []

    def begin(self, server):
        """Buckets to work on, before any trail."""
        for region in REGIONS:
            place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
            server.client("s3", region=region).create_bucket(Bucket=region, **place)

    def kill_under_load(self, server, rounds, at_delivery):
        """`at_delivery`: returns when something is on its way, or soon without that. In the end the server is killed."""
        for number in range(rounds):
            if number > 0:
                server.start()
            killing = threading.Event()
            workers = [Worker(server, region, self.chance.randrange(1 << 32), killing) for region in REGIONS for _ in range(2)]
            for worker in workers:
                worker.start()
            # Just after the start what waited is sent; then the interval passes; then files are cut and sent.
            moment = self.chance.randrange(4)
            if moment == 0:
                time.sleep(self.chance.uniform(0, 0.15))
            elif moment == 1:
                time.sleep(self.chance.uniform(0.1, 1.6))
            else:
                time.sleep(self.chance.choice([0, 0.8]))
                at_delivery()
                time.sleep(self.chance.uniform(0, 0.008))
            killing.set()
            server.kill()
            for worker in workers:
                worker.join(30)
                self.assertFalse(worker.is_alive())
                self.assertIsNone(worker.broken, f"round {number}: {worker.broken!r}")
                self.answered += worker.answered

    def stop_logging(self, server, read, trail="first", regions=REGIONS):
        """Not before each region's chain has a link to hold: rounds in which nothing can be delivered leave no digest."""
        def is_linked():
            ends = [name["region"] for key in read() if (name := evidence.DIGEST_KEY.match(key))]
            return all(ends.count(region) > 1 for region in regions)
        self.assertTrue(eventually(is_linked, 60), server.output())
        server.client("cloudtrail").stop_logging(Name=trail)

    def check(self, server, read, trail="first", regions=REGIONS, wants=lambda record: record["managementEvent"]):
        """What `read` finds is what the trail must have made of the history, whatever happened."""
        texts = evidence.history(server)
        ids = [json.loads(text)["eventID"] for text in texts]
        self.assertEqual(len(ids), len(set(ids)), "an event is twice in the history")
        by_request = {record["requestID"]: record for record in map(json.loads, texts) if record.get("requestID")}
        for request_id, name, region in self.answered:
            self.assertIn(request_id, by_request, name)
            self.assertEqual((by_request[request_id]["eventName"], by_request[request_id]["awsRegion"]), (name, region))
        wanted = evidence.wanted(texts, trail, wants)
        found = evidence.wait_until_whole(read, wanted.keys())
        files = evidence.records_in_files(found)
        self.assertEqual(files.keys() - wanted.keys(), set(), "what the trail does not want")
        self.assertEqual(wanted.keys() - files.keys(), set(), f"not delivered: {server.output()}")
        self.assertEqual(files, wanted)
        for region in regions:
            self.assertGreater(len(evidence.check_digests(server, found, region, chains=1)), 1)
        print(f"trail {trail}: {len(self.answered)} answered calls, {len(files)} events in files", flush=True)

    def test_buckets_of_its_own(self):
        """A trail of all regions, and one of a single region that wants data events, too."""
        with Server(*OPTIONS) as server:
            self.begin(server)
            trails = server.client("cloudtrail")
            evidence.make_trail(server, start=False, EnableLogFileValidation=True, IsMultiRegionTrail=True)
            evidence.make_trail(server, "data-logs", "data", start=False, EnableLogFileValidation=True)
            trails.put_event_selectors(TrailName="data", EventSelectors=[
                {"ReadWriteType": "All", "IncludeManagementEvents": True,
                 "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::us-east-1/"]}]}])
            for name in ("first", "data"):
                trails.start_logging(Name=name)

            def on_its_way():
                until = time.monotonic() + 0.6
                while time.monotonic() < until and not evidence.backlog(server):
                    pass
            self.kill_under_load(server, ROUNDS // 2, on_its_way)
            server.start()
            self.stop_logging(server, lambda: evidence.objects(server, "logs"))
            self.stop_logging(server, lambda: evidence.objects(server, "data-logs"), "data", ("us-east-1",))
            self.check(server, lambda: evidence.objects(server, "logs"))
            self.check(server, lambda: evidence.objects(server, "data-logs"), "data", ("us-east-1",), lambda record:
                       record["awsRegion"] == "us-east-1" and (record["managementEvent"] or record["requestParameters"]["bucketName"] == "us-east-1"))

    def test_a_bucket_elsewhere(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-deliver-kill-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        (folder / "credentials").write_text("[audit]\naws_access_key_id = AKIAELSEWHERE1234567\naws_secret_access_key = unseen\n")
        with FakeS3("elsewhere") as fake:
            (folder / "cairn.yaml").write_text(f"buckets:\n  elsewhere:\n    endpoint: {fake.endpoint}\n    profile: audit\n")
            with Server("--config", str(folder / "cairn.yaml"), *OPTIONS, variables={"AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials")}) as server:
                self.begin(server)
                trails = server.client("cloudtrail")
                trails.create_trail(Name="first", S3BucketName="elsewhere", EnableLogFileValidation=True, IsMultiRegionTrail=True)
                trails.start_logging(Name="first")
                arriving = threading.Event()

                def trouble(method, *_):
                    arriving.set()
                    if self.chance.random() < 0.6:
                        return None
                    return 503 if method == "HEAD" else self.chance.choice(TROUBLES)
                fake.trouble = trouble

                def at_put():
                    arriving.clear()
                    arriving.wait(0.6)
                self.kill_under_load(server, ROUNDS - ROUNDS // 2, at_put)
                fake.trouble = None
                server.start()
                self.stop_logging(server, lambda: fake.objects("elsewhere"))
                self.check(server, lambda: fake.objects("elsewhere"))
                self.assertEqual(fake.changed_retries(), [])
                print(f"{len(fake.repeated())} of {len(fake.keys('elsewhere'))} objects were put more than once", flush=True)


if __name__ == "__main__":
    unittest.main()
