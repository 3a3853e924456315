"""Who is not who they say: the code and status that AWS gives, by protocol, and not a trace in the history.

S3 speaks rest-xml, CloudTrail JSON, STS query."""
import contextlib
import datetime
import hashlib
import http.client
import json
import re
import unittest
import urllib.error
import urllib.request
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from server import Server, all_records

FORM = "application/x-www-form-urlencoded; charset=utf-8"
ACTION = b"Action=GetCallerIdentity&Version=2011-06-15"
LOOKUP = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"


@contextlib.contextmanager
def clock_shifted(minutes):
    """botocore signs as if it were later, or earlier."""
    shift, real = datetime.timedelta(minutes=minutes), datetime.datetime

    class Shifted(real):
        @classmethod
        def utcnow(cls):
            return real.utcnow() + shift

        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + shift

    with mock.patch.object(datetime, "datetime", Shifted):
        yield


class Authentication(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.host = cls.server.endpoint.split("//")[1]
        s3 = cls.server.client("s3")
        s3.create_bucket(Bucket="stones")
        s3.put_object(Bucket="stones", Key="k", Body=b"granite")
        cls.known = [record["requestID"] for record in all_records(cls.server)]

    def tearDown(self):
        """Nothing of what a test did may be recorded. A call that is comes last, so that all before it would be there, too."""
        self.server.client("sts").get_caller_identity()
        records = all_records(self.server)
        new = [record for record in records if record["requestID"] not in self.known]
        type(self).known += [record["requestID"] for record in new]
        self.assertEqual([record["eventName"] for record in new], ["GetCallerIdentity"], new)

    # ------------------------------------------------------------------ through botocore

    def calls(self, **client):
        """One call of each protocol; what a client with such settings gets."""
        outcomes = {}
        for service, operation, arguments in (("s3", "get_object", {"Bucket": "stones", "Key": "k"}), ("s3", "list_buckets", {}),
                                              ("s3", "put_object", {"Bucket": "stones", "Key": "k", "Body": b"slate"}),
                                              ("cloudtrail", "lookup_events", {}), ("sts", "get_caller_identity", {})):
            try:
                getattr(self.server.client(service, **client), operation)(**arguments)
                outcomes[operation] = "let in"
            except ClientError as error:
                answer = error.response
                self.assertTrue(answer["ResponseMetadata"].get("RequestId"), "an id to ask about")
                outcomes[operation] = (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"])
                self.message = {**getattr(self, "message", {}), operation: answer["Error"]["Message"]}
        return outcomes

    def expect(self, outcomes, *, s3, json, query):
        self.assertEqual(outcomes, {"get_object": s3, "list_buckets": s3, "put_object": s3, "lookup_events": json, "get_caller_identity": query})

    def test_wrong_secret(self):
        self.expect(self.calls(secret_key="0" * 40), s3=("SignatureDoesNotMatch", 403), json=("InvalidSignatureException", 400),
                    query=("SignatureDoesNotMatch", 403))
        self.assertRegex(self.message["get_object"], "^The request signature we calculated does not match the signature you provided. Check your key")
        for operation in ("lookup_events", "get_caller_identity"):
            self.assertRegex(self.message[operation], "^The request signature we calculated does not match the signature you provided. Check your AWS")

    def test_unknown_key(self):
        self.expect(self.calls(access_key="AKIAIOSFODNN7EXAMPLE"), s3=("InvalidAccessKeyId", 403), json=("UnrecognizedClientException", 400),
                    query=("InvalidClientTokenId", 403))
        self.assertEqual(self.message["get_object"], "The AWS Access Key Id you provided does not exist in our records.")
        self.assertEqual(self.message["lookup_events"], "The security token included in the request is invalid.")
        self.assertEqual(self.message["get_caller_identity"], "The security token included in the request is invalid.")

    def test_a_wrong_clock(self):
        for minutes in (-16, 16):
            with clock_shifted(minutes):
                self.expect(self.calls(), s3=("RequestTimeTooSkewed", 403), json=("InvalidSignatureException", 400), query=("SignatureDoesNotMatch", 403))
            self.assertEqual(self.message["get_object"], "The difference between the request time and the current time is too large.")
            for operation in ("lookup_events", "get_caller_identity"):
                self.assertRegex(self.message[operation], r"^Signature expired: \d{8}T\d{6}Z is now earlier than" if minutes < 0 else
                                 r"^Signature not yet current: \d{8}T\d{6}Z is still later than")

    def test_a_clock_a_little_wrong_is_no_matter(self):
        for minutes in (-14, 4):
            with clock_shifted(minutes):
                self.server.client("sts").get_caller_identity()
        type(self).known += [record["requestID"] for record in all_records(self.server)[-2:]]

    def test_a_session_token_that_nobody_gave(self):
        import boto3
        for service, operation, expected in (("s3", "list_buckets", ("InvalidToken", 400)), ("cloudtrail", "lookup_events", ("UnrecognizedClientException", 400)),
                                             ("sts", "get_caller_identity", ("InvalidClientTokenId", 403))):
            client = boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=self.server.access_key,
                                  aws_secret_access_key=self.server.secret_key, aws_session_token="FwoGZXIvYXdzEXAMPLE")
            with self.assertRaises(ClientError) as caught:
                getattr(client, operation)()
            answer = caught.exception.response
            self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), expected)

    # ------------------------------------------------------------------ by hand

    def send(self, request):
        """(status, code, message) of a prepared request, sent as it is."""
        plain = urllib.request.Request(request.url, data=request.data or None, headers=dict(request.headers), method=request.method)
        try:
            with urllib.request.urlopen(plain, timeout=10) as answer:
                return answer.status, "let in", answer.read()
        except urllib.error.HTTPError as error:
            body = error.read().decode()
            if body.startswith("{"):
                document = json.loads(body)
                return error.code, document["__type"].split("#")[-1], document.get("message") or document.get("Message")
            code, message = re.search("<Code>([^<]*)", body), re.search("<Message>([^<]*)", body)
            return error.code, code and code[1], message and message[1]

    def request(self, protocol):
        if protocol == "s3":
            return AWSRequest("PUT", self.server.endpoint + "/stones/k", data=b"slate", headers={"Host": self.host})
        if protocol == "json":
            return AWSRequest("POST", self.server.endpoint + "/", data=b"{}",
                              headers={"Host": self.host, "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": LOOKUP})
        return AWSRequest("POST", self.server.endpoint + "/", data=ACTION, headers={"Host": self.host, "Content-Type": FORM})

    def signed(self, protocol, service=None):
        request = self.request(protocol)
        credentials = Credentials(self.server.access_key, self.server.secret_key)
        if protocol == "s3":
            request.headers["x-amz-content-sha256"] = hashlib.sha256(request.data).hexdigest()
            auth = botocore.auth.S3SigV4Auth(credentials, service or "s3", "us-east-1")
        else:
            auth = botocore.auth.SigV4Auth(credentials, service or {"json": "cloudtrail", "query": "sts"}[protocol], "us-east-1")
        auth.add_auth(request)
        return request

    def change(self, request, old, new):
        value = request.headers["Authorization"]
        changed = re.sub(old, new, value)
        self.assertNotEqual(value, changed)
        del request.headers["Authorization"]
        request.headers["Authorization"] = changed
        return request

    def test_a_changed_signature(self):
        for protocol, expected in (("s3", (403, "SignatureDoesNotMatch")), ("json", (400, "InvalidSignatureException")), ("query", (403, "SignatureDoesNotMatch"))):
            request = self.signed(protocol)
            self.change(request, "Signature=(.*)(.)$", lambda m: f"Signature={m[1]}{'0' if m[2] != '0' else '1'}")
            self.assertEqual(self.send(request)[:2], expected)

    def test_a_changed_body(self):
        for protocol, expected in (("s3", (400, "XAmzContentSHA256Mismatch")), ("json", (400, "InvalidSignatureException")), ("query", (403, "SignatureDoesNotMatch"))):
            request = self.signed(protocol)
            request.data = {"s3": b"shale", "json": b'{"MaxResults":1}', "query": ACTION + b"&x=1"}[protocol]
            if protocol == "s3":   # the caller was genuine, its bytes were not: a call like any other
                continue
            self.assertEqual(self.send(request)[:2], expected)

    def test_another_services_scope(self):
        status, code, message = self.send(self.signed("s3", "ec2"))
        self.assertIn((status, code), [(400, "AuthorizationHeaderMalformed"), (501, "NotImplemented")])
        self.assertEqual(self.send(self.signed("json", "iam")),
                         (400, "InvalidSignatureException", "Credential should be scoped to correct service: 'cloudtrail'. "))

    def test_no_signature_at_all(self):
        request = self.request("json")
        self.assertEqual(self.send(request), (400, "MissingAuthenticationTokenException", "Missing Authentication Token"))
        request = self.request("query")
        self.assertEqual(self.send(request), (403, "MissingAuthenticationToken", "Request is missing Authentication Token"))
        request.headers.replace_header("Host", "sts.us-east-1.amazonaws.com")
        self.assertEqual(self.send(request), (403, "MissingAuthenticationToken", "Request is missing Authentication Token"))

    def test_a_broken_header(self):
        self.assertEqual(self.send(self.change(self.signed("json"), "SignedHeaders=[^,]*, ", ""))[:2], (400, "IncompleteSignatureException"))
        self.assertEqual(self.send(self.change(self.signed("query"), "SignedHeaders=[^,]*, ", ""))[:2], (400, "IncompleteSignature"))
        self.assertEqual(self.send(self.change(self.signed("s3"), "SignedHeaders=[^,]*, ", ""))[:2], (400, "AuthorizationHeaderMalformed"))
        for protocol, expected in (("s3", (400, "InvalidArgument")), ("json", (400, "IncompleteSignatureException")), ("query", (400, "IncompleteSignature"))):
            request = self.request(protocol)
            request.headers["Authorization"] = "Bearer abc"
            if protocol == "query":
                continue   # nothing in it says which service was meant
            self.assertEqual(self.send(request)[:2], expected)

    def test_presigned_urls(self):
        s3 = self.server.client("s3", signature_version="s3v4")

        def url(**more):
            return s3.generate_presigned_url("get_object", {"Bucket": "stones", "Key": "k"}, **more)

        def get(address):
            return self.send(AWSRequest("GET", address))

        with clock_shifted(-10):
            old = url(ExpiresIn=300)
        self.assertEqual(get(old), (403, "AccessDenied", "Request has expired"))
        with clock_shifted(60):
            early = url()
        self.assertEqual(get(early)[:2], (403, "AccessDenied"))
        good = url()
        self.assertEqual(get(good.replace("/stones/k?", "/stones/other?"))[:2], (403, "SignatureDoesNotMatch"))
        self.assertEqual(get(good.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000"))[:2], (403, "SignatureDoesNotMatch"))
        self.assertEqual(get(good.replace("X-Amz-Expires=3600", "X-Amz-Expires=604801"))[:2], (400, "AuthorizationQueryParametersError"))
        self.assertEqual(get(re.sub("&X-Amz-Signature=.*", "", good))[:2], (400, "AuthorizationQueryParametersError"))
        self.assertEqual(self.send(AWSRequest("DELETE", good))[:2], (403, "SignatureDoesNotMatch"))

    def test_an_old_signature_version(self):
        # botocore's "s3" is the version before 4, which S3 no longer takes in its newer regions.
        with self.assertRaises(ClientError) as caught:
            self.server.client("s3", signature_version="s3").list_buckets()
        self.assertEqual(caught.exception.response["Error"]["Code"], "InvalidRequest")

    def test_refusals_leave_the_connection_usable(self):
        connection = http.client.HTTPConnection(self.host, timeout=10)
        self.addCleanup(connection.close)
        request = self.signed("json")
        for headers, expected in (({**dict(request.headers), "Authorization": "AWS4-HMAC-SHA256 nonsense"}, 400), ({}, 403)):
            connection.request("POST" if headers else "GET", "/" if headers else "/stones", body=b"{}" if headers else None, headers=headers)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, expected)
            sock = connection.sock
        self.assertIsNotNone(sock)
        [listing] = all_records(self.server)[-1:]
        self.assertEqual(listing["userIdentity"]["accountId"], "ANONYMOUS_PRINCIPAL", "who asks a bucket that is here is recorded")
        type(self).known.append(listing["requestID"])


if __name__ == "__main__":
    unittest.main()
