"""StartLiveTail: the answer is a stream that tells of log events as they come. Debian's clients are too old to know it, so the frames are
read by botocore's own parser; a boto3 that knows the operation is used as well, if there is one."""
import http.client
import json
import subprocess
import time
import unittest
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.eventstream

from server import Server, all_records, eventually, other_aws, signed_post


class Session:
    """What a client of StartLiveTail does: one signed call, whose answer it reads event by event."""

    def __init__(self, server, access_key=None, secret_key=None, region="us-east-1", **parameters):
        keys = botocore.credentials.Credentials(access_key or server.access_key, secret_key or server.secret_key)
        body = json.dumps(parameters).encode()
        request = botocore.awsrequest.AWSRequest("POST", server.endpoint + "/", data=body, headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.StartLiveTail"})
        botocore.auth.SigV4Auth(keys, "logs", region).add_auth(request)
        place = urllib.parse.urlsplit(server.endpoint)
        self.connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
        self.connection.request("POST", "/", body, dict(request.headers))
        self.response = self.connection.getresponse()
        self.buffer = botocore.eventstream.EventStreamBuffer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.response.close()
        self.connection.close()

    def refusal(self):
        with self:
            return json.loads(self.response.read())["__type"].split("#")[-1]

    def event(self):
        """The next one: its type and document; None at the stream's end."""
        while True:
            for message in self.buffer:
                headers = message.headers
                return headers.get(":event-type") or headers[":exception-type"], json.loads(message.payload)
            data = self.response.read1(65536)
            if not data:
                return None
            self.buffer.add_data(data)

    def begun(self):
        first, second = self.event(), self.event()
        assert first == ("initial-response", {}), first
        assert second[0] == "sessionStart", second
        return second[1]

    def results(self, count):
        """As many results as that, over as many updates as it takes, and whether any said sampled."""
        results, sampled = [], False
        while len(results) < count:
            kind, document = self.event()
            assert kind == "sessionUpdate", (kind, document)
            results += document["sessionResults"]
            sampled = sampled or document["sessionMetadata"]["sampled"]
        return results, sampled


class LiveTail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.addClassCleanup(lambda: cls.server.__exit__())
        cls.logs = cls.server.client("logs")
        cls.account = cls.server.client("sts").get_caller_identity()["Account"]

    def arn(self, name):
        return f"arn:aws:logs:us-east-1:{self.account}:log-group:{name}"

    def group(self, *streams, **more):
        name = self.id().rsplit(".", 1)[1]
        self.logs.create_log_group(logGroupName=name, **more)
        for stream in streams or ("s",):
            self.logs.create_log_stream(logGroupName=name, logStreamName=stream)
        return name

    def put(self, group, *messages, stream="s"):
        now = int(time.time() * 1000)
        self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[{"timestamp": now, "message": text} for text in messages])

    def test_a_session(self):
        group = self.group()
        self.put(group, "ERROR before the session")
        with Session(self.server, logGroupIdentifiers=[self.arn(group)], logEventFilterPattern="ERROR") as session:
            self.assertEqual(session.response.status, 200)
            self.assertEqual(session.response.headers["Content-Type"], "application/vnd.amazon.eventstream")
            self.assertEqual(session.response.headers["Transfer-Encoding"], "chunked")
            start = session.begun()
            self.assertEqual((start["logGroupIdentifiers"], start["logEventFilterPattern"]), ([self.arn(group)], "ERROR"))
            self.assertEqual(start["requestId"], session.response.headers["x-amzn-RequestId"])
            self.assertTrue(start["sessionId"])
            kind, empty = session.event()
            self.assertEqual((kind, empty), ("sessionUpdate", {"sessionMetadata": {"sampled": False}, "sessionResults": []}))
            self.put(group, "ERROR one", "INFO two", "ERROR three")
            results, sampled = session.results(2)
            self.assertEqual([result["message"] for result in results], ["ERROR one", "ERROR three"])
            self.assertFalse(sampled)
            self.assertEqual((results[0]["logStreamName"], results[0]["logGroupIdentifier"]), ("s", self.arn(group)))
            self.assertLessEqual(results[0]["timestamp"], results[0]["ingestionTime"] + 60_000)
            self.put(group, "ERROR later")
            self.assertEqual(session.results(1)[0][0]["message"], "ERROR later")
        [record] = [record for record in all_records(self.server) if record["eventName"] == "StartLiveTail" and "errorCode" not in record
                    and record["requestParameters"]["logGroupIdentifiers"] == [self.arn(group)]]
        self.assertEqual(record["eventSource"], "logs.amazonaws.com")

    def test_streams_by_name_and_prefix(self):
        group = self.group("web-1", "web-2", "db")
        for asked, wanted in (({"logStreamNames": ["db", "web-2"]}, ["db", "web-2"]), ({"logStreamNamePrefixes": ["web"]}, ["web-1", "web-2"])):
            with Session(self.server, logGroupIdentifiers=[self.arn(group)], **asked) as session:
                session.begun()
                for stream in ("web-1", "web-2", "db"):
                    self.put(group, f"of {stream}", stream=stream)
                results, _ = session.results(2)
                self.assertEqual(sorted(result["logStreamName"] for result in results), wanted)

    def test_more_than_can_be_told_is_sampled(self):
        group = self.group()
        with Session(self.server, logGroupIdentifiers=[self.arn(group)]) as session:
            session.begun()
            self.put(group, *(f"{number}" for number in range(3000)))
            while True:
                _, update = session.event()
                self.assertLessEqual(len(update["sessionResults"]), 500)
                if update["sessionResults"]:
                    break
            self.assertTrue(update["sessionMetadata"]["sampled"])
            self.assertEqual(len(update["sessionResults"]), 500)
            numbers = [int(result["message"]) for result in update["sessionResults"]]
            self.assertEqual(len(set(numbers)), 500)
            self.assertGreater(max(numbers), 2000, "drawn from all of it")

    def test_what_is_refused(self):
        group = self.group()
        arn = self.arn(group)
        made = signed_post(self.server, "logs", "Logs_20140328.CreateLogGroup", {"logGroupName": "seldom-read", "logGroupClass": "INFREQUENT_ACCESS"})
        self.assertEqual(made[0], 200)
        for parameters, code in (({"logGroupIdentifiers": [self.arn("none")]}, "ResourceNotFoundException"),
                                 ({"logGroupIdentifiers": [group]}, "InvalidParameterException"),
                                 ({"logGroupIdentifiers": [arn + ":*"]}, "InvalidParameterException"),
                                 ({"logGroupIdentifiers": []}, "InvalidParameterException"),
                                 ({"logGroupIdentifiers": [arn] * 11}, "InvalidParameterException"),
                                 ({"logGroupIdentifiers": [arn], "logEventFilterPattern": "{ $.a = "}, "InvalidParameterException"),
                                 ({"logGroupIdentifiers": [arn], "logStreamNames": ["s"], "logStreamNamePrefixes": ["s"]}, "InvalidParameterException"),
                                 ({"logGroupIdentifiers": [arn, self.arn("seldom-read")], "logStreamNames": ["s"]}, "InvalidParameterException"),
                                 ({"logGroupIdentifiers": [self.arn("seldom-read")]}, "InvalidOperationException")):
            self.assertEqual(Session(self.server, **parameters).refusal(), code, parameters)

    def test_permission(self):
        group = self.group()
        iam = self.server.client("iam")
        iam.create_user(UserName="tailer")
        key = iam.create_access_key(UserName="tailer")["AccessKey"]
        as_user = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"], "logGroupIdentifiers": [self.arn(group)]}
        self.assertEqual(Session(self.server, **as_user).refusal(), "AccessDeniedException")
        iam.put_user_policy(UserName="tailer", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "logs:StartLiveTail", "Resource": self.arn(group) + ":*"}]}))
        with Session(self.server, **as_user) as session:
            session.begun()
        self.assertEqual(Session(self.server, **{**as_user, "logGroupIdentifiers": [self.arn(group), self.arn("another")]}).refusal(), "AccessDeniedException")

    def test_sessions_are_counted(self):
        west = "us-west-2"  # the quota is a region's: other tests are not held up
        self.server.client("logs", region=west).create_log_group(logGroupName="g")
        ask = {"logGroupIdentifiers": [f"arn:aws:logs:{west}:{self.account}:log-group:g"]}

        sessions = [Session(self.server, region=west, **ask) for _ in range(15)]
        self.assertEqual([session.response.status for session in sessions], [200] * 15)
        self.assertEqual(Session(self.server, region=west, **ask).refusal(), "LimitExceededException")
        for session in sessions:
            session.close()

        def again():
            with Session(self.server, region=west, **ask) as session:
                return session.response.status == 200
        self.assertTrue(eventually(again), "who has gone is not counted")

    def test_a_group_under_a_key(self):
        kms = self.server.client("kms")
        key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"}},
            {"Effect": "Allow", "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}}]}))
        key = key["KeyMetadata"]["Arn"]
        group = self.group(kmsKeyId=key)
        with Session(self.server, logGroupIdentifiers=[self.arn(group)]) as session:
            session.begun()
            self.put(group, "under the key")
            self.assertEqual(session.results(1)[0][0]["message"], "under the key")
            kms.disable_key(KeyId=key)
            kind, _ = next(event for event in iter(session.event, "never") if event[0] != "sessionUpdate")
            self.assertEqual(kind, "SessionStreamingException")
            self.assertIsNone(session.event())
        self.assertEqual(Session(self.server, logGroupIdentifiers=[self.arn(group)]).refusal(), "AccessDeniedException")

    def test_the_connection_goes_on_and_the_server_stops(self):
        with Server() as server:
            server.client("logs").create_log_group(logGroupName="g")
            account = server.client("sts").get_caller_identity()["Account"]
            session = Session(server, logGroupIdentifiers=[f"arn:aws:logs:us-east-1:{account}:log-group:g"])
            session.begun()
            server.stop()
            self.assertEqual(server.process.returncode, 0)
            while session.event() is not None:
                pass
            session.close()

    def test_by_boto3(self):
        client = self.server.client("logs", inject_host_prefix=False)
        if not hasattr(client, "start_live_tail"):
            self.skipTest("this boto3 does not know StartLiveTail")
        group = self.group()
        stream = client.start_live_tail(logGroupIdentifiers=[self.arn(group)])["responseStream"]
        told = False
        for event in stream:
            if "sessionStart" in event:
                self.put(group, "by boto3")
            for result in event.get("sessionUpdate", {}).get("sessionResults", []):
                self.assertEqual(result["message"], "by boto3")
                told = True
            if told:
                break
        stream.close()

    def test_by_a_newer_cli(self):
        program = other_aws()
        if not program:
            self.skipTest("no AWS CLI newer than Debian's")
        group = self.group()
        command = [program, "--endpoint-url", self.server.endpoint, "logs", "start-live-tail", "--log-group-identifiers", self.arn(group)]
        with subprocess.Popen(command, env=self.server.environment(AWS_DISABLE_HOST_PREFIX_INJECTION="true"), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            def is_listening():
                return process.poll() is not None or any(record["eventName"] == "StartLiveTail" and "errorCode" not in record
                                                         and self.arn(group) in record["requestParameters"]["logGroupIdentifiers"] for record in all_records(self.server))
            self.assertTrue(eventually(is_listening, 60))
            if process.poll() is not None:
                self.skipTest(f"this CLI does not know it: {process.stderr.read()[-300:]}")
            self.put(group, "by the CLI")
            self.assertEqual(process.stdout.readline().strip(), "by the CLI")
            process.terminate()


if __name__ == "__main__":
    unittest.main()
