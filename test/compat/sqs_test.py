"""SQS as its users know it, by boto3 and the AWS CLI. Debian's speak the query protocol; newest_boto3_test.py runs this again with one
that speaks JSON."""
import hashlib
import json
import subprocess
import threading
import unittest
import urllib.parse
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions

from server import BINARY, Server, all_records, code_of, eventually, signed_post

BATCH = 10


class Sqs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.sqs = cls.server.client("sqs")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def queue(self, name=None, **attributes):
        return self.sqs.create_queue(QueueName=name or self.id().rsplit(".", 1)[1], Attributes=attributes)["QueueUrl"]

    def receive(self, url, **more):
        return self.sqs.receive_message(QueueUrl=url, **more).get("Messages", [])

    def attributes(self, url, *names):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names) or ["All"])["Attributes"]

    def test_a_message_comes_and_goes(self):
        url = self.queue()
        self.assertEqual(url, f"{self.server.endpoint}/000000000000/test_a_message_comes_and_goes")
        body = "1 < 2 & \"3\"\r\n\tü\U0001F600"
        sent = self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes={
            "text": {"DataType": "String", "StringValue": "värde"},
            "count": {"DataType": "Number", "StringValue": "42"},
            "bytes": {"DataType": "Binary.png", "BinaryValue": b"\x00\xff\n"}})
        self.assertEqual(sent["MD5OfMessageBody"], hashlib.md5(body.encode()).hexdigest())
        [message] = self.receive(url, AttributeNames=["All"], MessageAttributeNames=["All"])
        self.assertEqual(message["Body"], body)
        self.assertEqual(message["MessageId"], sent["MessageId"])
        self.assertEqual(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"])
        self.assertEqual(message["MessageAttributes"]["bytes"], {"DataType": "Binary.png", "BinaryValue": b"\x00\xff\n"})
        self.assertEqual(message["MessageAttributes"]["text"], {"DataType": "String", "StringValue": "värde"})
        self.assertEqual(sorted(message["Attributes"]), ["ApproximateFirstReceiveTimestamp", "ApproximateReceiveCount", "SenderId", "SentTimestamp"])
        self.assertEqual(self.receive(url), [])
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
        [again] = self.receive(url, AttributeNames=["ApproximateReceiveCount"])
        self.assertEqual(again["Attributes"], {"ApproximateReceiveCount": "2"})
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
        self.assertEqual(self.receive(url), [])

    def test_the_command_line(self):
        def aws(*arguments):
            return json.loads(self.server.aws("sqs", *arguments, "--output", "json", PYTHONPATH="").stdout or "{}")
        url = aws("create-queue", "--queue-name", "cli", "--attributes", "DelaySeconds=0,VisibilityTimeout=20", "--tags", "team=blue")["QueueUrl"]
        self.assertEqual(aws("get-queue-url", "--queue-name", "cli")["QueueUrl"], url)
        self.assertIn(url, aws("list-queues")["QueueUrls"])
        self.assertEqual(aws("list-queue-tags", "--queue-url", url)["Tags"], {"team": "blue"})
        sent = aws("send-message", "--queue-url", url, "--message-body", "hello",
                   "--message-attributes", '{"a":{"DataType":"String","StringValue":"b"}}')
        [message] = aws("receive-message", "--queue-url", url, "--attribute-names", "All", "--message-attribute-names", "a")["Messages"]
        self.assertEqual((message["Body"], message["MessageId"]), ("hello", sent["MessageId"]))
        self.assertEqual(message["MessageAttributes"]["a"]["StringValue"], "b")
        aws("delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
        self.assertEqual(aws("get-queue-attributes", "--queue-url", url, "--attribute-names", "VisibilityTimeout")["Attributes"],
                         {"VisibilityTimeout": "20"})
        aws("purge-queue", "--queue-url", url)
        aws("delete-queue", "--queue-url", url)
        gone = self.server.aws("sqs", "send-message", "--queue-url", url, "--message-body", "m", check=False, PYTHONPATH="")
        self.assertIn("AWS.SimpleQueueService.NonExistentQueue", gone.stderr)

    def test_batches(self):
        url = self.queue()
        sent = self.sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "MessageBody": f"m{i}", "MessageAttributes": {"n": {"DataType": "Number", "StringValue": str(i)}}} for i in range(BATCH)])
        self.assertEqual(len(sent["Successful"]), BATCH)
        self.assertNotIn("Failed", sent)
        messages = self.receive(url, MaxNumberOfMessages=BATCH)
        self.assertEqual(sorted(message["Body"] for message in messages), sorted(f"m{i}" for i in range(BATCH)))
        changed = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {"Id": "a", "ReceiptHandle": messages[0]["ReceiptHandle"], "VisibilityTimeout": 0},
            {"Id": "b", "ReceiptHandle": "nonsense", "VisibilityTimeout": 0}])
        self.assertEqual([entry["Id"] for entry in changed["Successful"]], ["a"])
        self.assertEqual([(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in changed["Failed"]], [("b", "ReceiptHandleIsInvalid", True)])
        done = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(messages)])
        self.assertEqual(len(done["Successful"]), BATCH)
        self.assertEqual(code_of(self.sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": "m"} for i in range(11)]),
                         "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")

    def test_errors_have_the_codes_of_both_protocols(self):
        url = self.queue()
        gone = url + "-gone"
        self.assertEqual(code_of(self.sqs.get_queue_url, QueueName="none"), "AWS.SimpleQueueService.NonExistentQueue")
        self.assertEqual(code_of(self.sqs.send_message, QueueUrl=gone, MessageBody="m"), "AWS.SimpleQueueService.NonExistentQueue")
        self.assertEqual(code_of(self.sqs.create_queue, QueueName="test_errors_have_the_codes_of_both_protocols", Attributes={"DelaySeconds": "9"}),
                         "QueueAlreadyExists")
        self.assertEqual(code_of(self.sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11), "InvalidParameterValue")
        self.assertEqual(code_of(self.sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Nonsense"]), "InvalidAttributeName")
        self.assertEqual(code_of(self.sqs.delete_message, QueueUrl=url, ReceiptHandle="nonsense"), "ReceiptHandleIsInvalid")
        status, document, headers = signed_post(self.server, "sqs", "AmazonSQS.GetQueueUrl", {"QueueName": "none"}, content_type="application/x-amz-json-1.0")
        self.assertEqual((status, document), (400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "The specified queue does not exist."}))
        self.assertEqual(headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender")
        status, document, headers = signed_post(self.server, "sqs", "AmazonSQS.ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 21},
                                                content_type="application/x-amz-json-1.0")
        self.assertEqual(document["__type"], "com.amazon.coral.service#InvalidParameterValueException")
        self.assertEqual(headers["x-amzn-query-error"], "InvalidParameterValue;Sender")

    def test_what_fits_no_entry_of_the_journal_is_refused(self):
        url = self.queue()
        header = {"AWSTraceHeader": {"DataType": "String", "StringValue": "a" * (2 << 20)}}    # counts to no message's size
        status, document, _ = signed_post(self.server, "sqs", "AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": "m",
                                          "MessageSystemAttributes": header}, content_type="application/x-amz-json-1.0")
        self.assertEqual((status, document["__type"]), (413, "com.amazon.coral.service#RequestEntityTooLargeException"))
        self.assertEqual(self.receive(url), [])
        [record] = [record for record in all_records(self.server) if record.get("errorCode") == "RequestEntityTooLargeException"]
        self.assertEqual(record["eventName"], "SendMessage")

    def test_a_queue_is_found_in_the_history(self):
        name = "found_by_name"
        url = self.queue(name)
        self.sqs.send_message(QueueUrl=url, MessageBody="m")
        found = self.server.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}])["Events"]
        self.assertEqual([event["EventName"] for event in found], ["CreateQueue"])
        done = subprocess.run([BINARY, "lookup", "--data-events", "--resource-name", name, "--data-dir", str(self.server.data)], capture_output=True, text=True,
                              env=self.server.environment())
        self.assertIn("SendMessage", done.stdout, done.stderr)

    def test_both_protocols_see_one_queue(self):
        url = self.queue()
        path = urllib.parse.urlsplit(url).path
        status, document, _ = signed_post(self.server, "sqs", "AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": "by json"},
                                          content_type="application/x-amz-json-1.0", path=path)
        self.assertEqual(status, 200)
        self.assertEqual(self.query(path, Action="ReceiveMessage", **{"AttributeName.1": "SentTimestamp"}).count(b"<Body>by json</Body>"), 1)

    def query(self, path, **parameters):
        """As clients do that send a queue's calls to its URL, and name it nowhere else."""
        data = urllib.parse.urlencode({"Version": "2012-11-05", **parameters}).encode()
        request = botocore.awsrequest.AWSRequest("POST", self.server.endpoint + path, data=data,
                                                 headers={"Content-Type": "application/x-www-form-urlencoded"})
        credentials = botocore.credentials.Credentials(self.server.access_key, self.server.secret_key)
        botocore.auth.SigV4Auth(credentials, "sqs", "us-east-1").add_auth(request)
        plain = urllib.request.Request(self.server.endpoint + path, data=data, headers=dict(request.headers), method="POST")
        with urllib.request.urlopen(plain, timeout=30) as response:
            return response.read()

    def test_a_call_waits_for_its_message(self):
        url = self.queue()
        found = []
        waiting = [threading.Thread(target=lambda: found.extend(self.server.client("sqs").receive_message(
            QueueUrl=url, WaitTimeSeconds=20).get("Messages", []))) for _ in range(30)]
        for thread in waiting:
            thread.start()
        for i in range(len(waiting)):
            self.sqs.send_message(QueueUrl=url, MessageBody=f"m{i}")
        for thread in waiting:
            thread.join(15)
            self.assertFalse(thread.is_alive(), "a message wakes a call at once, however many wait")
        self.assertEqual(sorted(message["Body"] for message in found), sorted(f"m{i}" for i in range(len(waiting))))

    def test_a_server_that_stops_answers_those_that_wait(self):
        with Server() as server:
            sqs = server.client("sqs")
            url = sqs.create_queue(QueueName="q")["QueueUrl"]
            answers = []
            thread = threading.Thread(target=lambda: answers.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)))
            thread.start()
            self.assertTrue(eventually(lambda: b"cairn_calls_waiting 1\n" in server.get("/_cairn/metrics")[1]))
            server.stop()
            thread.join(10)
            self.assertEqual(len(answers), 1)
            self.assertNotIn("Messages", answers[0])

    def test_each_message_goes_to_one_receiver(self):
        url = self.queue()
        total, received, lock = 300, [], threading.Lock()

        def send(part):
            sqs = self.server.client("sqs")
            for i in range(part, total, 30):
                sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(i, i + 10)])

        def receive():
            sqs = self.server.client("sqs")
            while True:
                with lock:
                    if len(received) >= total:
                        return
                messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=7, WaitTimeSeconds=1).get("Messages", [])
                with lock:
                    received.extend(message["Body"] for message in messages)
                for message in messages:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

        threads = [threading.Thread(target=send, args=(part,)) for part in (0, 10, 20)] + [threading.Thread(target=receive) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(received, key=int), [str(n) for n in range(total)])
        self.assertTrue(eventually(lambda: self.attributes(url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible") == {
            "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}))

    def test_fifo(self):
        url = self.queue("orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
        sent = [self.sqs.send_message(QueueUrl=url, MessageBody=f"m{i}", MessageGroupId="g") for i in range(3)]
        self.assertEqual(sent[0]["SequenceNumber"], self.sqs.send_message(QueueUrl=url, MessageBody="m0", MessageGroupId="g")["SequenceNumber"])
        [first] = self.receive(url, AttributeNames=["All"])
        self.assertEqual(first["Attributes"]["SequenceNumber"], sent[0]["SequenceNumber"])
        self.assertEqual(first["Attributes"]["MessageGroupId"], "g")
        self.assertEqual(self.receive(url), [])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
        self.assertEqual([message["Body"] for message in self.receive(url, MaxNumberOfMessages=10)], ["m1", "m2"])

    def test_dead_letters(self):
        dead = self.queue("letters")
        policy = json.dumps({"deadLetterTargetArn": self.attributes(dead)["QueueArn"], "maxReceiveCount": 1})
        url = self.queue(RedrivePolicy=policy, VisibilityTimeout="0")
        self.sqs.send_message(QueueUrl=url, MessageBody="m")
        self.assertEqual(len(self.receive(url)), 1)
        self.assertEqual(self.receive(url), [])
        [letter] = self.receive(dead, AttributeNames=["All"])
        self.assertEqual((letter["Body"], letter["Attributes"]["DeadLetterQueueSourceArn"]), ("m", self.attributes(url)["QueueArn"]))
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"], [url])

    def test_permissions(self):
        url = self.queue()
        self.sqs.add_permission(QueueUrl=url, Label="them", AWSAccountIds=["111122223333"], Actions=["SendMessage", "ReceiveMessage"])
        policy = json.loads(self.attributes(url, "Policy")["Policy"])
        self.assertEqual(policy["Statement"][0]["Action"], ["SQS:SendMessage", "SQS:ReceiveMessage"])
        self.sqs.remove_permission(QueueUrl=url, Label="them")
        self.assertNotIn("Policy", self.attributes(url))

    def test_a_user_needs_permission(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        theirs = self.server.client("sqs", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="m")
        with self.assertRaises(botocore.exceptions.ClientError) as refused:
            theirs.receive_message(QueueUrl=url)
        self.assertIn(refused.exception.response["Error"]["Code"], ("AccessDenied", "AccessDeniedException"))
        self.assertIn("is not authorized to perform: sqs:receivemessage on resource: arn:aws:sqs:us-east-1:000000000000:test_a_user_needs_permission "
                      "because no identity-based policy allows the sqs:receivemessage action", refused.exception.response["Error"]["Message"])
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": self.attributes(url)["QueueArn"]}]}))
        self.assertEqual(len(theirs.receive_message(QueueUrl=url)["Messages"]), 1)
        self.assertIn(code_of(theirs.delete_queue, QueueUrl=url), ("AccessDenied", "AccessDeniedException"))

    def test_records_show_no_message(self):
        url = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody="nobody's business", MessageAttributes={"a": {"DataType": "String", "StringValue": "private thing"}})
        self.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "nobody's business"}])
        self.receive(url, MaxNumberOfMessages=10)
        records = [record for record in all_records(self.server) if "test_records_show_no_message" in json.dumps(record)]
        text = json.dumps(records)
        self.assertNotIn("business", text)
        self.assertNotIn("private thing", text)
        kinds = {record["eventName"]: (record["managementEvent"], record["readOnly"], record["eventSource"]) for record in records}
        self.assertEqual(kinds, {"CreateQueue": (True, False, "sqs.amazonaws.com"), "SendMessage": (False, False, "sqs.amazonaws.com"),
                                 "SendMessageBatch": (False, False, "sqs.amazonaws.com"), "ReceiveMessage": (False, True, "sqs.amazonaws.com")})
        [sent] = [record for record in records if record["eventName"] == "SendMessage"]
        self.assertEqual(sent["requestParameters"]["messageBody"], "HIDDEN_DUE_TO_SECURITY_REASONS")
        self.assertEqual(sent["requestParameters"]["queueUrl"], url)
        self.assertIn("mD5OfMessageBody", sent["responseElements"])
        self.assertEqual(sent["resources"], [{"accountId": "000000000000", "type": "AWS::SQS::Queue",
                                              "ARN": "arn:aws:sqs:us-east-1:000000000000:test_records_show_no_message"}])

    def test_the_rest_of_the_messages_is_counted(self):
        url = self.queue()
        for delay in (0, 0, 900):
            self.sqs.send_message(QueueUrl=url, MessageBody="m", DelaySeconds=delay)
        self.receive(url)
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        self.assertTrue(eventually(lambda: self.attributes(url, *names) == dict.fromkeys(names, "1")), self.attributes(url))


if __name__ == "__main__":
    unittest.main()
