"""Memory under crowds: it is bounded by settings, not by what clients do. CAIRN_LIMITS_FULL=1 runs the sizes of docs/threats.md."""
import hashlib
import os
import resource
import threading
import unittest

from server import eventually
from wire import LimitsTest, Signed, connect, head, memory, metric, put_bucket, read_answer

FULL = os.environ.get("CAIRN_LIMITS_FULL") == "1"
IDLE = 4000 if FULL else 1000
UPLOADS, UPLOAD_BYTES = (64, 100 << 20) if FULL else (64, 4 << 20)
PARTS = 10_000 if FULL else 1000


class Watch(threading.Thread):
    """The largest resident size while something goes on."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.peak, self.done = server, 0, threading.Event()

    def run(self):
        while not self.done.wait(0.01):
            self.peak = max(self.peak, memory(self.server))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join()
        self.peak = max(self.peak, memory(self.server))


class Crowd(LimitsTest):
    memory_growth_max = 256 << 20       # allocators keep some of what a crowd once needed

    @classmethod
    def setUpClass(cls):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        super().setUpClass()
        put_bucket(cls.server, "memory")

    def tell(self, what, before, peak):
        print(f"\nrss {what}: {before >> 20} MB before, {peak >> 20} MB at most", flush=True)


class Idle(Crowd):
    """On a server that has seen no other crowd."""

    def test_idle_connections(self):
        """After a request each: a connection keeps its buffers, and little else."""
        before = memory(self.server)
        request = head("GET", "/_cairn/health", [("Host", "a")])
        socks = []
        with Watch(self.server) as watch:
            for _ in range(IDLE):
                sock = connect(self.server)
                sock.sendall(request)
                self.assertEqual(read_answer(sock.makefile("rb")).status, 200)
                socks.append(sock)
        for sock in socks:
            sock.close()
        self.tell(f"{IDLE} idle connections", before, watch.peak)
        self.assertLess((watch.peak - before) / IDLE, 32 << 10, "a connection's share")
        self.assertTrue(eventually(lambda: metric(self.server, "http_open_connections") < 10))


class Heads(Crowd):
    def test_heads_that_wait(self):
        """Each connection holds a head that is nearly as long as allowed."""
        before, count = memory(self.server), IDLE // 4
        socks = []
        with Watch(self.server) as watch:
            for _ in range(count):
                sock = connect(self.server)
                sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * (60 << 10))
                socks.append(sock)
            self.assertEqual(self.server.get("/_cairn/health")[0], 200)
        for sock in socks:
            sock.close()
        self.tell(f"{count} unfinished heads of 60 KB", before, watch.peak)
        self.assertLess((watch.peak - before) / count, 192 << 10)


class Bodies(Crowd):
    def test_bodies_that_wait(self):
        """Documents that lack their last byte, from nobody in particular: 503 beyond buffered_bytes_max of all together."""
        before, socks, piece = memory(self.server), [], b"a" * ((8 << 20) - 1)
        with Watch(self.server) as watch:
            for _ in range(48):                  # 384 MB
                request = Signed(self.server, "cloudtrail", "POST", "/", b"", {"X-Amz-Target": "CloudTrail_20131101.LookupEvents",
                                                                              "Content-Type": "application/x-amz-json-1.1"})
                sock = connect(self.server)
                try:
                    sock.sendall(request.head(length=8 << 20) + piece)
                except ConnectionError:
                    pass
                socks.append(sock)
            statuses = []
            for sock in socks:
                sock.setblocking(False)
                try:
                    statuses.append(sock.recv(12))
                except (BlockingIOError, ConnectionError):
                    statuses.append(b"")
        for sock in socks:
            sock.close()
        self.tell("48 unfinished documents of 8 MB", before, watch.peak)
        self.assertIn(b"HTTP/1.1 503", statuses)
        self.assertLess(watch.peak - before, 320 << 20)
        self.assertTrue(eventually(lambda: memory(self.server) - before < 64 << 20), "not given back")

    def test_concurrent_uploads(self):
        before = memory(self.server)
        body = os.urandom(1 << 20) * (UPLOAD_BYTES >> 20)
        sha256 = hashlib.sha256(body).hexdigest()
        statuses = []

        def upload(number):
            request = Signed(self.server, "s3", "PUT", f"/memory/upload-{number}", body, sha256=sha256)
            with connect(self.server, 300) as sock:
                sock.sendall(request.head())
                sock.sendall(body)
                statuses.append(read_answer(sock.makefile("rb")).status)
        with Watch(self.server) as watch:
            threads = [threading.Thread(target=upload, args=(n,)) for n in range(UPLOADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.tell(f"{UPLOADS} concurrent uploads of {UPLOAD_BYTES >> 20} MB", before, watch.peak)
        self.assertEqual(statuses, [200] * UPLOADS)
        self.assertLess(watch.peak - before, 96 << 20)
        s3 = self.server.client("s3")
        for n in range(UPLOADS):
            s3.delete_object(Bucket="memory", Key=f"upload-{n}")

    def test_an_upload_of_many_parts(self):
        before = memory(self.server)
        s3 = self.server.client("s3")
        upload = s3.create_multipart_upload(Bucket="memory", Key="parts")["UploadId"]
        # The least a part may have is 5 MB: ten thousand of them would be 50 GB. The completion reads all and refuses the first.
        with Watch(self.server) as watch:
            parts = []
            for number in range(1, PARTS + 1):
                answer = s3.upload_part(Bucket="memory", Key="parts", UploadId=upload, PartNumber=number, Body=b"p" * 100)
                parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            with self.assertRaisesRegex(Exception, "EntityTooSmall"):
                s3.complete_multipart_upload(Bucket="memory", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
            s3.abort_multipart_upload(Bucket="memory", Key="parts", UploadId=upload)
        self.tell(f"an upload of {PARTS} parts", before, watch.peak)
        self.assertLess(watch.peak - before, 128 << 20)


del LimitsTest, Crowd


if __name__ == "__main__":
    unittest.main()
