"""Bodies that are not what was declared, signed or summed: refused with AWS's code, recorded once, and no object is there."""
import base64
import hashlib
import os
import unittest
import zlib

from wire import LimitsTest, Signed, connect, exchange, metric, put_bucket

SMALL, LARGE = 1000, 200_000        # held in memory; streamed to a file


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


class Body(LimitsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        put_bucket(cls.server, "bodies")

    def tearDown(self):
        super().tearDown()
        listed = self.server.client("s3").list_objects_v2(Bucket="bodies")
        self.assertEqual(listed["KeyCount"], 0, "a refused upload left an object")
        files = [os.path.join(folder, name) for folder, _, names in os.walk(self.server.data / "objects") for name in names]
        self.assertEqual(files, [], "a refused upload left a file")

    def put(self, size, code, status=400, recorded=True, **how):
        body = os.urandom(size)
        headers = {name: value(body) if callable(value) else value for name, value in how.pop("headers", {}).items()}
        sha256 = how.pop("sha256", None)
        request = Signed(self.server, "s3", "PUT", "/bodies/key", body, headers, sha256=sha256(body) if callable(sha256) else sha256)
        self.assert_refused(exchange(self.server, request.bytes(**how)), status, code, recorded)

    def each_size(self, code, **how):
        for size in (SMALL, LARGE):
            with self.subTest(size=size):
                self.put(size, code, **how)

    def test_wrong_content_md5(self):
        self.each_size("BadDigest", headers={"Content-MD5": md5(b"something else")})

    def test_content_md5_that_is_none(self):
        self.each_size("InvalidDigest", headers={"Content-MD5": "not base64!"})
        self.each_size("InvalidDigest", headers={"Content-MD5": base64.b64encode(b"short").decode()})

    def test_wrong_checksum(self):
        self.each_size("BadDigest", headers={"x-amz-checksum-crc32": crc32(b"something else")})

    def test_checksums_that_are_none(self):
        self.each_size("InvalidRequest", headers={"x-amz-checksum-sha256": "short"})

    def test_two_checksums(self):
        self.each_size("InvalidRequest", headers={"x-amz-checksum-crc32": crc32, "x-amz-checksum-sha1": base64.b64encode(bytes(20)).decode()})

    def test_wrong_sha256(self):
        self.each_size("XAmzContentSHA256Mismatch", sha256="0" * 64)

    def test_sha256_that_is_none(self):
        self.each_size("InvalidArgument", sha256="nonsense", recorded=False)

    def test_a_body_that_ends_early(self):
        for size in (SMALL, LARGE):
            with self.subTest(size=size):
                request = Signed(self.server, "s3", "PUT", "/bodies/key", os.urandom(size))
                answer = exchange(self.server, request.head() + request.body[:size // 2], end=True)
                # A small one is not looked at before it is whole, so nobody has called yet; a streamed one is a call that failed.
                self.assert_refused(answer, 400, "IncompleteBody", recorded=size == LARGE)

    def test_a_client_that_vanishes_within_a_body(self):
        before = metric(self.server, "calls_total")
        for size in (SMALL, LARGE):
            request = Signed(self.server, "s3", "PUT", "/bodies/key", os.urandom(size))
            with connect(self.server) as sock:
                sock.sendall(request.head() + request.body[:size // 2])
        self.assertGreaterEqual(metric(self.server, "calls_total"), before)

    def test_a_body_longer_than_signed_for(self):
        """The surplus belongs to the next request by HTTP's rules; within aws-chunked there is a declared length to hold it against."""
        headers = {"X-Amz-Decoded-Content-Length": "4", "Content-Encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"}
        for data in (b"fo", b"four and more"):
            body = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(data), data, crc32(data).encode())
            request = Signed(self.server, "s3", "PUT", "/bodies/key", body, headers, sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            self.assert_refused(exchange(self.server, request.bytes()), 400, "IncompleteBody", recorded=True)

    def test_aws_chunks_that_are_none(self):
        headers = {"X-Amz-Decoded-Content-Length": "4", "Content-Encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"}
        for body in (b"four", b"zz\r\nfour\r\n", b"4\r\nfour", b"4\r\nfour\r\n0\r\n", b"ffffffffffffffff\r\nfour\r\n", b"4" + b"0" * 5000,
                     b"4;chunk-signature=" + b"a" * 5000 + b"\r\nfour\r\n"):
            with self.subTest(body=body[:40]):
                request = Signed(self.server, "s3", "PUT", "/bodies/key", body, headers, sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
                answer = exchange(self.server, request.bytes())
                self.assert_refused(answer, 400, "IncompleteBody", recorded=True)

    def test_wrong_trailing_checksum(self):
        headers = {"X-Amz-Decoded-Content-Length": "4", "Content-Encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"}
        body = b"4\r\nfour\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % crc32(b"five").encode()
        request = Signed(self.server, "s3", "PUT", "/bodies/key", body, headers, sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        self.assert_refused(exchange(self.server, request.bytes()), 400, "BadDigest", recorded=True)

    def test_forged_chunk_signature(self):
        headers = {"X-Amz-Decoded-Content-Length": "4", "Content-Encoding": "aws-chunked"}
        body = b"4;chunk-signature=%s\r\nfour\r\n0;chunk-signature=%s\r\n\r\n" % (b"0" * 64, b"0" * 64)
        request = Signed(self.server, "s3", "PUT", "/bodies/key", body, headers, sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
        self.assert_refused(exchange(self.server, request.bytes()), 403, "SignatureDoesNotMatch", recorded=True)

    def test_no_length(self):
        request = Signed(self.server, "s3", "PUT", "/bodies/key")
        self.assert_refused(exchange(self.server, request.head(without_length=True)), 411, "MissingContentLength", recorded=True)

    def test_an_object_beyond_the_largest(self):
        """Refused from the declared length alone, before a byte is sent."""
        request = Signed(self.server, "s3", "PUT", "/bodies/key")
        answer = exchange(self.server, request.head(length=5 * (1 << 30) + 1, extra=[("Expect", "100-continue")]))
        self.assert_refused(answer, 400, "EntityTooLarge", recorded=True)

    def test_a_document_beyond_the_largest(self):
        """http.body_bytes_max, from the declared length alone."""
        for service, target, headers, status, code in (
                ("s3", "/bodies?delete", {}, 400, "MaxMessageLengthExceeded"),
                ("cloudtrail", "/", {"X-Amz-Target": "CloudTrail_20131101.LookupEvents", "Content-Type": "application/x-amz-json-1.1"}, 413,
                 "RequestEntityTooLargeException")):
            request = Signed(self.server, service, "POST", target, b"", headers)
            self.assert_refused(exchange(self.server, request.head(length=(8 << 20) + 1)), status, code, recorded=False)

    def test_a_json_body_that_is_not_the_signed_one(self):
        request = Signed(self.server, "cloudtrail", "POST", "/", b'{"MaxResults": 10}',
                         {"X-Amz-Target": "CloudTrail_20131101.LookupEvents", "Content-Type": "application/x-amz-json-1.1"})
        request.body = b'{"MaxResults": 50}'
        self.assert_refused(exchange(self.server, request.bytes()), 400, "InvalidSignatureException", recorded=False)

    def test_an_xml_body_that_is_not_the_signed_one(self):
        request = Signed(self.server, "s3", "PUT", "/bodies?tagging", b"<Tagging><TagSet/></Tagging>")
        request.body = b"<Tagging><TagSet></TagSet></Tagging>"
        self.assert_refused(exchange(self.server, request.bytes()), 400, "XAmzContentSHA256Mismatch", recorded=False)


if __name__ == "__main__":
    unittest.main()
