"""What SDKs hide: how buckets are named by hosts, how regions meet, how bodies arrive."""
import hashlib
import http.client
import socket
import unittest

import boto3
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from server import Server, all_records


class Wire(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.host = cls.server.endpoint.split("//")[1]
        cls.s3 = cls.server.client("s3")
        cls.s3.create_bucket(Bucket="stones")
        cls.s3.put_object(Bucket="stones", Key="k", Body=b"granite")

    def sign(self, method, path, body=b"", host=None, region="us-east-1", sha256=None, **headers):
        """Headers of a signed S3 request; `sha256`: what they say of the body."""
        request = AWSRequest(method, f"http://{host or self.host}{path}", data=body, headers={"Host": host or self.host, **headers})
        signer = S3SigV4Auth(Credentials(self.server.access_key, self.server.secret_key), "s3", region)
        signer.payload = lambda _: sha256 or hashlib.sha256(body).hexdigest()
        signer.add_auth(request)
        return dict(request.headers)

    def send(self, method, path, body=b"", **more):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        self.addCleanup(connection.close)
        connection.request(method, path, body=body or None, headers=self.sign(method, path, body, **more))
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def raw(self, head, *pieces):
        """Writes a head, and each piece once an interim answer came; all that was answered."""
        with socket.create_connection(self.host.split(":"), timeout=10) as plain:
            plain.sendall(head)
            interim = b""
            for piece in pieces:
                if not interim.endswith(b"\r\n\r\n"):
                    interim = plain.recv(4096)
                plain.sendall(piece)
            plain.shutdown(socket.SHUT_WR)
            answer = b""
            while data := plain.recv(65536):
                answer += data
            return interim, answer

    def head(self, method, path, headers):
        return f"{method} {path} HTTP/1.1\r\n".encode() + "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"

    # ------------------------------------------------------------------ hosts

    def test_buckets_named_by_the_host(self):
        for host in ("stones.s3.localhost:4566", "stones.localhost", "stones.s3.us-east-1.amazonaws.com", "stones.s3.amazonaws.com"):
            status, body, headers = self.send("GET", "/k", host=host)
            self.assertEqual((status, body), (200, b"granite"), host)
            record = all_records(self.server)[-1]
            self.assertEqual(record["requestID"], headers["x-amz-request-id"])
            self.assertEqual(record["requestParameters"], {"bucketName": "stones", "Host": host, "key": "k"})
            self.assertEqual(record["resources"][0]["ARN"], "arn:aws:s3:::stones/k")
            status, body, _ = self.send("GET", "/?list-type=2", host=host)
            self.assertIn(b"<Key>k</Key>", body)
        for host in ("s3.localhost", "localhost:4566", "s3.us-east-1.amazonaws.com", "s3.amazonaws.com", "127.0.0.1"):
            self.assertEqual(self.send("GET", "/stones/k", host=host)[:2], (200, b"granite"), host)
        dotted = "my.dotted.stones"
        self.s3.create_bucket(Bucket=dotted)
        self.assertEqual(self.send("PUT", "/k", b"slate", host=f"{dotted}.s3.localhost")[0], 200)
        self.assertEqual(self.s3.get_object(Bucket=dotted, Key="k")["Body"].read(), b"slate")

    def test_boto3_with_virtual_hosts(self):
        # curl and browsers resolve *.localhost to this machine by themselves; here the test does.
        port = self.host.split(":")[1]
        real = socket.getaddrinfo
        self.addCleanup(setattr, socket, "getaddrinfo", real)
        socket.getaddrinfo = lambda host, *more, **named: real("127.0.0.1" if str(host).endswith("localhost") else host, *more, **named)
        client = boto3.client("s3", endpoint_url=f"http://s3.localhost:{port}", region_name="us-east-1", aws_access_key_id=self.server.access_key,
                              aws_secret_access_key=self.server.secret_key, config=Config(s3={"addressing_style": "virtual"}))
        client.create_bucket(Bucket="virtual")
        client.put_object(Bucket="virtual", Key="a/b", Body=b"basalt")
        self.assertEqual(client.get_object(Bucket="virtual", Key="a/b")["Body"].read(), b"basalt")
        self.assertEqual([o["Key"] for o in client.list_objects_v2(Bucket="virtual")["Contents"]], ["a/b"])
        client.put_object(Bucket="virtual", Key="_cairn/health", Body=b"a key like any")
        self.assertEqual(client.get_object(Bucket="virtual", Key="_cairn/health")["Body"].read(), b"a key like any")
        self.assertEqual(all_records(self.server)[-1]["requestParameters"]["Host"], f"virtual.s3.localhost:{port}")

    def test_heads(self):
        status, body, headers = self.send("HEAD", "/stones")
        self.assertEqual((status, body, headers["x-amz-bucket-region"]), (200, b"", "us-east-1"))
        status, body, headers = self.send("HEAD", "/stones/k")
        self.assertEqual((status, body, headers["Content-Length"]), (200, b"", "7"))
        for path in ("/stones/none", "/no-such-bucket", "/no-such-bucket/k"):
            status, body, headers = self.send("HEAD", path)
            self.assertEqual((status, body), (404, b""), path)
            self.assertTrue(headers["x-amz-request-id"])
        # The same connection goes on: nothing of a body was sent.
        connection = http.client.HTTPConnection(self.host, timeout=10)
        self.addCleanup(connection.close)
        for _ in range(3):
            connection.request("HEAD", "/stones/none", headers=self.sign("HEAD", "/stones/none"))
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.read()), (404, b""))

    # ------------------------------------------------------------------ regions

    def test_a_bucket_in_another_region(self):
        far = self.server.client("s3", region="eu-west-1")
        far.create_bucket(Bucket="far-stones", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        status, body, headers = self.send("GET", "/far-stones?list-type=2")
        self.assertEqual((status, headers["x-amz-bucket-region"]), (400, "eu-west-1"))
        self.assertIn(b"<Code>AuthorizationHeaderMalformed</Code>", body)
        self.assertIn(b"<Region>eu-west-1</Region>", body)
        self.assertEqual(self.send("HEAD", "/far-stones")[2]["x-amz-bucket-region"], "eu-west-1")
        # boto3 reads that, and asks again where it was told to.
        client = boto3.client("s3", endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=self.server.access_key,
                              aws_secret_access_key=self.server.secret_key)
        client.put_object(Bucket="far-stones", Key="k", Body=b"gneiss")
        self.assertEqual(client.get_object(Bucket="far-stones", Key="k")["Body"].read(), b"gneiss")
        self.assertEqual(client.list_objects_v2(Bucket="far-stones")["KeyCount"], 1)
        record = all_records(self.server)[-1]
        self.assertEqual((record["eventName"], record["awsRegion"], record.get("errorCode")), ("ListObjects", "eu-west-1", None))

    def test_locations(self):
        client = self.server.client("s3")
        client.create_bucket(Bucket="from-virginia", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        self.assertEqual(client.get_bucket_location(Bucket="from-virginia")["LocationConstraint"], "eu-central-1")
        with self.assertRaises(client.exceptions.ClientError) as caught:
            self.server.client("s3", region="eu-west-1").create_bucket(Bucket="x-y-z", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        self.assertEqual(caught.exception.response["Error"]["Code"], "IllegalLocationConstraintException")

    # ------------------------------------------------------------------ bodies

    def test_expect_100_continue(self):
        body = b"x" * 200_000
        headers = self.sign("PUT", "/stones/expected", body)
        interim, answer = self.raw(self.head("PUT", "/stones/expected", {**headers, "Content-Length": len(body), "Expect": "100-continue", "Connection": "close"}), body)
        self.assertEqual(interim, b"HTTP/1.1 100 Continue\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:200])
        self.assertEqual(self.s3.head_object(Bucket="stones", Key="expected")["ContentLength"], len(body))

    def test_a_refused_head_gets_its_answer_before_the_body(self):
        headers = self.sign("PUT", "/stones/expected", b"x" * 200_000)
        headers["Authorization"] = headers["Authorization"][:-4] + "0000"
        _, answer = self.raw(self.head("PUT", "/stones/expected", {**headers, "Content-Length": 200_000, "Expect": "100-continue"}))
        self.assertTrue(answer.startswith(b"HTTP/1.1 403"), answer[:200])
        # Of a missing bucket a large body learns before it is sent, too.
        headers = self.sign("PUT", "/no-such-bucket/k", b"x" * 200_000)
        _, answer = self.raw(self.head("PUT", "/no-such-bucket/k", {**headers, "Content-Length": 200_000, "Expect": "100-continue"}))
        self.assertTrue(answer.startswith(b"HTTP/1.1 404") or b"HTTP/1.1 404" in answer, answer[:200])

    def test_chunked_transfer_encoding(self):
        """curl and Go send it when they do not know a length: S3 wants to know one, the others do not mind."""
        body = b"granite" * 30_000
        headers = self.sign("PUT", "/stones/chunked", body)
        chunks = b"".join(f"{len(body[i:i + 50_000]):x}\r\n".encode() + body[i:i + 50_000] + b"\r\n" for i in range(0, len(body), 50_000)) + b"0\r\n\r\n"
        with socket.create_connection(self.host.split(":"), timeout=10) as plain:
            plain.sendall(self.head("PUT", "/stones/chunked", {**headers, "Transfer-Encoding": "chunked", "Connection": "close"}) + chunks)
            answer = b""
            while data := plain.recv(65536):
                answer += data
        self.assertTrue(answer.startswith(b"HTTP/1.1 501"), answer[:300])
        self.assertIn(b"<Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented</Message>", answer)
        # The JSON services take it.
        data = b"{}"
        request = AWSRequest("POST", self.server.endpoint + "/", data=data,
                             headers={"Host": self.host, "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "CloudTrail_20131101.LookupEvents"})
        SigV4Auth(Credentials(self.server.access_key, self.server.secret_key), "cloudtrail", "us-east-1").add_auth(request)
        _, answer = self.raw(self.head("POST", "/", {**dict(request.headers), "Transfer-Encoding": "chunked", "Connection": "close"}) + b"2\r\n{}\r\n0\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"), answer[:300])

    def test_signed_chunks(self):
        """aws-chunked with a signature on every chunk: the Java SDK's way over plain HTTP."""
        import hmac
        body = bytes(range(256)) * 1000
        size = 64 * 1024
        pieces = [body[i:i + size] for i in range(0, len(body), size)] + [b""]
        overhead = sum(len(f"{len(piece):x};chunk-signature=") + 64 + 4 for piece in pieces)
        path = "/stones/signed-chunks"
        headers = self.sign("PUT", path, sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                            **{"Content-Encoding": "aws-chunked", "x-amz-decoded-content-length": str(len(body)), "Content-Length": str(len(body) + overhead)})
        date = headers["X-Amz-Date"]
        scope = f"{date[:8]}/us-east-1/s3/aws4_request"
        key = f"AWS4{self.server.secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()

        def encoded(last):
            out = b""
            for piece in pieces:
                text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", date, scope, last, hashlib.sha256(b"").hexdigest(), hashlib.sha256(piece).hexdigest()])
                last = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
                out += f"{len(piece):x};chunk-signature={last}\r\n".encode() + piece + b"\r\n"
            return out

        good = encoded(headers["Authorization"].split("Signature=")[1])
        self.assertEqual(len(good), len(body) + overhead)
        connection = http.client.HTTPConnection(self.host, timeout=10)
        self.addCleanup(connection.close)
        connection.request("PUT", path, body=good, headers=headers)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200, answer.read())
        self.assertEqual(self.s3.get_object(Bucket="stones", Key="signed-chunks")["Body"].read(), body)
        record = all_records(self.server)[-2]
        self.assertEqual((record["eventName"], record["additionalEventData"]["bytesTransferredIn"]), ("PutObject", len(body)))

        changed = bytearray(good)
        changed[100_000] ^= 1
        connection = http.client.HTTPConnection(self.host, timeout=10)
        self.addCleanup(connection.close)
        connection.request("PUT", path, body=bytes(changed), headers=headers)
        answer = connection.getresponse()
        self.assertEqual((answer.status, b"SignatureDoesNotMatch" in answer.read()), (403, True))
        self.assertEqual(self.s3.get_object(Bucket="stones", Key="signed-chunks")["Body"].read(), body, "nothing of it counted")

    def test_a_body_that_is_not_what_was_signed(self):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        self.addCleanup(connection.close)
        connection.request("PUT", "/stones/k", body=b"shale!!", headers=self.sign("PUT", "/stones/k", b"granite"))
        answer = connection.getresponse()
        self.assertEqual((answer.status, b"XAmzContentSHA256Mismatch" in answer.read()), (400, True))
        self.assertEqual(self.s3.get_object(Bucket="stones", Key="k")["Body"].read(), b"granite")

    def test_requests_on_one_connection(self):
        """Two requests in one packet are answered in order."""
        get = self.head("GET", "/stones/k", self.sign("GET", "/stones/k"))
        missing = self.head("GET", "/stones/none", {**self.sign("GET", "/stones/none"), "Connection": "close"})
        with socket.create_connection(self.host.split(":"), timeout=10) as plain:
            plain.sendall(get + missing)
            answer = b""
            while data := plain.recv(65536):
                answer += data
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"))
        self.assertLess(answer.index(b"granite"), answer.index(b"HTTP/1.1 404"))


if __name__ == "__main__":
    unittest.main()
