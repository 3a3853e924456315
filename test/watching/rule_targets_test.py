"""What rules send, and who must allow it: log groups, API destinations with each way to prove who calls, buses of other accounts."""
import base64
import json
import subprocess
import time
import unittest
import urllib.parse

from endpoint import Receiver
from rules_test import ACCOUNT, make_destination, make_role, put_rule
from server import BINARY, Server, code_of, eventually

DENIED = ("AccessDenied", "AccessDeniedException")


def put(server, detail, **more):
    done = server.client("events").put_events(Entries=[{"Source": "app", "DetailType": "t", "Detail": json.dumps(detail), **more}])
    assert done["FailedEntryCount"] == 0, done


class LogGroups(unittest.TestCase):
    def test_a_log_group_takes_events_under_the_resource_policy(self):
        with Server() as server:
            logs, events = server.client("logs"), server.client("events")
            logs.create_log_group(logGroupName="/aws/events/app")
            arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/app"
            events.put_rule(Name="log", EventPattern='{"source":["app"]}')
            events.put_targets(Rule="log", Targets=[{"Id": "1", "Arn": arn}, {"Id": "2", "Arn": arn, "InputTransformer": {
                "InputPathsMap": {"t": "$.time", "n": "$.detail.n"}, "InputTemplate": '{"timestamp": <t>, "message": "n is <n>"}'}}])
            put(server, {"n": 0})  # nobody lets it
            time.sleep(0.5)
            logs.put_resource_policy(policyName="events", policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Sid": "TrustEventsToStoreLogEvent", "Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
                 "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/*:*"}]}))
            self.assertEqual([policy["policyName"] for policy in logs.describe_resource_policies()["resourcePolicies"]], ["events"])

            def messages():
                return [event["message"] for event in logs.filter_log_events(logGroupName="/aws/events/app")["events"]]

            # The stream that could not be made is made anew after the first event that did not find it.
            number = 1
            while not messages() and number < 40:
                put(server, {"n": number})
                number += 1
                time.sleep(0.2)
            put(server, {"n": 99})
            eventually(lambda: "n is 99" in messages())
            self.assertIn("n is 99", messages())
            whole = [json.loads(message) for message in messages() if message.startswith("{")]
            self.assertEqual(whole[-1]["detail"], {"n": 99})
            logs.delete_resource_policy(policyName="events")
            self.assertEqual(code_of(logs.delete_resource_policy, policyName="events"), "ResourceNotFoundException")


class ApiDestinations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.events = cls.server.client("events")
        cls.role = make_role(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def rule(self, name, connection, url, method="POST", rate=None, **target):
        more = {"InvocationRateLimitPerSecond": rate} if rate else {}
        arn = self.events.create_api_destination(Name=name, ConnectionArn=connection, InvocationEndpoint=url, HttpMethod=method, **more)["ApiDestinationArn"]
        put_rule(self.server, name, {"source": ["app"], "detail": {"for": [name]}}, arn, self.role, **target)

    def test_basic_with_parameters_of_both_sides(self):
        connection = self.events.create_connection(Name="basic", AuthorizationType="BASIC", AuthParameters={
            "BasicAuthParameters": {"Username": "user", "Password": "pass word"}, "InvocationHttpParameters": {
                "HeaderParameters": [{"Key": "X-From", "Value": "connection"}], "QueryStringParameters": [{"Key": "q", "Value": "a b"}],
                "BodyParameters": [{"Key": "added", "Value": "yes", "IsValueSecret": True}]}})["ConnectionArn"]
        with Receiver() as receiver:
            self.rule("basic", connection, receiver.url + "/things/*/x", "PUT", InputPath="$.detail", HttpParameters={
                "PathParameterValues": ["$.detail.id"], "HeaderParameters": {"X-State": "$.detail.state", "X-From": "target"},
                "QueryStringParameters": {"s": "$.detail.state"}})
            put(self.server, {"for": "basic", "id": "a/b", "state": "on", "n": 1.5})
            request = receiver.wait_for(1)[0]
            self.assertEqual((request["method"], request["path"]), ("PUT", "/things/a%2Fb/x?q=a%20b&s=on"))
            self.assertEqual(request["headers"]["Authorization"], "Basic " + base64.b64encode(b"user:pass word").decode())
            self.assertEqual((request["headers"]["X-State"], request["headers"]["X-From"]), ("on", "connection"))
            self.assertEqual(json.loads(request["body"]), {"for": "basic", "id": "a/b", "state": "on", "n": 1.5, "added": "yes"})

    def test_oauth_tokens_are_fetched_and_fetched_again(self):
        tokens = []

        def answer(request):
            if request["path"] == "/token":
                tokens.append(urllib.parse.parse_qs(request["body"]))
                return 200, json.dumps({"access_token": f"token-{len(tokens)}", "token_type": "Bearer", "expires_in": 3600})
            return 401 if request["headers"]["Authorization"] == "Bearer token-1" else 200

        with Receiver(answer) as receiver:
            connection = self.events.create_connection(Name="oauth", AuthorizationType="OAUTH_CLIENT_CREDENTIALS", AuthParameters={
                "OAuthParameters": {"ClientParameters": {"ClientID": "me", "ClientSecret": "secret"}, "HttpMethod": "POST",
                                    "AuthorizationEndpoint": receiver.url + "/token"}})["ConnectionArn"]
            self.rule("oauth", connection, receiver.url + "/in")
            put(self.server, {"for": "oauth"})
            eventually(lambda: any(request["path"] == "/in" for request in receiver.requests), 15)
            arrived = [request for request in receiver.requests if request["path"] == "/in"]
            self.assertEqual([request["headers"]["Authorization"] for request in arrived], ["Bearer token-2"])
            self.assertEqual(tokens[0], {"grant_type": ["client_credentials"], "client_id": ["me"], "client_secret": ["secret"]})

    def test_no_more_calls_in_a_second_than_are_allowed(self):
        connection = self.events.create_connection(Name="rate", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}})["ConnectionArn"]
        times = []
        with Receiver(lambda request: times.append(time.monotonic()) or 200) as receiver:
            self.rule("rate", connection, receiver.url, rate=4)
            for n in range(10):
                put(self.server, {"for": "rate", "n": n})
            receiver.wait_for(10)
            # Ten in groups of four: at least two seconds' borders lie between the first and the last.
            self.assertGreater(times[-1] - times[0], 1.0)
            self.assertEqual({json.loads(request["body"])["detail"]["n"] for request in receiver.requests}, set(range(10)))

    def test_the_role_must_allow_it(self):
        iam = self.server.client("iam")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        weak = iam.create_role(RoleName="weak", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        with Receiver() as receiver:
            arn = make_destination(self.server, receiver.url, "weak")
            put_rule(self.server, "weak", {"source": ["app"], "detail": {"for": ["weak"]}}, arn, weak)
            put(self.server, {"for": "weak"})
            put_rule(self.server, "strong", {"source": ["app"], "detail": {"for": ["strong"]}}, arn, self.role)
            put(self.server, {"for": "strong"})
            self.assertIn("strong", receiver.wait_for(1)[0]["body"])
            self.assertEqual(len(receiver.requests), 1)


class Accounts(unittest.TestCase):
    def test_a_bus_of_another_account(self):
        with Server() as server, Receiver() as receiver:
            def cairn(*arguments):
                return subprocess.run([BINARY, *arguments, "--data-dir", str(server.data)], capture_output=True, text=True, check=True,
                                      env=server.environment()).stdout
            number = cairn("account", "create", "other").strip()
            profile = dict(line.split(" = ") for line in cairn("root", "credentials", "--account", number).splitlines() if " = " in line)
            keys = {"access_key": profile["aws_access_key_id"], "secret_key": profile["aws_secret_access_key"]}
            theirs = server.client("events", **keys)
            bus = server.client("events").create_event_bus(Name="shared")["EventBusArn"]
            role = make_role(server)
            put_rule(server, "in", {"source": ["app"]}, make_destination(server, receiver.url), role, bus="shared")
            entry = {"Source": "app", "DetailType": "t", "Detail": '{"n":1}', "EventBusName": bus}
            self.assertIn(code_of(theirs.put_events, Entries=[entry]), DENIED)
            server.client("events").put_permission(EventBusName="shared", Action="events:PutEvents", Principal=number, StatementId="other")
            theirs.put_events(Entries=[entry])
            event = json.loads(receiver.wait_for(1)[0]["body"])
            self.assertEqual((event["account"], event["detail"]), (number, {"n": 1}))
            # Others of the account must be allowed by policies of their own, too.
            iam = server.client("iam", **keys)
            iam.create_user(UserName="u")
            made = iam.create_access_key(UserName="u")["AccessKey"]
            user = server.client("events", access_key=made["AccessKeyId"], secret_key=made["SecretAccessKey"])
            self.assertIn(code_of(user.put_events, Entries=[entry]), DENIED)
            # A rule of theirs may send to it as well.
            theirs.put_rule(Name="out", EventPattern='{"source":["app"]}')
            theirs.put_targets(Rule="out", Targets=[{"Id": "1", "Arn": bus}])
            theirs.put_events(Entries=[{"Source": "app", "DetailType": "t", "Detail": '{"n":2}'}])
            self.assertEqual(json.loads(receiver.wait_for(2)[1]["body"])["detail"], {"n": 2})


if __name__ == "__main__":
    unittest.main()
