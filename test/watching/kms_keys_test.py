"""Log groups, topics and queues under keys of KMS: who needs which permission, what lies on the disk, what is recorded, and what must not
get around it; by boto3 and the AWS CLI."""
import json
import pathlib
import time
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records, eventually

NEEDLE = "CAIRN-KMS-NEEDLE-0123456789"


def allow(*actions, resource="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def by_service(service, context, value):
    """A key policy's statement, as AWS documents it for log groups, topics and queues."""
    return allow("kms:GenerateDataKey*", "kms:Decrypt", Principal={"Service": service},
                 Condition={"ArnEquals": {f"kms:EncryptionContext:{context}": value}})


class WithServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.addClassCleanup(lambda: cls.server.__exit__())
        cls.connect()
        cls.account = cls.server.client("sts").get_caller_identity()["Account"]

    @classmethod
    def connect(cls):
        for service in ("kms", "logs", "sns", "sqs", "iam", "cloudwatch"):
            setattr(cls, service, cls.server.client(service))

    def new_key(self, *statements):
        """A key that its account's policies give access to, and whoever the statements name."""
        own = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{self.account}:root"})
        return self.kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [own, *statements]}))["KeyMetadata"]["Arn"]

    def name(self):
        return self.id().rsplit(".", 1)[1].replace("_", "-")

    def user(self, *statements):
        """Clients of a user who may do just this."""
        name = f"{self.name()}-{time.monotonic_ns()}"[-60:]
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return lambda service: self.server.client(service, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])

    def refused(self, code, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception.response["Error"])
        return caught.exception.response["Error"]["Message"]

    def kms_records(self, name, context):
        return [record for record in all_records(self.server) if record["eventSource"] == "kms.amazonaws.com" and record["eventName"] == name
                and ((record["requestParameters"] or {}).get("encryptionContext") or {}) == context]

    def nothing_on_disk(self):
        self.assertEqual([str(path) for path in pathlib.Path(self.server.data).rglob("*") if path.is_file() and NEEDLE.encode() in path.read_bytes()], [])


class LogGroups(WithServer):
    def arn(self, group):
        return f"arn:aws:logs:us-east-1:{self.account}:log-group:{group}"

    def key_for(self, group):
        return self.new_key(by_service("logs.us-east-1.amazonaws.com", "aws:logs:arn", self.arn(group)))

    def put(self, group, *messages):
        now = int(time.time() * 1000)
        return self.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": now, "message": text} for text in messages])

    def messages(self, group, count):
        found = eventually(lambda: (lambda events: events if len(events) >= count else None)(
            self.logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)["events"]))
        return [event["message"] for event in found or []]

    def test_events_are_under_the_key(self):
        group = self.name()
        key = self.key_for(group)
        self.logs.create_log_group(logGroupName=group, kmsKeyId=key)
        self.assertEqual(self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["kmsKeyId"], key)
        self.logs.create_log_stream(logGroupName=group, logStreamName="s")
        self.logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="counted",
                                    metricTransformations=[{"metricName": group, "metricNamespace": "n", "metricValue": "1"}])
        self.put(group, f"one {NEEDLE}", "two, counted")
        self.assertEqual(self.messages(group, 2), [f"one {NEEDLE}", "two, counted"])
        found = self.logs.filter_log_events(logGroupName=group, filterPattern="counted")["events"]
        self.assertEqual([event["message"] for event in found], ["two, counted"])
        context = {"aws:logs:arn": self.arn(group)}
        [made] = self.kms_records("GenerateDataKey", context)
        opened = self.kms_records("Decrypt", context)
        self.assertEqual(len(opened), 1, "asked once, and remembered")
        for record in (made, *opened):
            self.assertEqual(record["userIdentity"], {"type": "AWSService", "invokedBy": "logs.us-east-1.amazonaws.com"})
            self.assertEqual(record["resources"][0]["ARN"], key)
            self.assertNotIn("errorCode", record)

        def counted():
            now = time.time()
            points = self.cloudwatch.get_metric_statistics(Namespace="n", MetricName=group, StartTime=now - 300, EndTime=now + 60, Period=60, Statistics=["Sum"])
            return sum(point["Sum"] for point in points["Datapoints"]) == 1
        self.assertTrue(eventually(counted))
        self.nothing_on_disk()
        self.server.kill()
        self.server.start()
        type(self).connect()
        self.assertEqual(self.messages(group, 2), [f"one {NEEDLE}", "two, counted"])
        self.assertEqual(len(self.kms_records("Decrypt", context)), 2)
        self.logs.delete_log_group(logGroupName=group)

    def test_a_key_that_does_not_let_the_service_is_refused(self):
        group = self.name()
        words = f"The specified KMS key does not exist or is not allowed to be used with Arn '{self.arn(group)}'"
        nobody = self.new_key()
        of_another = self.key_for("another")
        missing = nobody[:-12] + "000000000000"
        for key in (nobody, of_another, missing):
            self.assertEqual(self.refused("AccessDeniedException", self.logs.create_log_group, logGroupName=group, kmsKeyId=key), words)
        self.assertEqual(self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"], [])
        self.refused("InvalidParameterException", self.logs.create_log_group, logGroupName=group, kmsKeyId="alias/aws/logs")
        disabled = self.key_for(group)
        self.kms.disable_key(KeyId=disabled)
        self.refused("InvalidParameterException", self.logs.create_log_group, logGroupName=group, kmsKeyId=disabled)
        self.logs.create_log_group(logGroupName=group)
        self.assertEqual(self.refused("AccessDeniedException", self.logs.associate_kms_key, logGroupName=group, kmsKeyId=of_another), words)
        self.assertNotIn("kmsKeyId", self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0])

    def test_associated_and_disassociated(self):
        group = self.name()
        key = self.key_for(group)
        self.logs.create_log_group(logGroupName=group)
        self.logs.create_log_stream(logGroupName=group, logStreamName="s")
        self.put(group, "before")
        self.server.aws("logs", "associate-kms-key", "--log-group-name", group, "--kms-key-id", key)
        self.put(group, "under the key")
        self.assertEqual(self.messages(group, 2), ["before", "under the key"])
        self.server.aws("logs", "disassociate-kms-key", "--log-group-name", group)
        self.assertNotIn("kmsKeyId", self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0])
        self.put(group, "afterwards")
        self.assertEqual(self.messages(group, 3), ["before", "under the key", "afterwards"])
        self.kms.disable_key(KeyId=key)
        self.put(group, "later")
        self.refused("AccessDeniedException", self.logs.get_log_events, logGroupName=group, logStreamName="s", startFromHead=True)
        self.kms.enable_key(KeyId=key)
        self.assertEqual(len(self.messages(group, 4)), 4)

    def test_a_disabled_key_shuts_the_group(self):
        group = self.name()
        key = self.key_for(group)
        self.logs.create_log_group(logGroupName=group, kmsKeyId=key)
        self.logs.create_log_stream(logGroupName=group, logStreamName="s")
        self.put(group, "kept")
        self.assertEqual(self.messages(group, 1), ["kept"])
        self.kms.disable_key(KeyId=key)
        for call, parameters in ((self.logs.get_log_events, {"logGroupName": group, "logStreamName": "s"}),
                                 (self.logs.filter_log_events, {"logGroupName": group}),
                                 (self.logs.put_log_events, {"logGroupName": group, "logStreamName": "s",
                                                             "logEvents": [{"timestamp": int(time.time() * 1000), "message": "lost"}]})):
            self.refused("AccessDeniedException", call, **parameters)
        self.assertEqual(self.kms_records("Decrypt", {"aws:logs:arn": self.arn(group)})[-1]["errorCode"], "DisabledException")
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.messages(group, 1), ["kept"])


    def test_reading_may_take_more_data_keys_than_an_entry_has_room_for(self):
        group = "g" * 500
        key = self.key_for(group)
        self.logs.create_log_group(logGroupName=group)
        self.logs.create_log_stream(logGroupName=group, logStreamName="s")
        for number in range(900):
            self.kms.update_key_description(KeyId=key, Description=str(number))  # a change in KMS: nothing of it is remembered
            self.logs.associate_kms_key(logGroupName=group, kmsKeyId=key)
            self.put(group, str(number))
        wanted = {str(number) for number in range(900)}
        self.kms.update_key_description(KeyId=key, Description="changed")
        self.assertEqual({event["message"] for event in self.logs.filter_log_events(logGroupName=group)["events"]}, wanted)
        self.kms.update_key_description(KeyId=key, Description="changed again")
        now = int(time.time())
        query = self.logs.start_query(logGroupName=group, startTime=now - 3600, endTime=now + 60, queryString="fields @message | limit 1000")["queryId"]
        answer = eventually(lambda: (found := self.logs.get_query_results(queryId=query))["status"] not in ("Scheduled", "Running") and found)
        self.assertEqual((answer["status"], {row[0]["value"] for row in answer["results"]}), ("Complete", wanted))


class Queues(WithServer):
    def queue(self, key, name=None, **attributes):
        url = self.sqs.create_queue(QueueName=name or self.name(), Attributes={"KmsMasterKeyId": key, **attributes})["QueueUrl"]
        return url, f"arn:aws:sqs:us-east-1:{self.account}:{name or self.name()}"

    def received(self, client, url):
        return [message["Body"] for message in client.receive_message(QueueUrl=url, VisibilityTimeout=0, WaitTimeSeconds=1).get("Messages", [])]

    def test_the_accounts_own_key(self):
        url, arn = self.queue("alias/aws/sqs")
        shown = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual([shown[name] for name in ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")], ["alias/aws/sqs", "300", "false"])
        for _ in range(3):
            self.server.aws("sqs", "send-message", "--queue-url", url, "--message-body", NEEDLE)
        self.nothing_on_disk()
        self.assertEqual(self.received(self.sqs, url), [NEEDLE])
        context = {"aws:sqs:arn": arn}
        made, *others = self.kms_records("GenerateDataKey", context)
        self.assertEqual(len(others), 1, "the first use made the key, which is a change in KMS; the second was remembered")
        self.assertEqual((made["userIdentity"]["invokedBy"], made["sourceIPAddress"], made["userAgent"]), ("sqs.amazonaws.com",) * 3)
        self.assertEqual(len(self.kms_records("Decrypt", context)), len(others) + 2, "for each data key, and for the one that was received")
        # The key lets itself be used through SQS alone.
        user = self.user(allow("sqs:*"))
        self.assertEqual(self.received(user("sqs"), url), [NEEDLE])
        self.refused("AccessDeniedException", user("kms").generate_data_key, KeyId="alias/aws/sqs", KeySpec="AES_256", EncryptionContext=context)

    def test_senders_and_receivers_need_the_key(self):
        key = self.new_key()
        url, arn = self.queue(key)
        use = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": arn, "kms:ViaService": "sqs.us-east-1.amazonaws.com"}}
        nothing, half, sender, receiver = (self.user(allow("sqs:*"), *([allow(*actions, resource=key, Condition=use)] if actions else []))("sqs") for actions in
                                           ((), ("kms:GenerateDataKey",), ("kms:GenerateDataKey", "kms:Decrypt"), ("kms:Decrypt",)))
        self.assertIn("kms:GenerateDataKey", self.refused("KMS.AccessDeniedException", nothing.send_message, QueueUrl=url, MessageBody="x"))
        self.assertIn("kms:Decrypt", self.refused("KMS.AccessDeniedException", half.send_message, QueueUrl=url, MessageBody="x"))
        self.refused("KMS.AccessDeniedException", receiver.send_message, QueueUrl=url, MessageBody="x")
        self.refused("KMS.AccessDeniedException", nothing.send_message_batch, QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}])
        sender.send_message(QueueUrl=url, MessageBody="for those with the key")
        self.refused("KMS.AccessDeniedException", nothing.receive_message, QueueUrl=url)
        self.assertEqual(self.received(receiver, url), ["for those with the key"], "whoever was refused has not hidden it")
        self.kms.disable_key(KeyId=key)
        for call, parameters in ((sender.send_message, {"MessageBody": "x"}), (receiver.receive_message, {})):
            self.refused("KMS.DisabledException", call, QueueUrl=url, **parameters)
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.received(receiver, url), ["for those with the key"])
        self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.refused("KMS.InvalidStateException", receiver.receive_message, QueueUrl=url)

    def test_dead_letters_stay_as_they_were_sent(self):
        key = self.new_key()
        dead = self.sqs.create_queue(QueueName="plain-dead-letters")["QueueUrl"]
        dead_arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        url, _ = self.queue(key, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}))
        self.sqs.send_message(QueueUrl=url, MessageBody="dead")
        self.assertEqual(self.received(self.sqs, url), ["dead"])
        self.assertEqual(self.received(self.sqs, url), [])
        self.refused("KMS.AccessDeniedException", self.user(allow("sqs:*"))("sqs").receive_message, QueueUrl=dead)
        self.assertEqual(self.received(self.sqs, dead), ["dead"])

    def test_one_kind_of_encryption(self):
        self.assertEqual(self.refused("InvalidAttributeName", self.sqs.create_queue, QueueName=self.name(),
                                      Attributes={"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"}),
                         "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
        url, _ = self.queue("alias/aws/sqs", KmsDataKeyReusePeriodSeconds="60")
        for wrong in ("59", "86401", "x"):
            self.refused("InvalidAttributeValue", self.sqs.set_queue_attributes, QueueUrl=url, Attributes={"KmsDataKeyReusePeriodSeconds": wrong})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
        shown = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        self.assertEqual(shown["SqsManagedSseEnabled"], "true")
        self.assertNotIn("KmsMasterKeyId", shown)


class Topics(WithServer):
    def topic(self, key):
        return self.sns.create_topic(Name=self.name(), Attributes={"KmsMasterKeyId": key})["TopicArn"]

    def subscribed_queue(self, topic, **attributes):
        name = self.name() + "-q"
        arn = f"arn:aws:sqs:us-east-1:{self.account}:{name}"
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"}, resource=arn)]})
        url = self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy, **attributes})["QueueUrl"]
        return url, self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})["SubscriptionArn"]

    def received(self, url):
        return [message["Body"] for message in self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", [])]

    def test_publishers_need_the_key(self):
        key = self.new_key()
        topic = self.topic(key)
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"], key)
        url, _ = self.subscribed_queue(topic)
        nothing = self.user(allow("sns:*"))("sns")
        publisher = self.user(allow("sns:*"), allow("kms:GenerateDataKey*", "kms:Decrypt", resource=key,
                                                    Condition={"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic}}))("sns")
        self.assertIn("kms:GenerateDataKey", self.refused("KMSAccessDenied", nothing.publish, TopicArn=topic, Message="x"))
        self.refused("KMSAccessDenied", nothing.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "x"}])
        publisher.publish(TopicArn=topic, Message=NEEDLE)
        self.assertEqual(self.received(url), [NEEDLE])
        self.kms.disable_key(KeyId=key)
        self.refused("KMSDisabled", publisher.publish, TopicArn=topic, Message="x")
        [made] = self.kms_records("GenerateDataKey", {"aws:sns:topicArn": topic})[1:2] or [None]
        self.assertIsNotNone(made)

    def test_messages_wait_under_the_key(self):
        topic = self.topic(self.new_key())
        self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:1/", ReturnSubscriptionArn=True)
        # Deliveries to a queue that nobody may send to go to no dead letters: they are tried and dropped; what waits is sealed.
        self.server.aws("sns", "publish", "--topic-arn", topic, "--message", NEEDLE)
        self.nothing_on_disk()

    def test_services_need_the_key_as_well(self):
        key = self.new_key()
        topic = self.topic(key)
        name = self.name()
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(
            {"Version": "2012-10-17", "Statement": [allow("SNS:Publish", Principal={"Service": "cloudtrail.amazonaws.com"}, resource=topic)]}))
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket=name)
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            allow("s3:GetBucketAcl", Principal={"Service": "cloudtrail.amazonaws.com"}, resource=f"arn:aws:s3:::{name}"),
            allow("s3:PutObject", Principal={"Service": "cloudtrail.amazonaws.com"}, resource=f"arn:aws:s3:::{name}/*")]}))
        trails = self.server.client("cloudtrail")
        self.refused("InsufficientSnsTopicPolicyException", trails.create_trail, Name=name, S3BucketName=name, SnsTopicName=topic)
        self.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{self.account}:root"}),
            by_service("cloudtrail.amazonaws.com", "aws:sns:topicArn", topic)]}))
        trails.create_trail(Name=name, S3BucketName=name, SnsTopicName=topic)
        record = self.kms_records("GenerateDataKey", {"aws:sns:topicArn": topic})[-1]
        self.assertEqual(record["userIdentity"], {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"})

    def test_a_topic_needs_the_key_of_its_queue(self):
        topic = self.sns.create_topic(Name=self.name())["TopicArn"]
        key = self.new_key()
        dead_arn = f"arn:aws:sqs:us-east-1:{self.account}:dead-{self.name()}"
        dead = self.sqs.create_queue(QueueName="dead-" + self.name(), Attributes={"Policy": json.dumps(
            {"Version": "2012-10-17", "Statement": [allow("sqs:SendMessage", Principal={"Service": "sns.amazonaws.com"}, resource=dead_arn)]})})["QueueUrl"]
        url, subscription = self.subscribed_queue(topic, KmsMasterKeyId=key)
        self.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RedrivePolicy",
                                             AttributeValue=json.dumps({"deadLetterTargetArn": dead_arn}))
        self.sns.publish(TopicArn=topic, Message="refused")
        self.assertEqual(self.received(dead), ["refused"])
        self.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{self.account}:root"}),
            allow("kms:GenerateDataKey", "kms:Decrypt", Principal={"Service": "sns.amazonaws.com"})]}))
        self.sns.publish(TopicArn=topic, Message="let in")
        self.assertEqual(self.received(url), ["let in"])


class Stacks(WithServer):
    def test_a_template_with_keys(self):
        stacks = self.server.client("cloudformation")
        policy = {"Version": "2012-10-17", "Statement": [
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{self.account}:root"}),
            allow("kms:GenerateDataKey*", "kms:Decrypt", Principal={"Service": "logs.us-east-1.amazonaws.com"})]}
        arn = {"Fn::GetAtt": ["Key", "Arn"]}
        resources = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}},
                     "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "of-a-stack", "KmsKeyId": arn}},
                     "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "of-a-stack", "KmsMasterKeyId": arn}},
                     "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "of-a-stack", "KmsMasterKeyId": arn}}}

        def shown():
            [group] = self.logs.describe_log_groups(logGroupNamePrefix="of-a-stack")["logGroups"]
            topic = self.sns.get_topic_attributes(TopicArn=f"arn:aws:sns:us-east-1:{self.account}:of-a-stack")["Attributes"]
            queue = self.sqs.get_queue_attributes(QueueUrl=self.sqs.get_queue_url(QueueName="of-a-stack")["QueueUrl"], AttributeNames=["All"])["Attributes"]
            return group.get("kmsKeyId"), topic.get("KmsMasterKeyId"), queue.get("KmsMasterKeyId")

        def becomes(status):
            stack = eventually(lambda: next((stack for stack in stacks.describe_stacks(StackName="keys")["Stacks"] if not stack["StackStatus"].endswith("PROGRESS")), None))
            self.assertEqual(stack["StackStatus"], status, stacks.describe_stack_events(StackName="keys")["StackEvents"])
        stacks.create_stack(StackName="keys", TemplateBody=json.dumps({"Resources": resources}))
        becomes("CREATE_COMPLETE")
        [key] = {value for value in shown()}
        self.assertTrue(key.startswith("arn:aws:kms:"))
        for name, member in (("Group", "KmsKeyId"), ("Topic", "KmsMasterKeyId"), ("Queue", "KmsMasterKeyId")):
            del resources[name]["Properties"][member]
        stacks.update_stack(StackName="keys", TemplateBody=json.dumps({"Resources": resources}))
        becomes("UPDATE_COMPLETE")
        self.assertEqual(shown(), (None, None, None))


if __name__ == "__main__":
    unittest.main()
