"""Kills the server with SIGKILL at random moments under load on a queue: a message whose send was answered is received in the end, one
whose deletion was answered never again, and messages of a FIFO queue's group keep their order.

CAIRN_CRASH_ROUNDS sets the number of rounds (default 8), CAIRN_CRASH_SEED replays a run's choices."""
import os
import random
import threading
import time
import unittest

import botocore.exceptions

from server import Server

ROUNDS = int(os.environ.get("CAIRN_CRASH_ROUNDS", "8"))
SEED = int(os.environ.get("CAIRN_CRASH_SEED", str(random.SystemRandom().randrange(1 << 32))))
BROKEN = (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError, ConnectionError)


class Load:
    """What clients were told, over all rounds."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent, self.deleted, self.unsure = {"std": set(), "f.fifo": set()}, {"std": set(), "f.fifo": set()}, set()
        self.seen_again = []
        self.next = 0

    def number(self):
        with self.lock:
            self.next += 1
            return self.next


def send(server, load, queue, url, stop):
    sqs = server.client("sqs")
    more = {"MessageGroupId": "g"} if queue.endswith(".fifo") else {}
    try:
        while not stop.is_set():
            body = str(load.number())
            sqs.send_message(QueueUrl=url, MessageBody=body, **more)
            with load.lock:
                load.sent[queue].add(body)
    except BROKEN:
        pass


def receive(server, load, queue, url, stop):
    sqs = server.client("sqs")
    try:
        while not stop.is_set():
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=2).get("Messages", []):
                with load.lock:
                    if message["Body"] in load.deleted[queue]:
                        load.seen_again.append(message["Body"])
                    load.unsure.add(message["Body"])    # the deletion may count although nobody hears so
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                with load.lock:
                    load.deleted[queue].add(message["Body"])
                    load.unsure.discard(message["Body"])
    except BROKEN:
        pass
    except botocore.exceptions.ClientError as error:    # a FIFO queue's receipt ends with its timeout
        if error.response["Error"]["Code"] != "InvalidParameterValue":
            raise


class QueueKill(unittest.TestCase):
    def test_what_was_answered_holds(self):
        dice = random.Random(SEED)
        load = Load()
        with Server() as server:
            sqs = server.client("sqs")
            sqs.create_queue(QueueName="std")
            sqs.create_queue(QueueName="f.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})
            for _ in range(ROUNDS):
                stop = threading.Event()
                urls = {name: f"{server.endpoint}/000000000000/{name}" for name in ("std", "f.fifo")}
                threads = [threading.Thread(target=work, args=(server, load, name, urls[name], stop))
                           for name in urls for work in (send, send, receive)]
                for thread in threads:
                    thread.start()
                time.sleep(dice.uniform(0.05, 0.6))
                server.kill()
                stop.set()
                for thread in threads:
                    thread.join()
                server.start()
            self.assertEqual(load.seen_again, [], f"seed {SEED}")
            for name in ("std", "f.fifo"):
                left = self.drain(server, f"{server.endpoint}/000000000000/{name}")
                lost = load.sent[name] - load.deleted[name] - left - load.unsure
                self.assertEqual(lost, set(), f"seed {SEED}: {name}")
                self.assertEqual(left & load.deleted[name], set(), f"seed {SEED}: {name}")
            self.assertGreater(len(load.sent["std"]), 0)
            self.assertGreater(len(load.sent["f.fifo"]), 0)

    def drain(self, server, url):
        """All that is left, once what was in flight is visible again."""
        sqs = server.client("sqs")
        left, order = set(), []
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["All"]).get("Messages", [])
            for message in messages:
                left.add(message["Body"])
                order.append(message["Attributes"].get("SequenceNumber", ""))
            if messages:
                sqs.delete_message_batch(QueueUrl=url, Entries=[
                    {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(messages)])
            elif set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()) == {"0"}:
                break
        self.assertEqual(order, sorted(order) if ".fifo" in url else order, "a group's messages come in order")
        return left


if __name__ == "__main__":
    unittest.main()
