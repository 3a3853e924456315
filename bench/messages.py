"""Measures queues, topics and the outbox from outside, for bench/run.py: messages a second, and the memory that it takes."""
import asyncio
import json
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test")]
from server import Server, eventually  # noqa: E402

LOAD = ROOT / "build/release/bin/signed_calls_bench"
BODY = "x" * 1024


def calls(server, service, content_type, body, connections, seconds, rounds, target=None):
    """One call over and over, signed and recorded, through the C++ load tool: a second, and its 50th and 99th percentile in µs."""
    command = [LOAD, "--endpoint", server.endpoint, "--connections", str(connections), "--seconds", str(seconds), "--rounds", str(rounds),
               "--service", service, "--header", f"Content-Type: {content_type}", "--body", body]
    if target:
        command += ["--header", f"X-Amz-Target: {target}"]
    return json.loads(subprocess.run(command, env=server.environment(), capture_output=True, text=True, check=True).stdout)


def memory_mb(server, what="VmRSS"):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) / 1024


def queue(server, **attributes):
    sqs = server.client("sqs")
    return sqs, sqs.create_queue(QueueName="bench", Attributes=attributes)["QueueUrl"]


def sqs_call(server, operation, parameters, connections, seconds, rounds):
    return calls(server, "sqs", "application/x-amz-json-1.0", json.dumps(parameters), connections, seconds, rounds, f"AmazonSQS.{operation}")


def send(connections, seconds, rounds, **attributes):
    with Server() as server:
        _, url = queue(server, **attributes)
        result = sqs_call(server, "SendMessage", {"QueueUrl": url, "MessageBody": BODY}, connections, seconds, rounds)
        return result | {"peak_mb": memory_mb(server, "VmHWM")}


def receive(connections, seconds):
    """Each call takes one message and hides it; there are enough for all of them."""
    with Server() as server:
        sqs, url = queue(server, VisibilityTimeout="43200")
        sqs_call(server, "SendMessage", {"QueueUrl": url, "MessageBody": BODY}, 64, 4 * seconds + 2, 1)
        result = sqs_call(server, "ReceiveMessage", {"QueueUrl": url}, connections, seconds, 1)
        left = int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"])
        assert left > 0, "it ran out of messages"
        return result | {"peak_mb": memory_mb(server, "VmHWM")}


def publish(connections, seconds, rounds, subscribers):
    """To a topic with that many queues."""
    with Server() as server:
        sns, sqs = server.client("sns"), server.client("sqs")
        topic = sns.create_topic(Name="bench")["TopicArn"]
        for number in range(subscribers):
            url = sqs.create_queue(QueueName=f"q{number}")["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]}
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        body = f"Action=Publish&Version=2010-03-31&TopicArn={topic}&Message={BODY}"
        result = calls(server, "sns", "application/x-www-form-urlencoded; charset=utf-8", body, connections, seconds, rounds)
        return result | {"peak_mb": memory_mb(server, "VmHWM")}


class Endpoint:
    """Answers 200, and costs as little as Python can; keeps the bodies that ask to confirm, and counts."""

    def __init__(self):
        self.count, self.tokens, self.url = 0, [], None
        outer = self

        class Answering(asyncio.Protocol):
            def connection_made(self, transport):
                self.transport, self.data = transport, b""

            def data_received(self, data):
                self.data += data
                while (end := self.data.find(b"\r\n\r\n")) >= 0:
                    length = int(self.data[:end].lower().split(b"content-length:")[1].split(b"\r\n")[0])
                    if len(self.data) < end + 4 + length:
                        return
                    body, self.data = self.data[end + 4:end + 4 + length], self.data[end + 4 + length:]
                    self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    if b'"Token"' in body:
                        outer.tokens.append(json.loads(body)["Token"])
                    else:
                        outer.count += 1

        async def serve():
            server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
            outer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            await server.serve_forever()
        threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
        assert eventually(lambda: self.url)


def outbox(calls, endpoints=10):
    """Items a second that arrive at endpoints on this machine, raw messages of a topic: from the first PublishBatch of ten until the last has
    arrived. Each message is an item for each endpoint."""
    receiver = Endpoint()
    with Server() as server:
        sns = server.client("sns")
        topic = sns.create_topic(Name="bench")["TopicArn"]
        for number in range(endpoints):
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/{number}", Attributes={"RawMessageDelivery": "true"})
        assert eventually(lambda: len(receiver.tokens) == endpoints)
        for token in receiver.tokens:
            sns.confirm_subscription(TopicArn=topic, Token=token)
        items = calls * 10 * endpoints
        began = time.perf_counter()
        for _ in range(calls):
            sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": str(n), "Message": BODY} for n in range(10)])
        published = time.perf_counter() - began
        assert eventually(lambda: receiver.count >= items, 300), receiver.count
        return {"per_second": items / (time.perf_counter() - began), "items": items, "published_in_s": published, "peak_mb": memory_mb(server, "VmHWM")}


def rows_of(quick, rounds):
    seconds, rounds = (1, 1) if quick else (3, rounds)
    numbers = {"outbox": outbox(30 if quick else 200)}
    rows = [("outbox, items/s to endpoints on the same machine", f"{numbers['outbox']['per_second']:,.0f}", "",
             f"{numbers['outbox']['items']:,} items; peak {numbers['outbox']['peak_mb']:.0f} MB")]

    def row(name, key, result):
        numbers[key] = result
        rows.append((name, f"{result['calls_per_second']:,.0f}", "", f"p50 {result['p50_us']:.0f} µs, p99 {result['p99_us']:.0f} µs; peak {result['peak_mb']:.0f} MB"))
    for connections in (1, 16):
        plural = "s" if connections > 1 else ""
        row(f"SQS SendMessage/s of 1 KB, {connections} connection{plural}", f"send_{connections}", send(connections, seconds, rounds))
        row(f"the same under a key of KMS, {connections} connection{plural}", f"send_kms_{connections}", send(connections, seconds, rounds, KmsMasterKeyId="alias/aws/sqs"))
        row(f"SQS ReceiveMessage/s, one message each, {connections} connection{plural}", f"receive_{connections}", receive(connections, seconds))
    for connections, subscribers in ((1, 0), (16, 0), (16, 1)):
        told = "no subscriber" if subscribers == 0 else "a queue as subscriber"
        row(f"SNS Publish/s of 1 KB, {connections} connection{'s' if connections > 1 else ''}, {told}", f"publish_{connections}_{subscribers}",
            publish(connections, seconds, rounds, subscribers))
    return rows, numbers


if __name__ == "__main__":
    for line in rows_of("--quick" in sys.argv, 3)[0]:
        print(" | ".join(line))
