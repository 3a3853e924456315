"""Kills the server with SIGKILL at random moments under load and holds it to its promises, from the clients' own list:
every answered call is in the history exactly once and its effect is there; no record speaks of a change that did not happen.

CAIRN_CRASH_ROUNDS sets the number of rounds (default 50), CAIRN_CRASH_SEED replays a run's choices."""
import collections
import json
import os
import random
import threading
import time
import unittest

import botocore.exceptions

from server import Server, all_events, eventually

ROUNDS = int(os.environ.get("CAIRN_CRASH_ROUNDS", "50"))
SEED = int(os.environ.get("CAIRN_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
THREADS = 6
SIZES = [0, 1, 1000, 60_000, 70_000, 300_000]     # up to 64 KB ride in the journal, more goes to a file


class Worker(threading.Thread):
    """Works on its own keys, one call at a time, and remembers what it was told."""

    def __init__(self, server, number, seed, state, killing):
        super().__init__(daemon=True)
        self.s3 = server.client("s3")
        self.sts = server.client("sts")
        self.random = random.Random(seed)
        self.prefix = f"worker-{number}/"
        self.state = state                       # key -> bytes: as the answers say
        self.answered = []                       # (request id, event name)
        self.pending = None                      # (key, new value) of the call that got no answer
        self.killing = killing                   # set before the kill: only then may a connection break
        self.broken = None                       # what went wrong with the server alive, or an answer that was wrong

    def run(self):
        try:
            while True:
                self.step()
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError, ConnectionError) as error:
            self.broken = None if self.killing.is_set() else error
        except Exception as error:
            self.broken = error

    def step(self):
        key = self.prefix + str(self.random.randrange(6))
        what = self.random.random()
        if what < 0.45:
            body = self.random.randbytes(self.random.choice(SIZES))
            self.change(key, body, "PutObject", lambda: self.s3.put_object(Bucket="crash", Key=key, Body=body))
        elif what < 0.65:
            self.change(key, None, "DeleteObject", lambda: self.s3.delete_object(Bucket="crash", Key=key))
        elif what < 0.75 and key in self.state:
            copy = self.prefix + "copy"
            self.change(copy, self.state[key], "CopyObject",
                        lambda: self.s3.copy_object(Bucket="crash", Key=copy, CopySource={"Bucket": "crash", "Key": key}))
        elif what < 0.9:
            self.note("GetCallerIdentity", self.sts.get_caller_identity())
        else:
            try:
                answer = self.s3.get_object(Bucket="crash", Key=key)
                assert answer["Body"].read() == self.state.get(key), f"{key}: read something else than was written"
            except botocore.exceptions.ClientError as error:
                assert key not in self.state, f"{key}: {error}"
                answer = error.response
            self.note("GetObject", answer)

    def change(self, key, value, name, call):
        self.pending = (key, value)
        answer = call()
        self.note(name, answer)
        self.pending = None
        if value is None:
            self.state.pop(key, None)
        else:
            self.state[key] = value

    def note(self, name, answer):
        metadata = answer["ResponseMetadata"]
        if not metadata["HTTPHeaders"]:
            raise ConnectionError("the connection broke within the answer's head: botocore takes that for an answer")
        self.answered.append((metadata.get("RequestId") or metadata["HTTPHeaders"]["x-amzn-requestid"], name))


class Kill(unittest.TestCase):
    def test_answered_calls_survive(self):
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        chance = random.Random(SEED)
        states = [{} for _ in range(THREADS)]
        total = 0
        with Server("--set", "journal.segment_bytes=4MB", "--set", "history.tail_bytes=256KB",
                    "--set", "state.checkpoint_interval=20ms") as server:
            server.client("s3").create_bucket(Bucket="crash")
            last = eventually(lambda: all_events(server))[0]["Cursor"]
            for round_number in range(ROUNDS):
                killing = threading.Event()
                workers = [Worker(server, n, chance.randrange(1 << 32), states[n], killing) for n in range(THREADS)]
                for worker in workers:
                    worker.start()
                time.sleep(chance.uniform(0.02, 0.35))
                killing.set()
                server.kill()
                for worker in workers:
                    worker.join(30)
                    self.assertFalse(worker.is_alive())
                    self.assertIsNone(worker.broken, f"round {round_number} of seed {SEED}: {worker.broken!r}")
                server.start()
                events = all_events(server, last)
                last = events[0]["Cursor"] if events else last
                total += self.check(server, round_number, workers, events)
        print(f"{total} answered calls, each found once", flush=True)

    def check(self, server, round_number, workers, events):
        where = f"round {round_number} of seed {SEED}"
        by_request = collections.defaultdict(list)
        for event in events:
            record = json.loads(event["CloudTrailEvent"])
            by_request[record["requestID"]].append(record)
        ids = [event["EventId"] for event in events]
        self.assertEqual(len(ids), len(set(ids)), f"{where}: an event twice")
        s3 = server.client("s3")
        answered = 0
        for worker in workers:
            for request_id, name in worker.answered:
                answered += 1
                self.assertEqual([r["eventName"] for r in by_request[request_id]], [name], f"{where}: {request_id}")
            self.settle_pending(where, worker, events, s3)
            listed = {o["Key"]: o["Size"] for o in s3.list_objects_v2(Bucket="crash", Prefix=worker.prefix).get("Contents", [])}
            self.assertEqual(listed, {k: len(v) for k, v in worker.state.items()}, where)
            for key, value in worker.state.items():
                self.assertEqual(s3.get_object(Bucket="crash", Key=key)["Body"].read(), value, f"{where}: {key}")
        return answered

    def settle_pending(self, where, worker, events, s3):
        """A call without an answer may have happened, or not: its record and its effect must agree."""
        if worker.pending is None:
            return
        key, value = worker.pending
        known = {request_id for request_id, _ in worker.answered}
        recorded = False
        for event in events:
            record = json.loads(event["CloudTrailEvent"])
            parameters = record.get("requestParameters") or {}
            if parameters.get("key") == key and record["requestID"] not in known and not record["readOnly"] and "errorCode" not in record:
                recorded = True
        try:
            found = s3.get_object(Bucket="crash", Key=key)["Body"].read()
        except botocore.exceptions.ClientError:
            found = None
        before = worker.state.get(key)
        expected = value if recorded else before
        self.assertEqual(found, expected, f"{where}: {key}: recorded={recorded}, but the object says otherwise")
        if found is None:
            worker.state.pop(key, None)
        else:
            worker.state[key] = found


if __name__ == "__main__":
    unittest.main()
