"""Server access logs: what a bucket was asked for is in its target, in S3's format, each request once; who may deliver and who may not."""
import json
import re
import time
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError

from server import Server, eventually

# The expression that AWS's documents give for Athena, field by field.
FIELDS = ("owner bucket time ip requester id operation key uri status error sent size total turnaround referer agent version host_id "
          "signature cipher authentication host tls access_point acl").split()
LINE = re.compile(r'([^ ]*) ([^ ]*) \[(.*?)\] ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ("[^"]*"|-) (-|[0-9]*) ([^ ]*) ([^ ]*) ([^ ]*) '
                  r'([^ ]*) ([^ ]*) ("[^"]*"|-) ("[^"]*"|-) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*) ([^ ]*)$')


class AccessLogTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--set", "delivery.interval=1s")
        cls.server.__enter__()
        cls.s3 = cls.server.client("s3", signature_version="s3v4")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def allow(self, target, source):
        self.s3.put_bucket_policy(Bucket=target, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
             "Resource": f"arn:aws:s3:::{target}/*", "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{source}"}}}]}))

    def logged(self, source, target=None, prefix="log/", **more):
        target = target or f"{source}-logs"
        self.s3.create_bucket(Bucket=source)
        if target != source:
            self.s3.create_bucket(Bucket=target)
        self.allow(target, source)
        self.s3.put_bucket_logging(Bucket=source, BucketLoggingStatus={"LoggingEnabled": {
            "TargetBucket": target, "TargetPrefix": prefix, **more}})
        return target

    def lines(self, target, prefix="log/"):
        found = []
        for item in self.s3.list_objects_v2(Bucket=target, Prefix=prefix).get("Contents", []):
            text = self.s3.get_object(Bucket=target, Key=item["Key"])["Body"].read().decode()
            self.assertTrue(text.endswith("\n"))
            for line in text.splitlines():
                match = LINE.match(line)
                self.assertTrue(match, line)
                found.append(dict(zip(FIELDS, match.groups())))
        return found

    def wait_for(self, target, operation, count=1, prefix="log/"):
        def probe():
            found = [line for line in self.lines(target, prefix) if line["operation"] == operation]
            return found if len(found) >= count else None
        found = eventually(probe, timeout=15)
        self.assertTrue(found, f"{operation}: {self.lines(target, prefix)}")
        return found

    def test_what_was_asked_is_in_the_log(self):
        target = self.logged("asked")
        me = self.server.client("sts").get_caller_identity()["Arn"]
        body = b"x" * 1234
        self.s3.put_object(Bucket="asked", Key="a b/c", Body=body)
        self.s3.get_object(Bucket="asked", Key="a b/c", Range="bytes=0-99")["Body"].read()
        with self.assertRaises(ClientError):
            self.s3.head_object(Bucket="asked", Key="absent")
        url = self.s3.generate_presigned_url("get_object", {"Bucket": "asked", "Key": "a b/c"})
        urllib.request.urlopen(urllib.request.Request(url, headers={"Referer": 'http://page/"q"', "User-Agent": "a \"browser\""})).read()
        with self.assertRaises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{self.server.endpoint}/asked/a%20b/c")
        self.s3.copy_object(Bucket="asked", Key="copy", CopySource="asked/a b/c")
        self.s3.delete_objects(Bucket="asked", Delete={"Objects": [{"Key": "copy"}, {"Key": "never"}]})
        deleted = self.wait_for(target, "BATCH.DELETE.OBJECT", 2)
        self.assertEqual({line["key"] for line in deleted}, {"copy", "never"})
        lines = self.lines(target)

        put = next(line for line in lines if line["operation"] == "REST.PUT.OBJECT")
        self.assertEqual((put["bucket"], put["ip"], put["requester"], put["key"], put["status"], put["error"], put["sent"], put["size"]),
                         ("asked", "127.0.0.1", me, "a%20b/c", "200", "-", "-", "1234"))
        self.assertEqual((put["uri"], put["signature"], put["authentication"], put["tls"]),
                         ('"PUT /asked/a%20b/c HTTP/1.1"', "SigV4", "AuthHeader", "-"))
        self.assertRegex(put["time"], r"^\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d \+0000$")
        self.assertRegex(put["owner"], "^[0-9a-f]{64}$")
        gets = [line for line in lines if line["operation"] == "REST.GET.OBJECT"]
        self.assertEqual([(g["status"], g["error"], g["sent"], g["size"], g["authentication"]) for g in gets[:2]],
                         [("206", "-", "100", "1234", "AuthHeader"), ("200", "-", "1234", "1234", "QueryString")])
        self.assertEqual((gets[1]["referer"], gets[1]["agent"]), ('"http://page/%22q%22"', '"a %22browser%22"'))
        self.assertIn("X-Amz-Signature=REDACTED", gets[1]["uri"])
        self.assertEqual((gets[2]["status"], gets[2]["error"], gets[2]["requester"], gets[2]["authentication"]), ("403", "AccessDenied", "-", "-"))
        head = next(line for line in lines if line["operation"] == "REST.HEAD.OBJECT")
        self.assertEqual((head["status"], head["key"]), ("404", "absent"))
        self.assertEqual([line["key"] for line in lines if line["operation"] in ("REST.COPY.OBJECT", "REST.COPY.OBJECT_GET")], ["copy", "a%20b/c"])
        self.assertEqual(sum(line["operation"] == "REST.POST.MULTI_OBJECT_DELETE" for line in lines), 1)
        self.assertEqual(len({line["id"] for line in lines if not line["operation"].startswith(("BATCH", "REST.COPY"))}),
                         sum(not line["operation"].startswith(("BATCH", "REST.COPY")) for line in lines), "each once")

    def test_the_cli_sets_and_shows_it(self):
        target = self.logged("by-cli")
        setting = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "new/", "TargetObjectKeyFormat": {
            "PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}}
        # Debian's client does not know the newer form of names.
        self.s3.put_bucket_logging(Bucket="by-cli", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "new/"}})
        shown = json.loads(self.server.aws("s3api", "get-bucket-logging", "--bucket", "by-cli").stdout)
        self.assertEqual(shown, {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "new/"}})
        self.server.aws("s3api", "put-bucket-logging", "--bucket", "by-cli", "--bucket-logging-status", "{}")
        self.assertEqual(self.server.aws("s3api", "get-bucket-logging", "--bucket", "by-cli").stdout, "")
        del setting

    def test_its_own_target_does_not_log_without_end(self):
        self.logged("self", "self")
        self.s3.put_object(Bucket="self", Key="k", Body=b"x")
        self.wait_for("self", "REST.PUT.OBJECT")
        self.s3.put_object(Bucket="self", Key="after", Body=b"x")  # its line comes behind one of the first delivery, if there were any
        lines = self.wait_for("self", "REST.PUT.OBJECT", 2)
        self.assertEqual({line["key"] for line in lines}, {"k", "after"})
        self.s3.put_bucket_logging(Bucket="self", BucketLoggingStatus={})

    def test_who_may_deliver(self):
        for bucket in ("unfit", "unfit-logs"):
            self.s3.create_bucket(Bucket=bucket)
        wanted = {"LoggingEnabled": {"TargetBucket": "unfit-logs", "TargetPrefix": ""}}
        self.s3.put_bucket_logging(Bucket="unfit", BucketLoggingStatus=wanted)  # a policy is only asked when lines are due
        self.s3.put_object(Bucket="unfit", Key="k", Body=b"x")
        self.assertTrue(eventually(lambda: re.search(r"^cairn_access_log_failures_total [1-9]", self.server.get("/_cairn/metrics")[1].decode(), re.M)))
        self.assertEqual(self.s3.list_objects_v2(Bucket="unfit-logs")["KeyCount"], 0)
        self.allow("unfit-logs", "unfit")
        self.wait_for("unfit-logs", "REST.PUT.OBJECT", prefix="")  # it waited
        for target, code in (("absent", "InvalidTargetBucketForLogging"),):
            with self.assertRaises(ClientError) as refused:
                self.s3.put_bucket_logging(Bucket="unfit", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": ""}})
            self.assertEqual(refused.exception.response["Error"]["Code"], code)

    def test_lists_give_the_log_delivery_group_its_way_in(self):
        for bucket in ("listed", "listed-logs"):
            self.s3.create_bucket(Bucket=bucket)
        self.s3.put_bucket_ownership_controls(Bucket="listed-logs", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
        wanted = {"LoggingEnabled": {"TargetBucket": "listed-logs", "TargetPrefix": "log/"}}
        with self.assertRaises(ClientError) as refused:
            self.s3.put_bucket_logging(Bucket="listed", BucketLoggingStatus=wanted)
        self.assertEqual(refused.exception.response["Error"]["Message"],
                         "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket")
        self.s3.put_bucket_acl(Bucket="listed-logs", ACL="log-delivery-write")
        self.s3.put_bucket_logging(Bucket="listed", BucketLoggingStatus=wanted)
        self.s3.put_object(Bucket="listed", Key="k", Body=b"x")
        self.wait_for("listed-logs", "REST.PUT.OBJECT")

    def test_a_kill_loses_and_doubles_nothing(self):
        target = self.logged("killed")
        sent = set()
        for round in range(3):
            for i in range(40):
                self.s3.put_object(Bucket="killed", Key=f"{round}-{i}", Body=b"x")
                sent.add(f"{round}-{i}")
            time.sleep(0.3 * round)  # not all kills come before the first delivery
            self.server.kill()
            self.server.start()
            type(self).s3 = self.server.client("s3", signature_version="s3v4")
        lines = self.wait_for(target, "REST.PUT.OBJECT", len(sent))
        keys = [line["key"] for line in lines]
        self.assertEqual(sorted(keys), sorted(sent))


if __name__ == "__main__":
    unittest.main()
