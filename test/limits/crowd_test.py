"""Clients that are slow, many or liars: others are served meanwhile, and none of it costs disk or grows memory."""
import os
import socket
import threading
import time
import unittest

from server import Server, eventually
from wire import LimitsTest, Signed, connect, exchange, head, memory, metric, put_bucket, read_answer, seconds


def closed(sock, timeout=10):
    """Waits until the server has closed this connection."""
    sock.settimeout(timeout)
    try:
        while sock.recv(65536):
            pass
        return True
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


class Slow(LimitsTest):
    options = ("--set", "http.head_timeout=300ms", "--set", "http.body_timeout=300ms", "--set", "http.idle_timeout=300ms",
               "--set", "receive.threads=2")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put_bucket(cls.server, "slow")

    def served(self):
        self.assertEqual(self.call("sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15",
                                   {"Content-Type": "application/x-www-form-urlencoded"}).status, 200)

    def test_heads_that_never_end(self):
        before = metric(self.server, "http_timeouts_total")
        socks = [connect(self.server) for _ in range(200)]
        for sock in socks:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX-A: ")
        self.served()
        for sock in socks:
            self.assertTrue(closed(sock))
            sock.close()
        self.assertGreaterEqual(metric(self.server, "http_timeouts_total") - before, 200)

    def test_a_head_that_trickles_is_not_kept_alive_by_it(self):
        """The time runs from the first byte, not from the last."""
        with connect(self.server) as sock:
            started, file = time.monotonic(), sock.makefile("rb")
            sock.settimeout(0.02)
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
            status = None
            while status is None and time.monotonic() - started < 10:
                try:
                    sock.sendall(b"X-A: b\r\n")
                    status = sock.recv(100)
                except TimeoutError:
                    pass
                except ConnectionError:
                    status = b""
        self.assertIn(status[:12], (b"HTTP/1.1 408", b""))

    def test_silent_connections(self):
        socks = [connect(self.server) for _ in range(200)]
        self.served()
        for sock in socks:
            self.assertTrue(closed(sock))
            sock.close()

    def test_an_upload_that_trickles_is_not_kept_alive_by_it(self):
        with connect(self.server) as sock:
            signed = Signed(self.server, "s3", "PUT", "/slow/trickle", b"x" * 1_000_000)
            sock.sendall(signed.head())
            started, answer = time.monotonic(), None
            sock.settimeout(0.02)
            while answer is None and time.monotonic() - started < 10:
                try:
                    sock.sendall(b"x")
                    answer = sock.recv(100)
                except TimeoutError:
                    pass
                except ConnectionError:
                    answer = b""
        self.assertIn(answer[:12], (b"HTTP/1.1 400", b""))
        self.served()

    def test_uploads_that_stall(self):
        """Both receiving threads are held, a third upload waits its turn and is served."""
        stalled = []
        for _ in range(2):
            put = Signed(self.server, "s3", "PUT", "/slow/key", os.urandom(200_000))
            sock = connect(self.server)
            sock.sendall(put.head() + put.body[:1000])
            stalled.append(sock)
        self.served()
        self.assertEqual(self.call("s3", "PUT", "/slow/other", os.urandom(200_000)).status, 200)
        for sock in stalled:
            answer = read_answer(sock.makefile("rb"))
            self.assert_refused(answer, 400, "RequestTimeout", recorded=True)
            self.assertTrue(closed(sock))
            sock.close()

    def test_small_bodies_that_stall(self):
        put = Signed(self.server, "s3", "PUT", "/slow/key", os.urandom(1000))
        with connect(self.server) as sock:
            sock.sendall(put.head() + put.body[:10])
            self.served()
            answer = read_answer(sock.makefile("rb"))
        self.assert_refused(answer, 400, "RequestTimeout", recorded=False)

    def test_readers_that_do_not_read(self):
        """An answer that nobody takes holds a connection, no thread, and not for long."""
        body = os.urandom(8 << 20)
        self.assertEqual(self.call("s3", "PUT", "/slow/big", body).status, 200)
        before = metric(self.server, "http_timeouts_total")
        socks = []
        for _ in range(20):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect(connect(self.server).getpeername())
            sock.sendall(Signed(self.server, "s3", "GET", "/slow/big").bytes())
            socks.append(sock)
        self.served()
        self.assertEqual(self.call("s3", "GET", "/slow/big").body, body)
        self.assertTrue(eventually(lambda: metric(self.server, "http_timeouts_total") - before >= 20))
        for sock in socks:
            sock.close()

    def test_pipelining_without_end(self):
        """Requests are answered one after the other; what comes before its turn waits in the socket, not in memory."""
        request = head("GET", "/_cairn/health", [("Host", "a")])
        sock = connect(self.server)
        sock.settimeout(0.2)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += sock.send(request * 1000)
        except (TimeoutError, ConnectionError):
            pass
        self.served()
        sock.close()


class Forms(LimitsTest):
    options = ("--set", "receive.threads=2")

    def test_forms_without_an_end_keep_no_upload_waiting(self):
        """Anybody may begin one: who sends it is in its fields."""
        put_bucket(self.server, "forms")
        socks = [connect(self.server) for _ in range(20)]
        for sock in socks:
            sock.sendall(b"POST /forms HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n"
                         b"Content-Type: multipart/form-data; boundary=B\r\n\r\n--B\r\n")
        self.assertEqual(self.call("s3", "PUT", "/forms/large", b"x" * 1_000_000).status, 200)
        for sock in socks:
            sock.setblocking(False)
            self.assertRaises(BlockingIOError, sock.recv, 1)  # none has been given up meanwhile
            sock.close()


class Many(LimitsTest):
    options = ("--set", "http.connections_max=100")

    def test_connections_beyond_the_limit_are_closed_at_once(self):
        first = [connect(self.server) for _ in range(90)]
        for sock in first:
            sock.sendall(head("GET", "/_cairn/health", [("Host", "a")]))
            self.assertEqual(read_answer(sock.makefile("rb")).status, 200)
        rest = [connect(self.server) for _ in range(50)]
        refused = sum(closed(sock) for sock in rest[20:])
        self.assertEqual(refused, 30)
        for sock in first:                           # those that were in before are served on
            sock.sendall(head("GET", "/_cairn/health", [("Host", "a")]))
            self.assertEqual(read_answer(sock.makefile("rb")).status, 200)
        for sock in first + rest:
            sock.close()
        self.assertTrue(eventually(lambda: self.alive()))
        self.assertGreaterEqual(metric(self.server, "http_refused_connections_total"), 30)

    def alive(self):
        try:
            return self.server.get("/_cairn/health")[0] == 200
        except OSError:
            return False


class Liars(LimitsTest):
    def test_bad_signatures_cost_no_disk(self):
        """Not one record, not one byte of journal; a counter, and a log line a second at most, however many they are."""
        requests = []
        for service, method, target, status, code in (("s3", "GET", "/bucket", 403, "SignatureDoesNotMatch"),
                                                      ("cloudtrail", "POST", "/", 400, "InvalidSignatureException"),
                                                      ("sts", "POST", "/", 403, "SignatureDoesNotMatch")):
            headers = {"s3": {}, "cloudtrail": {"X-Amz-Target": "CloudTrail_20131101.LookupEvents", "Content-Type": "application/x-amz-json-1.1"},
                       "sts": {"Content-Type": "application/x-www-form-urlencoded"}}[service]
            body = b"" if service == "s3" else b"{}" if service == "cloudtrail" else b"Action=GetCallerIdentity&Version=2011-06-15"
            request = Signed(self.server, service, method, target, body, headers)
            self.assertEqual(exchange(self.server, request.bytes()).status // 100, {"s3": 4}.get(service, 2))
            request.headers["Authorization"] = request.headers["Authorization"][:-64] + "0" * 64
            requests.append((request.bytes(), status, code))
        calls, position = metric(self.server, "calls_total"), metric(self.server, "journal_position")
        failures = metric(self.server, "authentication_failures_total")
        journal = sum(f.stat().st_size for f in (self.server.data / "journal").iterdir())
        lines = self.server.log_path.read_text().count("authentication failed")
        rounds, started = 3000, time.monotonic()
        with connect(self.server) as sock:
            file = sock.makefile("rb")
            for n in range(rounds):
                request, status, code = requests[n % 3]
                sock.sendall(request)
                answer = read_answer(file)
                self.assertEqual((answer.status, answer.code), (status, code), answer)
        took = time.monotonic() - started
        self.assertEqual(metric(self.server, "calls_total"), calls)
        self.assertEqual(metric(self.server, "journal_position"), position)
        self.assertEqual(metric(self.server, "authentication_failures_total") - failures, rounds)
        self.assertEqual(sum(f.stat().st_size for f in (self.server.data / "journal").iterdir()), journal)
        self.assertLessEqual(self.server.log_path.read_text().count("authentication failed") - lines, took + 2)

    def test_strangers_without_a_bucket_cost_no_disk(self):
        """Unsigned S3 calls that reach no bucket belong to nobody's history."""
        position = metric(self.server, "journal_position")
        with connect(self.server) as sock:
            file = sock.makefile("rb")
            for n in range(300):
                for target in ("/", f"/no-bucket-{n}/key", f"/no-bucket-{n}?policy"):
                    sock.sendall(head("GET", target, [("Host", "localhost")]))
                    self.assertIn(read_answer(file).code, ("AccessDenied", "NoSuchBucket"))
        self.assertEqual(metric(self.server, "journal_position"), position)

    def test_keys_that_do_not_exist(self):
        failures = metric(self.server, "authentication_failures_total")
        before = memory(self.server)
        good = Signed(self.server, "s3", "GET", "/bucket")
        with connect(self.server) as sock:
            file = sock.makefile("rb")
            for n in range(3000):
                request = Signed.__new__(Signed)
                request.__dict__ = dict(good.__dict__, headers=dict(good.headers))
                request.headers["Authorization"] = good.headers["Authorization"].replace(self.server.access_key, f"AKIA{n:016}")
                sock.sendall(request.bytes())
                self.assertEqual(read_answer(file).code, "InvalidAccessKeyId")
        self.assertEqual(metric(self.server, "authentication_failures_total") - failures, 3000)
        self.assertLess(memory(self.server) - before, 16 << 20)

    def test_what_a_refusal_says_back_is_bounded(self):
        """S3 shows what it would have signed; that must be no lever to make the server send much for little."""
        request = Signed(self.server, "s3", "GET", "/bucket?" + "a" * 30_000)
        request.headers["Authorization"] = request.headers["Authorization"][:-64] + "0" * 64
        answer = exchange(self.server, request.bytes())
        self.assertEqual(answer.code, "SignatureDoesNotMatch")
        self.assertLess(len(answer.body), 10 * len(request.bytes()))


del LimitsTest


if __name__ == "__main__":
    unittest.main()
