"""Each event that PutEvents accepted, and each call that was recorded, reaches the targets of rules at least once, however often the
server is killed; a target that is slow, refuses or is gone holds up neither callers nor the targets of other rules."""
import json
import pathlib
import random
import sys
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "watching"), str(HERE.parent / "delivery")]
import evidence  # noqa: E402
from endpoint import Receiver  # noqa: E402
from rules_test import make_destination, make_role, put_rule  # noqa: E402
from server import Server, eventually  # noqa: E402


def event(number):
    return {"Source": "app", "DetailType": "t", "Detail": json.dumps({"n": number})}


def numbers(receiver):
    return {json.loads(request["body"])["detail"]["n"] for request in list(receiver.requests) if '"n"' in request["body"]}


class Kills(unittest.TestCase):
    def test_what_was_accepted_arrives(self):
        choose = random.Random(7)
        with Server() as server, Receiver(lambda request: 500 if choose.random() < 0.1 else 200) as receiver:
            evidence.make_trail(server)
            role, destination = make_role(server), make_destination(server, receiver.url)
            put_rule(server, "put", {"source": ["app"]}, destination, role)
            put_rule(server, "calls", {"source": ["aws.iam"], "detail": {"eventName": ["CreateUser"]}}, destination, role)
            accepted, users, next_number = set(), set(), 0
            for round_number in range(6):
                events, iam = server.client("events"), server.client("iam")
                killer = threading.Timer(0.3 + choose.random() * 0.7, server.kill)
                killer.start()
                try:
                    while True:
                        batch = range(next_number, next_number + 5)
                        next_number += 5
                        events.put_events(Entries=[event(n) for n in batch])
                        accepted.update(batch)
                        iam.create_user(UserName=f"user-{next_number}")
                        users.add(f"user-{next_number}")
                except Exception:  # the server is gone
                    killer.join()
                server.start()
            self.assertGreater(len(accepted), 50)

            def missing():
                arrived = {json.loads(request["body"])["detail"]["requestParameters"]["userName"]
                           for request in list(receiver.requests) if "CreateUser" in request["body"]}
                return (accepted - numbers(receiver)) | (users - arrived)
            eventually(lambda: not missing(), 120)  # at 300 a second; and who fails six times in a row waits a minute
            self.assertEqual(missing(), set())


class Targets(unittest.TestCase):
    def test_a_bad_target_holds_up_nobody(self):
        release = threading.Event()

        def stall(_):
            release.wait(20)
            return 200
        with Server() as server, Receiver(stall) as slow, Receiver(lambda request: 403) as refusing, Receiver() as good:
            role = make_role(server)
            put_rule(server, "slow", {"source": ["app"]}, make_destination(server, slow.url, "slow"), role)
            put_rule(server, "refusing", {"source": ["app"]}, make_destination(server, refusing.url, "refusing"), role)
            put_rule(server, "gone", {"source": ["app"]}, make_destination(server, "http://127.0.0.1:1/", "gone"), role)
            put_rule(server, "good", {"source": ["app"]}, make_destination(server, good.url, "good"), role)
            events = server.client("events")
            begun = time.monotonic()
            for n in range(0, 400, 10):
                events.put_events(Entries=[event(m) for m in range(n, n + 10)])
            callers = time.monotonic() - begun
            eventually(lambda: len(numbers(good)) == 400, 15)
            self.assertEqual(len(numbers(good)), 400)
            self.assertEqual(slow.requests, [])
            self.assertLess(callers, 10)
            resident = int(next(line for line in open(f"/proc/{server.process.pid}/status") if line.startswith("VmRSS")).split()[1])
            self.assertLess(resident, 400 << 10)
            release.set()


if __name__ == "__main__":
    unittest.main()
