"""Event notifications of buckets to queues and topics: who is told of what, in AWS's form, through crashes."""
import json
import threading
import unittest
import urllib.parse

import botocore.exceptions

from server import Server, all_records, eventually

ACCOUNT = "000000000000"


def error_of(call, **parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]
    return {"Code": None}


class Notifications(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.s3, cls.sqs = cls.server.client("s3"), cls.server.client("sqs")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def setUp(self):
        self.name = self.id().rsplit(".", 1)[1].replace("_", "-")[:50]
        self.s3.create_bucket(Bucket=self.name)
        self.url = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{self.name}"
        self.let_in(self.name)

    def let_in(self, bucket, account=ACCOUNT):
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": self.arn,
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}, "StringEquals": {"aws:SourceAccount": account}}}]})})

    def tell(self, *events, rules=(), **more):
        one = {"QueueArn": self.arn, "Events": list(events), "Id": "rule"}
        if rules:
            one["Filter"] = {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in rules]}}
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration={"QueueConfigurations": [one]}, **more)

    def messages(self, count):
        found = []

        def look():
            for message in self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count
        self.assertTrue(eventually(look), f"{count} messages wanted, there are {found}")
        self.assertEqual(len(found), count, found)
        return found

    def records(self, count):
        return [record for message in self.messages(count) for record in message["Records"]]

    def test_a_put_is_told(self):
        self.tell("s3:ObjectCreated:*")
        [test] = self.messages(1)
        self.assertEqual(list(test), ["Service", "Event", "Time", "Bucket", "RequestId", "HostId"])
        self.assertEqual((test["Service"], test["Event"], test["Bucket"]), ("Amazon S3", "s3:TestEvent", self.name))
        put = self.s3.put_object(Bucket=self.name, Key="a dir/ü&+~*@.txt", Body=b"hello")
        [record] = self.records(1)
        self.assertEqual(list(record), ["eventVersion", "eventSource", "awsRegion", "eventTime", "eventName", "userIdentity", "requestParameters",
                                        "responseElements", "s3"])
        self.assertEqual((record["eventVersion"], record["eventSource"], record["awsRegion"], record["eventName"]),
                         ("2.1", "aws:s3", "us-east-1", "ObjectCreated:Put"))
        self.assertRegex(record["eventTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertTrue(record["userIdentity"]["principalId"].startswith("AWS:AIDA"))
        self.assertEqual(record["requestParameters"], {"sourceIPAddress": "127.0.0.1"})
        self.assertEqual(record["responseElements"]["x-amz-request-id"], put["ResponseMetadata"]["RequestId"])
        self.assertEqual(record["responseElements"]["x-amz-id-2"], put["ResponseMetadata"]["HostId"])
        s3 = record["s3"]
        self.assertEqual(list(s3), ["s3SchemaVersion", "configurationId", "bucket", "object"])
        self.assertEqual((s3["s3SchemaVersion"], s3["configurationId"]), ("1.0", "rule"))
        self.assertEqual(list(s3["bucket"]), ["name", "ownerIdentity", "arn"])
        self.assertEqual(s3["bucket"]["arn"], f"arn:aws:s3:::{self.name}")
        self.assertEqual(list(s3["object"]), ["key", "size", "eTag", "sequencer"])
        self.assertEqual(urllib.parse.unquote_plus(s3["object"]["key"]), "a dir/ü&+~*@.txt")
        self.assertEqual(s3["object"]["key"], "a+dir/%C3%BC%26%2B%7E*%40.txt")
        self.assertEqual((s3["object"]["size"], s3["object"]["eTag"]), (5, put["ETag"].strip('"')))

    def test_every_way_to_write_and_delete(self):
        self.tell("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:ObjectAcl:Put", SkipDestinationValidation=True)
        self.s3.put_object(Bucket=self.name, Key="k", Body=b"1")
        self.s3.copy_object(Bucket=self.name, Key="copy", CopySource={"Bucket": self.name, "Key": "k"})
        upload = self.s3.create_multipart_upload(Bucket=self.name, Key="parts")["UploadId"]
        part = self.s3.upload_part(Bucket=self.name, Key="parts", UploadId=upload, PartNumber=1, Body=b"part")["ETag"]
        self.s3.complete_multipart_upload(Bucket=self.name, Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"ETag": part, "PartNumber": 1}]})
        self.s3.put_object_tagging(Bucket=self.name, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
        self.s3.delete_object_tagging(Bucket=self.name, Key="k")
        self.s3.delete_object(Bucket=self.name, Key="k")
        self.s3.delete_object(Bucket=self.name, Key="never was")
        self.s3.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": "copy"}, {"Key": "parts"}]})
        records = self.records(8)
        told = sorted((record["eventName"], record["s3"]["object"]["key"], record["eventVersion"]) for record in records)
        self.assertEqual(told, sorted([
            ("ObjectCreated:Put", "k", "2.1"), ("ObjectCreated:Copy", "copy", "2.1"), ("ObjectCreated:CompleteMultipartUpload", "parts", "2.1"),
            ("ObjectTagging:Put", "k", "2.3"), ("ObjectTagging:Delete", "k", "2.3"), ("ObjectRemoved:Delete", "k", "2.1"),
            ("ObjectRemoved:Delete", "copy", "2.1"), ("ObjectRemoved:Delete", "parts", "2.1")]))
        objects = {record["eventName"]: list(record["s3"]["object"]) for record in records}
        self.assertEqual(objects["ObjectRemoved:Delete"], ["key", "sequencer"])
        self.assertEqual(objects["ObjectTagging:Put"], ["key", "eTag"])

    def test_versions(self):
        self.s3.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        self.tell("s3:ObjectCreated:Put", "s3:ObjectRemoved:*", SkipDestinationValidation=True)
        first = self.s3.put_object(Bucket=self.name, Key="k", Body=b"1")["VersionId"]
        second = self.s3.put_object(Bucket=self.name, Key="k", Body=b"2")["VersionId"]
        marker = self.s3.delete_object(Bucket=self.name, Key="k")["VersionId"]
        self.s3.delete_object(Bucket=self.name, Key="k", VersionId=first)
        told = sorted((record["s3"]["object"]["sequencer"], record["eventName"], record["s3"]["object"]["versionId"], record["s3"]["object"].get("eTag"))
                      for record in self.records(4))
        self.assertEqual([row[1:3] for row in told], [("ObjectCreated:Put", first), ("ObjectCreated:Put", second),
                                                      ("ObjectRemoved:DeleteMarkerCreated", marker), ("ObjectRemoved:Delete", first)])
        self.assertEqual(told[2][3], "d41d8cd98f00b204e9800998ecf8427e")

    def test_only_what_was_asked_for(self):
        self.tell("s3:ObjectCreated:Put", rules=[("prefix", "in/"), ("SUFFIX", ".txt")], SkipDestinationValidation=True)
        shown = self.s3.get_bucket_notification_configuration(Bucket=self.name)
        self.assertEqual(shown["QueueConfigurations"], [{"Id": "rule", "QueueArn": self.arn, "Events": ["s3:ObjectCreated:Put"], "Filter": {"Key": {
            "FilterRules": [{"Name": "Prefix", "Value": "in/"}, {"Name": "Suffix", "Value": ".txt"}]}}}])
        for key in ("in/a.txt", "in/a.bin", "out/a.txt"):
            self.s3.put_object(Bucket=self.name, Key=key, Body=b"x")
        self.s3.delete_object(Bucket=self.name, Key="in/a.txt")
        [record] = self.records(1)
        self.assertEqual(record["s3"]["object"]["key"], "in/a.txt")
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration={})
        self.assertNotIn("QueueConfigurations", self.s3.get_bucket_notification_configuration(Bucket=self.name))

    def test_what_is_refused(self):
        def put(*rules, **more):
            configuration = {"QueueConfigurations": list(rules)} if rules else {}
            return error_of(self.s3.put_bucket_notification_configuration, Bucket=self.name, NotificationConfiguration={**configuration, **more})
        made = ["s3:ObjectCreated:*"]
        gone = f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone"
        refused = put({"QueueArn": gone, "Events": made})
        self.assertEqual((refused["Code"], refused["Message"]), ("InvalidArgument", "Unable to validate the following destination configurations"))
        self.assertEqual((refused["ArgumentName1"], refused["ArgumentValue1"]), (gone, "The destination queue does not exist"))
        self.let_in("another-bucket")
        self.assertEqual(put({"QueueArn": self.arn, "Events": made})["ArgumentValue1"],
                         "Permissions on the destination queue do not allow S3 to publish notifications from this bucket")
        self.let_in(self.name, account="111122223333")
        self.assertEqual(put({"QueueArn": self.arn, "Events": made})["Code"], "InvalidArgument")
        self.let_in(self.name)
        self.assertIsNone(put({"QueueArn": self.arn, "Events": made})["Code"])
        self.assertEqual(put({"Id": "i" * (3 << 19), "QueueArn": self.arn, "Events": made})["Code"], "MaxMessageLengthExceeded")
        self.assertEqual(put({"QueueArn": "invalid-queue", "Events": made})["Message"], "The ARN could not be parsed")
        self.assertEqual(put({"QueueArn": self.arn, "Events": ["s3:Nonsense"]})["Message"], "The event is not supported for notifications")
        self.assertEqual(put({"QueueArn": self.arn, "Events": made}, {"QueueArn": self.arn, "Events": ["s3:ObjectCreated:Put"]})["Message"],
                         "Configurations overlap. Configurations on the same bucket cannot share a common event type.")

        def filtered(prefix, suffix, identity):
            return {"Id": identity, "QueueArn": self.arn, "Events": made, "Filter": {"Key": {"FilterRules": [
                {"Name": "prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]}}}
        self.assertEqual(put(filtered("a", "x", "1"), filtered("ab", "yx", "2"))["Code"], "InvalidArgument")
        self.assertIsNone(put(filtered("a", "x", "1"), filtered("b", "x", "2"), filtered("a", "y", "3"))["Code"])
        self.assertEqual(put(LambdaFunctionConfigurations=[{"LambdaFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Events": made}])["Code"],
                         "NotImplemented")

    def test_a_topic_tells_on(self):
        sns = self.server.client("sns")
        topic = sns.create_topic(Name=self.name)["TopicArn"]

        def policy(principal, action, resource, source):
            return json.dumps({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": principal}, "Action": action, "Resource": resource,
                "Condition": {"ArnEquals": {"aws:SourceArn": source}}}]})
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy("sns.amazonaws.com", "sqs:SendMessage", self.arn, topic)})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=self.arn)

        def tell(arn):
            return error_of(self.s3.put_bucket_notification_configuration, Bucket=self.name, NotificationConfiguration={"TopicConfigurations": [
                {"Id": "rule", "TopicArn": arn, "Events": ["s3:ObjectCreated:*"]}]})
        for arn in (topic, topic + "-gone"):
            refused = tell(arn)
            self.assertEqual((refused["Code"], refused["Message"]), ("InvalidArgument", "Unable to validate the following destination configurations"))
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy",
                                 AttributeValue=policy("s3.amazonaws.com", "sns:Publish", topic, f"arn:aws:s3:::{self.name}"))
        self.assertIsNone(tell(topic)["Code"])
        put = self.s3.put_object(Bucket=self.name, Key="a b", Body=b"hello")
        told, test = sorted(self.messages(2), key=lambda envelope: "s3:TestEvent" in envelope["Message"])
        for envelope in (test, told):
            self.assertEqual((envelope["Type"], envelope["TopicArn"], envelope["Subject"]), ("Notification", topic, "Amazon S3 Notification"))
        self.assertEqual(json.loads(test["Message"])["Event"], "s3:TestEvent")
        [record] = json.loads(told["Message"])["Records"]
        self.assertEqual((record["eventName"], record["s3"]["configurationId"], record["s3"]["bucket"]["name"]), ("ObjectCreated:Put", "rule", self.name))
        self.assertEqual((record["s3"]["object"]["key"], record["s3"]["object"]["eTag"]), ("a+b", put["ETag"].strip('"')))

    def test_event_bridge(self):
        events = self.server.client("events")
        self.s3.put_bucket_notification_configuration(Bucket=self.name, NotificationConfiguration={"EventBridgeConfiguration": {}})
        self.assertIn("EventBridgeConfiguration", self.s3.get_bucket_notification_configuration(Bucket=self.name))
        rule = events.put_rule(Name=self.name, EventPattern=json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": [self.name]}}}))["RuleArn"]
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": self.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}}}]})})
        events.put_targets(Rule=self.name, Targets=[{"Id": "1", "Arn": self.arn}])
        put = self.s3.put_object(Bucket=self.name, Key="a b.txt", Body=b"hello")
        self.s3.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": "a b.txt"}]})
        created, deleted = sorted(self.messages(2), key=lambda event: event["detail"]["object"]["sequencer"])
        self.assertEqual((created["source"], created["detail-type"], created["account"], created["resources"]),
                         ("aws.s3", "Object Created", ACCOUNT, [f"arn:aws:s3:::{self.name}"]))
        self.assertEqual(list(created["detail"]), ["version", "bucket", "object", "request-id", "requester", "source-ip-address", "reason"])
        self.assertEqual(created["detail"]["object"], {"key": "a b.txt", "size": 5, "etag": put["ETag"].strip('"'),
                                                       "sequencer": created["detail"]["object"]["sequencer"]})
        self.assertEqual((created["detail"]["request-id"], created["detail"]["requester"], created["detail"]["reason"]),
                         (put["ResponseMetadata"]["RequestId"], ACCOUNT, "PutObject"))
        self.assertEqual((deleted["detail-type"], deleted["detail"]["reason"], deleted["detail"]["deletion-type"]),
                         ("Object Deleted", "DeleteObject", "Permanently Deleted"))

    def test_what_was_put_is_told_through_a_crash(self):
        with Server() as server:
            s3, sqs = server.client("s3"), server.client("sqs")
            s3.create_bucket(Bucket="told")
            url = sqs.create_queue(QueueName="q", Attributes={"Policy": json.dumps({"Statement": [{
                "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})})["QueueUrl"]
            s3.put_bucket_notification_configuration(Bucket="told", NotificationConfiguration={"QueueConfigurations": [
                {"QueueArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "Events": ["s3:ObjectCreated:*"]}]}, SkipDestinationValidation=True)
            put = []

            def write():
                mine = server.client("s3")
                try:
                    for i in range(10_000):
                        mine.put_object(Bucket="told", Key=str(i), Body=b"x")
                        put.append(str(i))
                except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError, ConnectionError):
                    pass
            thread = threading.Thread(target=write)
            thread.start()
            eventually(lambda: len(put) > 50)
            server.kill()
            thread.join()
            server.start()
            sqs, url = server.client("sqs"), f"{server.endpoint}/{ACCOUNT}/q"
            told = set()

            def look():
                for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
                    told.add(json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"])
                return told >= set(put)
            self.assertTrue(eventually(look, 20), set(put) - told)

    def test_the_sending_is_recorded(self):
        self.tell("s3:ObjectCreated:*", SkipDestinationValidation=True)
        self.s3.put_object(Bucket=self.name, Key="k", Body=b"x")
        self.messages(1)
        sent = [record for record in all_records(self.server) if record["eventName"] == "SendMessage" and self.name in json.dumps(record)]
        self.assertEqual([record["userIdentity"] for record in sent], [{"type": "AWSService", "invokedBy": "s3.amazonaws.com"}])

    def test_a_thousand_deletions_at_once(self):
        for i in range(100):
            self.s3.put_object(Bucket=self.name, Key=f"{i:03}", Body=b"x")
        self.tell("s3:ObjectRemoved:*", SkipDestinationValidation=True)
        done = self.s3.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": f"{i:03}"} for i in range(100)] + [{"Key": f"no{i}"} for i in range(900)]})
        self.assertNotIn("Errors", done)
        self.assertEqual(len(self.records(100)), 100)


if __name__ == "__main__":
    unittest.main()
