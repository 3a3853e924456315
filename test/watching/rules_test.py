"""EventBridge with the real clients: what CloudTrail records and what is put on buses reaches the targets of rules."""
import json
import pathlib
import sys
import time
import unittest

import botocore.exceptions

from endpoint import Receiver
from server import Server, all_records, code_of

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))
import evidence  # noqa: E402

ACCOUNT = "000000000000"


def make_role(server, name="targets"):
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    iam = server.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["events:*"], "Resource": "*"}]}))
    return role


def make_destination(server, url, name="hook", **more):
    events = server.client("events")
    connection = events.create_connection(Name=name, AuthorizationType="API_KEY", AuthParameters={
        "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "opensesame"}})["ConnectionArn"]
    return events.create_api_destination(Name=name, ConnectionArn=connection, InvocationEndpoint=url, HttpMethod="POST",
                                         **more)["ApiDestinationArn"]


def put_rule(server, name, pattern, arn, role, bus="default", state="ENABLED", **target):
    events = server.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps(pattern), State=state, EventBusName=bus)
    done = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": arn, "RoleArn": role, **target}])
    assert done["FailedEntryCount"] == 0, done


class TrailEvents(unittest.TestCase):
    def test_an_api_call_reaches_a_webhook(self):
        with Server() as server, Receiver() as receiver:
            evidence.make_trail(server)
            role = make_role(server)
            put_rule(server, "new-users", {"source": ["aws.iam"], "detail-type": ["AWS API Call via CloudTrail"],
                                           "detail": {"eventName": ["CreateUser"]}}, make_destination(server, receiver.url + "/in"), role)
            server.client("iam").create_user(UserName="alice")
            server.client("iam").create_group(GroupName="not-wanted")
            request = receiver.wait_for(1)[0]
            self.assertEqual(request["headers"]["X-Key"], "opensesame")
            self.assertEqual(request["headers"]["User-Agent"], "Amazon/EventBridge/ApiDestinations")
            event = json.loads(request["body"])
            record = next(r for r in all_records(server) if r["eventName"] == "CreateUser")
            self.assertEqual(event["detail"], record)
            self.assertIn(json.dumps(record["requestParameters"], separators=(",", ":")), request["body"])
            self.assertEqual(list(event), ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"])
            self.assertEqual((event["account"], event["region"], event["time"], event["resources"]),
                             (ACCOUNT, "us-east-1", record["eventTime"], []))
            self.assertNotEqual(event["id"], record["eventID"])
            time.sleep(0.3)
            self.assertEqual(len(receiver.requests), 1)

    def test_reads_need_the_state_for_them_and_all_need_a_trail(self):
        with Server() as server, Receiver() as receiver:
            role, destination = make_role(server), make_destination(server, receiver.url)
            put_rule(server, "plain", {"detail": {"eventName": ["ListUsers", "CreateUser"]}}, destination, role, Input='"plain"')
            put_rule(server, "all", {"detail": {"eventName": ["ListUsers", "CreateUser"]}}, destination, role, Input='"all"',
                     state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
            iam = server.client("iam")
            iam.create_user(UserName="before-any-trail")
            evidence.make_trail(server)
            iam.list_users()
            iam.create_user(UserName="alice")
            bodies = sorted(request["body"] for request in receiver.wait_for(3))
            self.assertEqual(bodies, ['"all"', '"all"', '"plain"'])
            server.client("cloudtrail").stop_logging(Name="first")
            iam.create_user(UserName="after")
            server.client("cloudtrail").start_logging(Name="first")
            iam.create_user(UserName="again")
            receiver.wait_for(5)
            time.sleep(0.3)
            self.assertEqual(len(receiver.requests), 5)


class Buses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.events = cls.server.client("events")
        cls.role = make_role(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def test_buses(self):
        events = self.events
        arn = events.create_event_bus(Name="orders", Tags=[{"Key": "team", "Value": "blue"}])["EventBusArn"]
        self.assertEqual(arn, f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/orders")
        self.assertEqual(code_of(events.create_event_bus, Name="orders"), "ResourceAlreadyExistsException")
        self.assertEqual(code_of(events.create_event_bus, Name="default"), "ResourceAlreadyExistsException")
        self.assertEqual(code_of(events.describe_event_bus, Name="absent"), "ResourceNotFoundException")
        self.assertEqual(code_of(events.delete_event_bus, Name="default"), "ValidationException")
        self.assertEqual(events.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "team", "Value": "blue"}])
        self.assertEqual([bus["Name"] for bus in events.list_event_buses()["EventBuses"]][:1], ["default"])
        self.assertEqual([bus["Name"] for bus in events.list_event_buses(NamePrefix="ord")["EventBuses"]], ["orders"])
        events.put_permission(EventBusName="orders", Action="events:PutEvents", Principal="111122223333", StatementId="one")
        policy = json.loads(events.describe_event_bus(Name="orders")["Policy"])
        self.assertEqual(policy["Statement"], [{"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                                                "Action": "events:PutEvents", "Resource": arn}])
        self.assertEqual(code_of(events.remove_permission, EventBusName="orders", StatementId="two"), "ResourceNotFoundException")
        events.remove_permission(EventBusName="orders", StatementId="one")
        self.assertNotIn("Policy", events.describe_event_bus(Name="orders"))
        events.put_rule(Name="r", EventBusName="orders", EventPattern='{"source":["a"]}')
        self.assertEqual(code_of(events.delete_event_bus, Name="orders"), "ValidationException")
        events.delete_rule(Name="r", EventBusName="orders")
        events.delete_event_bus(Name="orders")
        self.assertEqual(code_of(events.describe_event_bus, Name="orders"), "ResourceNotFoundException")

    def test_rules(self):
        events = self.events
        self.assertEqual(events.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)", Description="d")["RuleArn"],
                         f"arn:aws:events:us-east-1:{ACCOUNT}:rule/tick")
        rule = events.describe_rule(Name="tick")
        self.assertEqual((rule["State"], rule["ScheduleExpression"], rule["EventBusName"], rule["CreatedBy"]),
                         ("ENABLED", "rate(5 minutes)", "default", ACCOUNT))
        events.disable_rule(Name="tick")
        self.assertEqual(events.describe_rule(Name="tick")["State"], "DISABLED")
        events.enable_rule(Name="tick")
        self.assertEqual(events.describe_rule(Name="tick")["State"], "ENABLED")
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "Parameter ScheduleExpression is not valid."):
            events.put_rule(Name="x", ScheduleExpression="rate(1 minutes)")
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "Event pattern is not valid. Reason: Empty arrays are not allowed"):
            events.put_rule(Name="x", EventPattern='{"source":[]}')
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "Rule absent does not exist on EventBus default."):
            events.describe_rule(Name="absent")
        self.assertEqual(code_of(events.put_rule, Name="x"), "ValidationException")
        queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
        done = events.put_targets(Rule="tick", Targets=[
            {"Id": "q", "Arn": queue}, {"Id": "f", "Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"}])
        self.assertEqual(done["FailedEntryCount"], 1)
        self.assertEqual((done["FailedEntries"][0]["TargetId"], done["FailedEntries"][0]["ErrorCode"]), ("f", "NotImplemented"))
        self.assertEqual(events.list_targets_by_rule(Rule="tick")["Targets"], [{"Id": "q", "Arn": queue}])
        self.assertEqual(events.list_rule_names_by_target(TargetArn=queue)["RuleNames"], ["tick"])
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "contains invalid placeholder notdefinedkey"):
            events.put_targets(Rule="tick", Targets=[{"Id": "q", "Arn": queue, "InputTransformer": {"InputTemplate": '"<notdefinedkey>"'}}])
        self.assertEqual(code_of(events.put_targets, Rule="tick", Targets=[{"Id": str(i), "Arn": queue} for i in range(5)]),
                         "LimitExceededException")
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "Rule can't be deleted since it has targets."):
            events.delete_rule(Name="tick")
        events.remove_targets(Rule="tick", Ids=["q"])
        events.delete_rule(Name="tick")
        self.assertEqual([rule["Name"] for rule in events.list_rules(NamePrefix="tick")["Rules"]], [])

    def test_what_is_kept_is_bounded(self):
        role = make_role(self.server, "bounded")
        self.events.put_rule(Name="bounded", EventPattern='{"source":["x"]}')
        target = {"Arn": f"arn:aws:events:us-east-1:{ACCOUNT}:api-destination/a/11111111-1111-1111-1111-111111111111", "RoleArn": role,
                  "HttpParameters": {"PathParameterValues": ["v" * 500] * 300}}
        self.assertEqual(self.events.put_targets(Rule="bounded", Targets=[{"Id": "1", **target}])["FailedEntryCount"], 0)
        self.assertEqual(code_of(self.events.put_targets, Rule="bounded", Targets=[{"Id": "2", **target}]), "LimitExceededException")
        many = [{"Key": f"k{i}", "Value": "v" * 500} for i in range(100)]
        self.assertEqual(code_of(self.events.create_connection, Name="bounded", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"},
            "InvocationHttpParameters": {"HeaderParameters": many, "QueryStringParameters": many}}), "ValidationException")

    def test_put_events(self):
        entries = [{"Source": "app", "DetailType": "t", "Detail": '{"n": 1.10}'}, {"DetailType": "t", "Detail": "{}"},
                   {"Source": "app", "DetailType": "t", "Detail": "[1]"}, {"Source": "aws.iam", "DetailType": "t", "Detail": "{}"}]
        done = self.events.put_events(Entries=entries)
        self.assertEqual(done["FailedEntryCount"], 3)
        self.assertIn("EventId", done["Entries"][0])
        self.assertEqual(done["Entries"][1], {"ErrorCode": "InvalidArgument",
                                              "ErrorMessage": "Parameter Source is not valid. Reason: Source is a required argument."})
        self.assertEqual(done["Entries"][2], {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."})
        self.assertEqual(done["Entries"][3]["ErrorCode"], "NotAuthorizedForSourceException")
        big = [{"Source": "app", "DetailType": "t", "Detail": json.dumps({"x": "y" * (256 << 10)})}]
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "Total size of the entries in the request is over the limit."):
            self.events.put_events(Entries=big)
        self.assertEqual(code_of(self.events.put_events, Entries=entries * 3), "ValidationException")

    def test_from_bus_to_bus_to_a_webhook_by_a_transformer(self):
        with Receiver() as receiver:
            second = self.events.create_event_bus(Name="second")["EventBusArn"]
            third = self.events.create_event_bus(Name="third")["EventBusArn"]
            destination = make_destination(self.server, receiver.url, "chain")
            put_rule(self.server, "on", {"source": ["chain"]}, second, self.role)
            put_rule(self.server, "hook", {"source": ["chain"]}, destination, self.role, bus="second", InputTransformer={
                "InputPathsMap": {"n": "$.detail.n", "who": "$.detail.who"}, "InputTemplate": '{"n": <n>, "text": "by <who>", "rule": <aws.events.rule-name>}'})
            put_rule(self.server, "further", {"source": ["chain"]}, third, self.role, bus="second")
            put_rule(self.server, "never", {"source": ["chain"]}, destination, self.role, bus="third", Input='"never"')
            self.events.put_events(Entries=[{"Source": "chain", "DetailType": "t", "Detail": '{"n":1.10,"who":"al"}'}])
            self.assertEqual(receiver.wait_for(1)[0]["body"], '{"n":1.10,"text":"by al","rule":"hook"}')
            time.sleep(0.3)
            self.assertEqual(len(receiver.requests), 1)

    def test_connections_show_no_secret(self):
        for name, kind, parameters in (
                ("basic", "BASIC", {"BasicAuthParameters": {"Username": "u", "Password": "hidden-1"}}),
                ("oauth", "OAUTH_CLIENT_CREDENTIALS", {"OAuthParameters": {
                    "ClientParameters": {"ClientID": "id", "ClientSecret": "hidden-2"}, "AuthorizationEndpoint": "https://a.example/t", "HttpMethod": "POST"},
                    "InvocationHttpParameters": {"HeaderParameters": [{"Key": "h", "Value": "hidden-3", "IsValueSecret": True}]}})):
            made = self.events.create_connection(Name=name, AuthorizationType=kind, AuthParameters=parameters)
            self.assertEqual(made["ConnectionState"], "AUTHORIZED")
            self.assertNotIn("hidden", str(self.events.describe_connection(Name=name)))
        self.assertNotIn("hidden-", str(all_records(self.server)))
        for path in self.server.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"hidden-1", path.read_bytes(), path)
        self.assertEqual(code_of(self.events.describe_connection, Name="absent"), "ResourceNotFoundException")

    def test_the_cli(self):
        self.server.aws("events", "put-rule", "--name", "cli", "--event-pattern", '{"source":["x"]}')
        shown = json.loads(self.server.aws("events", "test-event-pattern", "--event-pattern", '{"source":["x"]}', "--event", json.dumps(
            {"id": "1", "account": ACCOUNT, "source": "x", "time": "2026-01-01T00:00:00Z", "region": "us-east-1", "resources": [],
             "detail-type": "t", "detail": {}})).stdout)
        self.assertEqual(shown, {"Result": True})
        self.assertIn("cli", self.server.aws("events", "list-rules", "--name-prefix", "cli").stdout)


if __name__ == "__main__":
    unittest.main()
