"""What stacks tell topics, and alarms that bring a stack back; stack policies from a bucket."""
import json
import re
import unittest

from botocore.exceptions import ClientError

from server import Server, eventually
from stacks import settled

ACCOUNT = "000000000000"


def template(**topics):
    return json.dumps({"Resources": {name: {"Type": "AWS::SNS::Topic", "Properties": properties} for name, properties in topics.items()}})


class Watched(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.stacks, cls.sns, cls.sqs, cls.alarms = (cls.server.client(n) for n in ("cloudformation", "sns", "sqs", "cloudwatch"))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def settled(self, name, status):
        return settled(self.stacks, name, status)

    def reasons(self, name):
        return [e["ResourceStatusReason"] for e in self.stacks.describe_stack_events(StackName=name)["StackEvents"] if "ResourceStatusReason" in e]

    def topic(self, name):
        topic = self.sns.create_topic(Name=name)["TopicArn"]
        queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return topic, queue

    def heard(self, queue, count):
        found = []

        def more():
            for message in self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return len(found) >= count
        eventually(more, 10)
        return found

    def test_notifications(self):
        topic, queue = self.topic("told")
        with self.assertRaises(ClientError) as caught:
            self.stacks.create_stack(StackName="n", TemplateBody=template(A={}), NotificationARNs=["told"])
        self.assertIn("Invalid notification ARN", caught.exception.response["Error"]["Message"])
        with self.assertRaises(ClientError) as caught:
            self.stacks.create_stack(StackName="n", TemplateBody=template(A={}), NotificationARNs=[topic + "-not"])
        self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationError")
        self.assertRegex(caught.exception.response["Error"]["Message"],
                         r"^Topic does not exist \(Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: [-0-9a-f]{36}; Proxy: null\)$")
        made = self.stacks.create_stack(StackName="n", TemplateBody=template(A={"DisplayName": "it's"}), NotificationARNs=[topic], ClientRequestToken="t-1")["StackId"]
        self.assertEqual(self.settled("n", "CREATE_COMPLETE")["NotificationARNs"], [topic])
        found = self.heard(queue, 5)
        self.assertEqual({m["Subject"] for m in found}, {"AWS CloudFormation Notification"})
        told = [dict(re.findall(r"^(\w+)='(.*)'$", m["Message"], re.M)) for m in found]
        self.assertEqual(list(told[0]), ["StackId", "Timestamp", "EventId", "LogicalResourceId", "Namespace", "PhysicalResourceId", "PrincipalId",
                                         "ResourceProperties", "ResourceStatus", "ResourceStatusReason", "ResourceType", "StackName", "ClientRequestToken"])
        self.assertTrue(all(m["Message"].endswith("'\n") for m in found))
        told.sort(key=lambda m: m["Timestamp"])
        self.assertEqual([(m["LogicalResourceId"], m["ResourceStatus"], m["ResourceStatusReason"]) for m in told],
                         [("n", "CREATE_IN_PROGRESS", "User Initiated"), ("A", "CREATE_IN_PROGRESS", ""), ("A", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
                          ("A", "CREATE_COMPLETE", ""), ("n", "CREATE_COMPLETE", "")])
        self.assertEqual({(m["StackId"], m["Namespace"], m["ClientRequestToken"], m["StackName"]) for m in told}, {(made, ACCOUNT, "t-1", "n")})
        self.assertEqual(told[3]["ResourceProperties"], '{"DisplayName":"it\'s"}')
        self.stacks.update_stack(StackName="n", TemplateBody=template(A={}), NotificationARNs=[])
        self.assertEqual(self.settled("n", "UPDATE_COMPLETE")["NotificationARNs"], [])
        # In the name of who makes the stack: one who may not publish tells nobody.
        iam = self.server.client("iam")
        iam.create_user(UserName="quiet")
        iam.put_user_policy(UserName="quiet", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["cloudformation:*", "sns:CreateTopic", "sns:GetTopicAttributes", "sns:TagResource", "sns:ListTagsForResource"], "Resource": "*"}]}))
        key = iam.create_access_key(UserName="quiet")["AccessKey"]
        quiet = self.server.client("cloudformation", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        quiet.create_stack(StackName="quiet", TemplateBody=template(A={}), NotificationARNs=[topic])
        self.settled("quiet", "CREATE_COMPLETE")
        self.stacks.create_stack(StackName="loud", TemplateBody=template(A={}), NotificationARNs=[topic])
        self.settled("loud", "CREATE_COMPLETE")
        self.assertNotIn("StackName='quiet'", "".join(m["Message"] for m in self.heard(queue, 5)))
        for name in ("n", "quiet", "loud"):
            self.stacks.delete_stack(StackName=name)

    def alarm(self, name):
        self.alarms.put_metric_alarm(AlarmName=name, MetricName="m", Namespace="n", Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1,
                                     ComparisonOperator="GreaterThanThreshold")
        return {"Arn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}", "Type": "AWS::CloudWatch::Alarm"}

    def test_triggers(self):
        trigger = self.alarm("bad")
        good = {"RollbackTriggers": [trigger], "MonitoringTimeInMinutes": 0}
        self.stacks.create_stack(StackName="t", TemplateBody=template(A={}), RollbackConfiguration=good)
        self.assertEqual(self.settled("t", "CREATE_COMPLETE")["RollbackConfiguration"], good)
        watched = {"RollbackTriggers": [trigger], "MonitoringTimeInMinutes": 1}
        self.stacks.update_stack(StackName="t", TemplateBody=template(A={"DisplayName": "x"}), RollbackConfiguration=watched)
        eventually(lambda: self.stacks.describe_stack_resource(StackName="t", LogicalResourceId="A")["StackResourceDetail"]["ResourceStatus"] == "UPDATE_COMPLETE", 10)
        self.server.kill()
        self.server.start()
        self.stacks, self.alarms = self.server.client("cloudformation"), self.server.client("cloudwatch")
        self.assertEqual(self.stacks.describe_stacks(StackName="t")["Stacks"][0]["StackStatus"], "UPDATE_IN_PROGRESS")  # it is being watched

        def off():  # again and again: at each full minute the alarm finds its own state
            self.alarms.set_alarm_state(AlarmName="bad", StateValue="ALARM", StateReason="r")
            return self.stacks.describe_stacks(StackName="t")["Stacks"][0]["StackStatus"] != "UPDATE_IN_PROGRESS"
        self.assertTrue(eventually(off, 20))
        self.settled("t", "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn(f"The following rollback trigger(s) went to ALARM state: [{trigger['Arn']}]. ", self.reasons("t"))
        self.alarms.delete_alarms(AlarmNames=["bad"])
        made = self.stacks.create_stack(StackName="u", TemplateBody=template(A={}), RollbackConfiguration=good)["StackId"]
        self.settled(made, "ROLLBACK_COMPLETE")
        self.assertIn(f"The following rollback trigger(s) do not exist: [{trigger['Arn']}]. Rollback requested by user.", self.reasons("u"))

    def test_policies_from_a_bucket(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="policies")
        s3.put_object(Bucket="policies", Key="none", Body=json.dumps({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "Update:*", "Resource": "*"}]}))
        s3.put_object(Bucket="policies", Key="all", Body=json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}]}))
        url = "https://s3.us-east-1.amazonaws.com/policies/"
        self.stacks.create_stack(StackName="p", TemplateBody=template(A={}), StackPolicyURL=url + "none")
        self.settled("p", "CREATE_COMPLETE")
        self.stacks.update_stack(StackName="p", TemplateBody=template(A={"DisplayName": "x"}))
        self.settled("p", "UPDATE_ROLLBACK_COMPLETE")
        self.stacks.update_stack(StackName="p", TemplateBody=template(A={"DisplayName": "x"}), StackPolicyDuringUpdateURL=url + "all")
        self.settled("p", "UPDATE_COMPLETE")
        self.stacks.set_stack_policy(StackName="p", StackPolicyURL=url + "all")
        self.assertIn("Allow", self.stacks.get_stack_policy(StackName="p")["StackPolicyBody"])
        with self.assertRaises(ClientError) as caught:
            self.stacks.set_stack_policy(StackName="p", StackPolicyURL="https://example.org/policy")
        self.assertEqual(caught.exception.response["Error"]["Message"], "StackPolicyURL must be a supported URL.")


if __name__ == "__main__":
    unittest.main()
