"""What is no HTTP, or too much of it: refused at the door, nothing recorded, and nothing slipped past the door."""
import unittest

from wire import LimitsTest, Signed, exchange, head, connect, read_answer, metric, put_bucket

GOOD = [("Host", "localhost")]


class Http(LimitsTest):
    def refused(self, status, *pieces, end=False):
        before = metric(self.server, "calls_total")
        answer = exchange(self.server, *pieces, end=end)
        self.assertIsNotNone(answer, "closed without an answer")
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers.get("connection"), "close")
        self.assertEqual(metric(self.server, "calls_total"), before, "recorded")

    def test_a_huge_header_is_431(self):
        self.refused(431, head("GET", "/", GOOD + [("X-Big", "a" * (65 << 10))]))

    def test_a_megabyte_of_headers_is_431_and_not_kept(self):
        self.refused(431, head("GET", "/", GOOD + [(f"X-{n}", "a" * 1000) for n in range(1000)]))

    def test_too_many_headers_are_431(self):
        self.refused(431, head("GET", "/", GOOD + [(f"X-{n}", "a") for n in range(200)]))

    def test_a_huge_target_is_414(self):
        self.refused(414, head("GET", "/" + "a" * (65 << 10), GOOD))

    def test_control_characters_and_raw_bytes_in_a_path(self):
        for path in ("/bucket/\x00", "/bucket/\x01", "/bucket/\xff", "/a b"):
            self.refused(400, head("GET", path, GOOD))

    def test_control_characters_in_headers(self):
        for value in ("a\x00b", "a\rb", "a\nb: c", "a\r\n folded", "a\x7f"):
            self.refused(400, head("GET", "/", GOOD + [("X-A", value)]))

    def test_what_is_not_http(self):
        for bad in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"\x00" * 100, b"GET /\r\n\r\n", b" GET / HTTP/1.1\r\n\r\n",
                    b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"):
            self.refused(400, bad)
        self.refused(505, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")

    def test_smuggling(self):
        """Two readings of where a body ends: refused, the connection closed, so that what follows is never a request."""
        put_bucket(self.server, "smuggled")
        hidden = Signed(self.server, "s3", "DELETE", "/smuggled").bytes()
        for framing in ([("Content-Length", "4"), ("Transfer-Encoding", "chunked")], [("Transfer-Encoding", "chunked"), ("Content-Length", "4")],
                        [("Content-Length", "4"), ("Content-Length", "400")], [("Content-Length", "4, 4")], [("Content-Length", "+4")],
                        [("Content-Length", "-1")], [("Content-Length", "0x4")], [("Content-Length", "")],
                        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")]):
            self.refused(400, head("POST", "/", GOOD + framing) + b"0\r\n\r\n" + hidden)
        for coding in ("xchunked", "chunked, identity", "gzip, chunked", "identity", "chunked;a=b"):
            self.refused(501, head("POST", "/", GOOD + [("Transfer-Encoding", coding)]) + b"0\r\n\r\n" + hidden)
        self.refused(413, head("POST", "/", GOOD + [("Content-Length", "9" * 40)]))
        self.assertEqual(self.call("s3", "HEAD", "/smuggled").status, 200)

    def test_a_body_shorter_than_declared_is_not_the_next_request(self):
        """A PUT that declares less than it sends: the surplus is read as a request, and that must be a signed one to do anything."""
        put_bucket(self.server, "surplus")
        put = Signed(self.server, "s3", "PUT", "/surplus/key", b"four")
        with connect(self.server) as sock:
            sock.sendall(put.bytes() + b"and more\r\n\r\n")
            file = sock.makefile("rb")
            self.assertEqual(read_answer(file).status, 200)
            self.assertEqual(read_answer(file).status, 400)
            self.assertEqual(file.read(), b"")

    def test_broken_chunks(self):
        put_bucket(self.server, "chunks")
        before = metric(self.server, "incomplete_bodies_total")
        bodies = (b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\n", b"ffffffffffffffff\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"3\nabc\n0\n\n", b"3;" + b"a" * 2000 + b"\r\n",
                  b"0\r\n" + b"A: b\r\n" * 3000 + b"\r\n")
        for body in bodies:
            request = Signed(self.server, "cloudtrail", "POST", "/", b"{}",
                             {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "CloudTrail_20131101.LookupEvents"})
            answer = exchange(self.server, request.head(without_length=True, extra=[("Transfer-Encoding", "chunked")]) + body)
            self.assert_refused(answer, 400, "SerializationException", recorded=False)
        self.assertEqual(metric(self.server, "incomplete_bodies_total") - before, len(bodies))


if __name__ == "__main__":
    unittest.main()
