"""Topics by boto3: what AWS answers, by recorded answers; policies across accounts."""
import json
import unittest

from server import Server


class Topics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--dev").__enter__()
        cls.sns = cls.server.client("sns", access_key="111111111111")
        cls.other = cls.server.client("sns", access_key="222222222222")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def refused(self, code, message, call, **parameters):
        with self.assertRaises(self.sns.exceptions.ClientError) as caught:
            call(**parameters)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), (code, message))

    def invalid(self, message, call, **parameters):
        self.refused("InvalidParameter", "Invalid parameter: " + message, call, **parameters)

    def test_topics(self):
        arn = self.sns.create_topic(Name="Stones-1_a", Tags=[{"Key": "k", "Value": "v"}])["TopicArn"]
        self.assertEqual(arn, "arn:aws:sns:us-east-1:111111111111:Stones-1_a")
        self.assertEqual(self.sns.create_topic(Name="Stones-1_a")["TopicArn"], arn)
        self.invalid("Tags Reason: Topic already exists with different tags", self.sns.create_topic, Name="Stones-1_a", Tags=[{"Key": "k2", "Value": "v"}])
        self.invalid("Attributes Reason: Topic already exists with different attributes", self.sns.create_topic, Name="Stones-1_a", Attributes={"DisplayName": "x"})
        for name in ("", "a" * 257, "a b", "a.fifo", "a/b"):
            self.invalid("Topic Name", self.sns.create_topic, Name=name)
        attributes = self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual(set(attributes), {"Policy", "Owner", "TopicArn", "EffectiveDeliveryPolicy", "DisplayName", "SubscriptionsPending",
                                           "SubscriptionsConfirmed", "SubscriptionsDeleted"})
        self.assertEqual(json.loads(attributes["Policy"]), {
            "Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [{
                "Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
                "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                           "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
                "Resource": arn, "Condition": {"StringEquals": {"AWS:SourceOwner": "111111111111"}}}]})
        self.assertEqual(json.loads(attributes["EffectiveDeliveryPolicy"]), {"http": {
            "defaultHealthyRetryPolicy": {"minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0,
                                          "numMinDelayRetries": 0, "backoffFunction": "linear"},
            "disableSubscriptionOverrides": False, "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"}}})
        self.assertIn({"TopicArn": arn}, self.sns.list_topics()["Topics"])
        self.sns.set_topic_attributes(TopicArn=arn, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(
            {"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}, "disableSubscriptionOverrides": False}}))
        effective = json.loads(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["EffectiveDeliveryPolicy"])
        self.assertEqual(effective["http"]["defaultHealthyRetryPolicy"]["maxDelayTarget"], 6)
        self.invalid("AttributeName", self.sns.set_topic_attributes, TopicArn=arn, AttributeName="FifoTopic", AttributeValue="false")
        self.invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1", self.sns.get_topic_attributes, TopicArn="none")
        self.refused("NotFound", "Topic does not exist", self.sns.get_topic_attributes, TopicArn=arn + "x")
        self.invalid("TopicArn", self.server.client("sns", region="eu-west-1", access_key="111111111111").publish, TopicArn=arn, Message="x")
        self.sns.delete_topic(TopicArn=arn)
        self.sns.delete_topic(TopicArn=arn)
        self.assertNotIn({"TopicArn": arn}, self.sns.list_topics()["Topics"])

    def test_pages(self):
        sns = self.server.client("sns", access_key="333333333333")
        names = sorted(f"topic-{i:03}" for i in range(120))
        for name in names:
            sns.create_topic(Name=name)
        first = sns.list_topics()
        self.assertEqual(len(first["Topics"]), 100)
        rest = sns.list_topics(NextToken=first["NextToken"])
        self.assertNotIn("NextToken", rest)
        self.assertEqual([topic["TopicArn"].rsplit(":", 1)[1] for topic in first["Topics"] + rest["Topics"]], names)

    def test_tags(self):
        arn = self.sns.create_topic(Name="tagged", Tags=[{"Key": "k1", "Value": "v1"}])["TopicArn"]
        self.sns.tag_resource(ResourceArn=arn, Tags=[{"Key": "k2", "Value": "v2"}])
        self.sns.untag_resource(ResourceArn=arn, TagKeys=["k1"])
        self.assertEqual(self.sns.list_tags_for_resource(ResourceArn=arn)["Tags"], [{"Key": "k2", "Value": "v2"}])
        self.invalid("Duplicated keys are not allowed.", self.sns.tag_resource, ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
        self.refused("ResourceNotFound", "Resource does not exist", self.sns.list_tags_for_resource, ResourceArn=arn + "x")

    def test_policies_let_others_in(self):
        arn = self.sns.create_topic(Name="shared")["TopicArn"]
        with self.assertRaises(self.other.exceptions.AuthorizationErrorException) as caught:
            self.other.publish(TopicArn=arn, Message="x")
        self.assertEqual(caught.exception.response["Error"]["Message"],
                         f"User: arn:aws:iam::222222222222:user/dev is not authorized to perform: SNS:Publish on resource: {arn} because no resource-based policy "
                         "allows the SNS:Publish action")
        self.sns.add_permission(TopicArn=arn, Label="test", AWSAccountId=["222222222222"], ActionName=["Publish"])
        self.other.publish(TopicArn=arn, Message="x")
        with self.assertRaises(self.other.exceptions.AuthorizationErrorException):
            self.other.subscribe(TopicArn=arn, Protocol="http", Endpoint="http://localhost:1/")
        self.invalid("Statement already exists", self.sns.add_permission, TopicArn=arn, Label="test", AWSAccountId=["222222222222"], ActionName=["Publish"])
        self.invalid("Policy statement action out of service scope!", self.sns.add_permission, TopicArn=arn, Label="t2", AWSAccountId=["222222222222"],
                     ActionName=["GetObject"])
        statement = json.loads(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"][1]
        self.assertEqual(statement, {"Sid": "test", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "SNS:Publish", "Resource": arn})
        self.sns.remove_permission(TopicArn=arn, Label="test")
        with self.assertRaises(self.other.exceptions.AuthorizationErrorException):
            self.other.publish(TopicArn=arn, Message="x")
        self.sns.remove_permission(TopicArn=arn, Label="__default_statement_ID")
        self.assertEqual(json.loads(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])["Statement"], [])
        self.sns.publish(TopicArn=arn, Message="the owner's own policies are enough")
        with self.assertRaises(self.other.exceptions.AuthorizationErrorException):
            self.other.publish(TopicArn=arn, Message="x")
        self.sns.delete_topic(TopicArn=arn)

    def test_subscriptions(self):
        arn = self.sns.create_topic(Name="subscribed")["TopicArn"]
        queue = "arn:aws:sqs:us-east-1:111111111111:q"
        subscribe = self.sns.subscribe
        self.invalid("Amazon SNS does not support this protocol string: test-protocol", subscribe, TopicArn=arn, Protocol="test-protocol", Endpoint="x")
        self.invalid("SQS endpoint ARN", subscribe, TopicArn=arn, Protocol="sqs", Endpoint="https://queue")
        self.invalid("Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics", subscribe, TopicArn=arn, Protocol="sqs",
                     Endpoint=queue + ".fifo")
        self.invalid("Attributes Reason: RawMessageDelivery: Invalid value [wrongvalue]. Must be true or false.", subscribe, TopicArn=arn, Protocol="sqs",
                     Endpoint=queue, Attributes={"RawMessageDelivery": "wrongvalue"})
        subscription = subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})["SubscriptionArn"]
        self.assertTrue(subscription.startswith(arn + ":"))
        attributes = self.sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        self.assertEqual(attributes, {"ConfirmationWasAuthenticated": "true", "Endpoint": queue, "Owner": "111111111111", "PendingConfirmation": "false",
                                      "Protocol": "sqs", "RawMessageDelivery": "true", "SubscriptionArn": subscription, "TopicArn": arn,
                                      "SubscriptionPrincipal": "arn:aws:iam::111111111111:user/dev"})
        self.assertEqual(subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue)["SubscriptionArn"], subscription)
        self.invalid("Attributes Reason: Subscription already exists with different attributes", subscribe, TopicArn=arn, Protocol="sqs", Endpoint=queue,
                     Attributes={"RawMessageDelivery": "false"})
        self.assertEqual([one["SubscriptionArn"] for one in self.sns.list_subscriptions()["Subscriptions"]], [subscription])
        set_attribute = self.sns.set_subscription_attributes
        self.invalid("AttributeName", set_attribute, SubscriptionArn=subscription, AttributeName="x", AttributeValue="y")
        self.invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn", set_attribute, SubscriptionArn=subscription, AttributeName="RedrivePolicy",
                     AttributeValue=json.dumps({"deadLetterTargetArn": "x"}))
        self.invalid('FilterPolicy: "key_a" must be an object or an array\n at [Source: (String)"{"key_a":"value_one"}"; line: 1, column: 11]', set_attribute,
                     SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue='{"key_a":"value_one"}')
        self.invalid("Filter policy scope MessageAttributes does not support nested filter policy", set_attribute, SubscriptionArn=subscription,
                     AttributeName="FilterPolicy", AttributeValue='{"object":{"key":[{"prefix":"auto-"}]}}')
        self.invalid("FilterPolicyScope: Invalid value [RandomValue]. Please use either MessageBody or MessageAttributes", set_attribute,
                     SubscriptionArn=subscription, AttributeName="FilterPolicyScope", AttributeValue="RandomValue")
        for wrong, message in (("x", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"), (arn, "SubscriptionId")):
            self.invalid(message, self.sns.unsubscribe, SubscriptionArn=wrong)
        self.sns.unsubscribe(SubscriptionArn=subscription)
        self.sns.unsubscribe(SubscriptionArn=subscription)
        self.refused("NotFound", "Subscription does not exist", self.sns.get_subscription_attributes, SubscriptionArn=subscription)
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SubscriptionsDeleted"], "1")

    def test_filters_of_a_topic(self):
        sns = self.server.client("sns", access_key="444444444444")
        arn = sns.create_topic(Name="filtered")["TopicArn"]

        def subscribe(number, **attributes):
            return sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:444444444444:q{number}", Attributes=attributes)["SubscriptionArn"]
        subscriptions = [subscribe(i, FilterPolicy='{"a": ["b"]}') for i in range(200)]
        plain = subscribe(200)
        self.refused("FilterPolicyLimitExceeded", "Filter policy limit exceeded", subscribe, number=201, FilterPolicy='{"a": ["b"]}')
        set_filter = {"AttributeName": "FilterPolicy", "AttributeValue": '{"a": ["c"]}'}
        self.refused("FilterPolicyLimitExceeded", "Filter policy limit exceeded", sns.set_subscription_attributes, SubscriptionArn=plain, **set_filter)
        sns.set_subscription_attributes(SubscriptionArn=subscriptions[0], **set_filter)

    def test_publishing(self):
        arn = self.sns.create_topic(Name="published")["TopicArn"]
        publish = self.sns.publish
        self.assertRegex(publish(TopicArn=arn, Message="x")["MessageId"], "^[0-9a-f-]{36}$")
        publish(TargetArn=arn, Message="x" * 262144)
        self.invalid("Message too long", publish, TopicArn=arn, Message="x" * 262145)
        self.invalid("Empty message", publish, TopicArn=arn, Message="")
        self.invalid("Subject", publish, TopicArn=arn, Message="x", Subject="")
        self.invalid("Message Structure - JSON message body failed to parse", publish, TopicArn=arn, MessageStructure="json", Message="{x")
        self.invalid("Message Structure - No default entry in JSON message body", publish, TopicArn=arn, MessageStructure="json", Message='{"sqs": "x"}')
        self.invalid("TargetArn Reason: No endpoint found for the target arn specified", publish, Message="x",
                     TargetArn="arn:aws:sns:us-east-1:111111111111:endpoint/APNS/abcdef/0f7d5971-aa8b-4bd5-b585-0826e9f93a66")
        for name, value, message in (
                ("a..b", {"DataType": "String", "StringValue": "x"}, "Message attribute name can not have successive '.' character."),
                (".a", {"DataType": "String", "StringValue": "x"}, "Invalid message attribute name starting with character '.' was found."),
                ("a^", {"DataType": "String", "StringValue": "x"}, "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only "
                                                                   "include alphanumeric characters, hyphens, underscores, or dots."),
                ("attr1", {"DataType": "Stringy", "StringValue": "x"}, "The message attribute 'attr1' has an invalid message attribute type, the set of supported "
                                                                       "type prefixes is Binary, Number, and String."),
                ("attr1", {"DataType": "Binary", "StringValue": "x"}, "The message attribute 'attr1' with type 'Binary' must use field 'Binary'."),
                ("attr1", {"DataType": "String", "BinaryValue": b"x"}, "The message attribute 'attr1' with type 'String' must use field 'String'."),
                ("price", {"DataType": "Number", "StringValue": "test"}, "Could not cast message attribute 'price' value to number."),
                ("price", {"DataType": "Number.int", "StringValue": "1 2"}, "Could not cast message attribute 'price' value to number."),
                ("attr1", {"DataType": "Binary"}, "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'Binary'.")):
            self.refused("ParameterValueInvalid", message, publish, TopicArn=arn, Message="x", MessageAttributes={name: value})
        for number in ("0", "-1.50", "+7", "007", "1.5e-3", "9" * 38):
            publish(TopicArn=arn, Message="x", MessageAttributes={"price": {"DataType": "Number", "StringValue": number}})

    def test_batches(self):
        arn = self.sns.create_topic(Name="batched")["TopicArn"]
        batch = self.sns.publish_batch
        answer = batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": str(i), "Message": "x"} for i in range(10)])
        self.assertEqual(([one["Id"] for one in answer["Successful"]], answer["Failed"]), ([str(i) for i in range(10)], []))
        for entries, code, message in (
                ([{"Id": str(i), "Message": "x"} for i in range(11)], "TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."),
                ([{"Id": "1", "Message": "x"}] * 2, "BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."),
                ([{"Id": "message.id", "Message": "x"}], "InvalidBatchEntryId",
                 "The Id of a batch entry in the batch request contains an impermissible character: message.id"),
                ([{"Id": "a" * 81, "Message": "x"}], "InvalidBatchEntryId", "The Id of a batch entry in the batch request is too long: " + "a" * 81),
                ([{"Id": str(i), "Message": "x" * 60000} for i in range(5)], "BatchRequestTooLong", "The length of all the messages put together is more than the limit.")):
            self.refused(code, message, batch, TopicArn=arn, PublishBatchRequestEntries=entries)

    def test_fifo(self):
        arn = self.sns.create_topic(Name="f.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
        publish = self.sns.publish
        self.invalid("The MessageGroupId parameter is required for FIFO topics", publish, TopicArn=arn, Message="x")
        self.invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly", publish, TopicArn=arn,
                     Message="x", MessageGroupId="g")
        first = publish(TopicArn=arn, Message="x", MessageGroupId="g", MessageDeduplicationId="d")
        again = publish(TopicArn=arn, Message="y", MessageGroupId="g", MessageDeduplicationId="d")
        self.assertEqual((first["MessageId"], first["SequenceNumber"]), (again["MessageId"], again["SequenceNumber"]))
        self.sns.set_topic_attributes(TopicArn=arn, AttributeName="ContentBasedDeduplication", AttributeValue="true")
        second = publish(TopicArn=arn, Message="x", MessageGroupId="g")
        self.assertGreater(int(second["SequenceNumber"]), int(first["SequenceNumber"]))
        self.assertEqual(len(second["SequenceNumber"]), 20)
        standard = self.sns.create_topic(Name="no-fifo")["TopicArn"]
        self.invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type", publish,
                     TopicArn=standard, Message="x", MessageDeduplicationId="d")

    def test_what_cannot_be_honoured_is_refused_by_name(self):
        sns = self.server.client("sns", access_key="555555555555")
        arn = sns.create_topic(Name="honest")["TopicArn"]
        hook = sns.subscribe(TopicArn=arn, Protocol="http", Endpoint="http://localhost:1/", ReturnSubscriptionArn=True)["SubscriptionArn"]
        for policy in ({"healthyRetryPolicy": {"backoffFunction": 7}}, {"healthyRetryPolicy": {"backoffFunction": "cubic"}}):
            with self.assertRaisesRegex(sns.exceptions.InvalidParameterException, "backoffFunction"):
                sns.set_subscription_attributes(SubscriptionArn=hook, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(policy))
        self.invalid("Attributes Reason: FifoTopic: Invalid value [maybe]. Must be true or false.", sns.create_topic, Name="k", Attributes={"FifoTopic": "maybe"})
        for call, parameters in ((sns.create_topic, {"Name": "k.fifo", "Attributes": {"FifoTopic": "true", "ArchivePolicy": "{}"}}),
                                 (sns.set_subscription_attributes, {"SubscriptionArn": hook, "AttributeName": "DeliveryPolicy", "AttributeValue": '{"guaranteed": true}'}),
                                 (sns.subscribe, {"TopicArn": arn, "Protocol": "sms", "Endpoint": "+15551234567"}),
                                 (sns.subscribe, {"TopicArn": arn, "Protocol": "lambda", "Endpoint": "arn:aws:lambda:us-east-1:111111111111:function:f"}),
                                 (sns.publish, {"PhoneNumber": "+15551234567", "Message": "x"}),
                                 (sns.create_platform_application, {"Name": "n", "Platform": "GCM", "Attributes": {"PlatformCredential": "x"}})):
            with self.assertRaises(sns.exceptions.ClientError) as caught:
                call(**parameters)
            self.assertEqual(caught.exception.response["Error"]["Code"], "NotImplemented", parameters)


if __name__ == "__main__":
    unittest.main()
