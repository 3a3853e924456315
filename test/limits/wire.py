"""Requests as no SDK would send them, the server's answers read byte by byte, and what must hold after any of them."""
import hashlib
import os
import json
import re
import socket
import time
import unittest
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from server import Server, all_events, eventually

ANSWER_SECONDS = 10                 # a refusal that takes longer is a fault of its own
MEMORY_GROWTH_MAX = 96 << 20        # what a whole test class may leave behind, caches included


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def request_id(self):
        return self.headers.get("x-amz-request-id") or self.headers.get("x-amzn-requestid")

    @property
    def code(self):
        """The error code, whichever protocol carries it."""
        xml = re.search(rb"<Code>([^<]+)</Code>", self.body)
        if xml:
            return xml[1].decode()
        try:
            return json.loads(self.body)["__type"].split("#")[-1]
        except (ValueError, KeyError, TypeError):
            return None

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def connect(server, timeout=ANSWER_SECONDS):
    host = urllib.parse.urlsplit(server.endpoint)
    return socket.create_connection((host.hostname, host.port), timeout)


def read_answer(file, with_body=True):
    """One answer; None if the connection ended before it. `with_body`: False for the answer to a HEAD."""
    line = file.readline()
    if not line:
        return None
    status = int(line.split()[1])
    headers = {}
    while True:
        line = file.readline().rstrip(b"\r\n")
        if not line:
            break
        name, _, value = line.partition(b":")
        headers[name.decode().lower()] = value.strip().decode("latin-1")
    if status == 100:
        return read_answer(file, with_body)
    return Answer(status, headers, file.read(int(headers.get("content-length", 0))) if with_body else b"")


def exchange(server, *pieces, end=False):
    """Sends the pieces over a connection of their own and reads the first answer; `end`: the client stops sending there."""
    with connect(server) as sock:
        try:
            for piece in pieces:
                sock.sendall(piece)
            if end:
                sock.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass                                   # refused before all of it was sent
        return read_answer(sock.makefile("rb"), with_body=not pieces[0].startswith(b"HEAD"))


def head(method, target, headers):
    lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class S3Auth(botocore.auth.S3SigV4Auth):
    """Signs over a given body hash, whatever the body."""
    sha256 = None

    def payload(self, request):
        return self.sha256


class Signed:
    """A request signed by botocore, as head and body, to be spoilt afterwards."""

    def __init__(self, server, service, method, target, body=b"", headers=None, sha256=None, region="us-east-1"):
        credentials = botocore.credentials.Credentials(server.access_key, server.secret_key)
        headers = dict(headers or {})
        self.body = body
        self.method, self.target = method, target
        request = botocore.awsrequest.AWSRequest(method, server.endpoint + target, data=body, headers=headers)
        auth = (S3Auth if service == "s3" else botocore.auth.SigV4Auth)(credentials, service, region)
        auth.sha256 = sha256 or hashlib.sha256(body).hexdigest()
        auth.add_auth(request)
        self.headers = dict(request.headers.items())
        self.headers["Host"] = urllib.parse.urlsplit(server.endpoint).netloc

    def head(self, length=None, without_length=False, extra=()):
        headers = list(self.headers.items()) + list(extra)
        if not without_length:
            headers.append(("Content-Length", len(self.body) if length is None else length))
        return head(self.method, self.target, headers)

    def bytes(self, **how):
        return self.head(**how) + self.body


class LimitsTest(unittest.TestCase):
    """One server for a class; after all of it that server is healthy, small, and has told nobody about a bug."""
    options = ()
    memory_growth_max = MEMORY_GROWTH_MAX

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options)
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.start()
        cls.memory_before = memory(cls.server)

    def tearDown(self):
        server = self.server
        self.assertIsNone(server.process.poll(), server.output())
        self.assertEqual(server.get("/_cairn/health")[0], 200)
        self.assertLess(memory(server) - self.memory_before, self.memory_growth_max, "memory")
        self.assertNotIn("a call failed within", server.output())
        self.assertNotIn("a connection failed", server.output())

    def call(self, service, method, target, body=b"", headers=None, **how):
        return exchange(self.server, Signed(self.server, service, method, target, body, headers, **how).bytes())

    def assert_refused(self, answer, status, code, recorded):
        self.assertIsNotNone(answer, "no answer")
        self.assertEqual((answer.status, answer.code), (status, code), answer)
        self.assert_recorded(answer, code if recorded else None)

    def assert_recorded(self, answer, error_code):
        """Exactly one record with that error code, or none at all."""
        records = self.records(answer.request_id)
        self.assertEqual([r.get("errorCode") for r in records], [error_code] if error_code else [], answer)

    def assert_recorded_once(self, answer):
        """Under whatever code events have for it: some differ from the answer's."""
        self.assertEqual(len(self.records(answer.request_id)), 1, answer)

    def records(self, request_id):
        """Those of one request; sure to be all, because a call made later is in the history already."""
        later = self.call("sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15",
                          {"Content-Type": "application/x-www-form-urlencoded"}).request_id
        events = eventually(lambda: (lambda all: all if later in {r["requestID"] for r in all} else None)(
            [json.loads(e["CloudTrailEvent"]) for e in all_events(self.server)]))
        self.assertTrue(events, "the history stands still")
        return [r for r in events if r["requestID"] == request_id]


def memory(server):
    """Resident bytes of the server."""
    if os.environ.get("CAIRN_SANITIZER"):
        return 0  # a sanitizer's own memory is many times the server's
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS"))


def metric(server, name):
    page = server.get("/_cairn/metrics")[1].decode()
    return int(re.search(rf"^cairn_{name} (\d+)$", page, re.M)[1])


def put_bucket(server, name):
    server.client("s3").create_bucket(Bucket=name)


def seconds(function):
    started = time.monotonic()
    function()
    return time.monotonic() - started
