"""Kills the server with SIGKILL while messages are on their way to an endpoint that fails now and then: each message that was accepted
arrives.

CAIRN_CRASH_SEED replays a run's choices."""
import json
import os
import random
import threading
import time
import unittest

import botocore.exceptions

from receiver import Receiver
from server import Server, eventually

ROUNDS = 5
SEED = int(os.environ.get("CAIRN_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))


class Kill(unittest.TestCase):
    def test_accepted_is_delivered(self):
        choices = random.Random(SEED)
        with Receiver(lambda request: 500 if choices.random() < 0.2 else 200) as receiver, Server("--set", "state.checkpoint_interval=20ms") as server:
            sns = server.client("sns")
            topic = sns.create_topic(Name="t")["TopicArn"]
            policy = json.dumps({"healthyRetryPolicy": {"numRetries": 90, "numNoDelayRetries": 80, "minDelayTarget": 1, "maxDelayTarget": 1}})
            for name in ("a", "b"):
                sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/{name}", Attributes={"DeliveryPolicy": policy})
                request = eventually(lambda: receiver.got("/" + name))
                sns.confirm_subscription(TopicArn=topic, Token=json.loads(request[0]["body"])["Token"])
            accepted = []
            for _ in range(ROUNDS):
                sns = server.client("sns")
                enough = threading.Event()

                def publish():
                    try:
                        while True:
                            accepted.append(sns.publish(TopicArn=topic, Message="x")["MessageId"])
                            if len(accepted) % 30 == 0:
                                enough.set()
                    except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError, ConnectionError):
                        enough.set()
                thread = threading.Thread(target=publish)
                thread.start()
                enough.wait(20)
                time.sleep(choices.random() * 0.1)
                server.kill()
                thread.join()
                server.start()
            self.assertGreater(len(accepted), 30 * ROUNDS - 1)
            for name in ("/a", "/b"):
                def missing():
                    arrived = {json.loads(r["body"])["MessageId"] for r in receiver.got(name) if r["status"] == 200}
                    return set(accepted) - arrived
                self.assertTrue(eventually(lambda: not missing(), 30), f"seed {SEED}: {len(missing())} of {len(accepted)} are missing at {name}")
            self.assertTrue(eventually(lambda: b"cairn_outbox_items 0\n" in server.get("/_cairn/metrics")[1]), server.get("/_cairn/metrics")[1].decode())


if __name__ == "__main__":
    unittest.main()
