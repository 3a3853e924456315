"""CloudWatch Logs as its users know it: groups, streams, events, filters; by boto3 and the AWS CLI."""
import json
import time
import unittest

import botocore.exceptions

from server import Server, code_of, eventually, signed_post


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--set", "logs.tail_bytes=64KB")
        cls.server.__enter__()
        cls.logs = cls.server.client("logs")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def group(self, *streams):
        name = f"/test/{self.id().rsplit('.', 1)[1]}"
        self.logs.create_log_group(logGroupName=name)
        for stream in streams:
            self.logs.create_log_stream(logGroupName=name, logStreamName=stream)
        return name

    def put(self, group, stream, *events):
        return self.logs.put_log_events(logGroupName=group, logStreamName=stream,
                                        logEvents=[{"timestamp": at, "message": text} for at, text in events])

    def messages(self, group, count, **more):
        """As soon as there are `count`: the store follows the journal."""
        def look():
            found = [event for page in self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, **more) for event in page["events"]]
            return found if len(found) >= count else None
        return [event["message"] for event in eventually(look) or self.fail(f"no {count} events in {group}")]

    def test_groups(self):
        self.logs.create_log_group(logGroupName="/groups/a", tags={"team": "blue"})
        self.logs.create_log_group(logGroupName="/groups/b")
        self.assertEqual(code_of(self.logs.create_log_group, logGroupName="/groups/a"), "ResourceAlreadyExistsException")
        self.assertEqual(code_of(self.logs.create_log_group, logGroupName="no spaces"), "InvalidParameterException")
        self.logs.put_retention_policy(logGroupName="/groups/a", retentionInDays=14)
        self.assertEqual(code_of(self.logs.put_retention_policy, logGroupName="/groups/a", retentionInDays=15), "InvalidParameterException")
        found = self.logs.describe_log_groups(logGroupNamePrefix="/groups/")["logGroups"]
        self.assertEqual([group["logGroupName"] for group in found], ["/groups/a", "/groups/b"])
        self.assertEqual(found[0]["retentionInDays"], 14)
        self.assertNotIn("retentionInDays", found[1])
        self.assertEqual(found[0]["arn"], "arn:aws:logs:us-east-1:000000000000:log-group:/groups/a:*")
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=found[0]["arn"].removesuffix(":*"))["tags"], {"team": "blue"})
        first = self.logs.describe_log_groups(logGroupNamePrefix="/groups/", limit=1)
        self.assertEqual(len(first["logGroups"]), 1)
        second = self.logs.describe_log_groups(logGroupNamePrefix="/groups/", limit=1, nextToken=first["nextToken"])
        self.assertEqual(second["logGroups"][0]["logGroupName"], "/groups/b")
        self.assertNotIn("nextToken", second)
        self.logs.delete_log_group(logGroupName="/groups/a")
        self.assertEqual(code_of(self.logs.delete_log_group, logGroupName="/groups/a"), "ResourceNotFoundException")
        self.assertEqual(self.server.client("logs", region="eu-west-1").describe_log_groups()["logGroups"], [])

    def test_subscription_filters_have_nowhere_to_send_to(self):
        group = self.group()
        filters = {"logGroupName": group, "filterName": "f", "filterPattern": "ERROR"}
        for destination in ("lambda:us-east-1:000000000000:function:f", "kinesis:us-east-1:000000000000:stream/s",
                            "firehose:us-east-1:000000000000:deliverystream/d", "logs:us-east-1:000000000000:destination:d"):
            self.assertEqual(code_of(self.logs.put_subscription_filter, **filters, destinationArn=f"arn:aws:{destination}"), "NotImplemented", destination)
        for destination in ("arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:lambda:us-east-1:000000000000:layer:l", "no ARN"):
            self.assertEqual(code_of(self.logs.put_subscription_filter, **filters, destinationArn=destination), "InvalidParameterException", destination)
        function = "arn:aws:lambda:us-east-1:000000000000:function:f"
        self.assertEqual(code_of(self.logs.put_subscription_filter, **{**filters, "filterPattern": "{ $.a = "}, destinationArn=function), "InvalidParameterException")
        self.assertEqual(code_of(self.logs.put_subscription_filter, **{**filters, "logGroupName": "none"}, destinationArn=function), "ResourceNotFoundException")
        shown = self.server.aws("logs", "describe-subscription-filters", "--log-group-name", group)
        self.assertEqual(json.loads(shown.stdout), {"subscriptionFilters": []})
        self.assertEqual(code_of(self.logs.describe_subscription_filters, logGroupName="none"), "ResourceNotFoundException")
        self.assertEqual(code_of(self.logs.delete_subscription_filter, logGroupName=group, filterName="f"), "ResourceNotFoundException")

    def test_streams_by_name_and_by_time(self):
        group = self.group("one", "two", "three")
        now = int(time.time() * 1000)
        for stream, at in (("two", now - 3000), ("three", now - 2000), ("one", now - 1000)):
            self.put(group, stream, (at, "x"))
        names = [each["logStreamName"] for page in self.logs.get_paginator("describe_log_streams").paginate(logGroupName=group, PaginationConfig={"PageSize": 1})
                 for each in page["logStreams"]]
        self.assertEqual(names, ["one", "three", "two"])
        pages = self.logs.get_paginator("describe_log_streams").paginate(logGroupName=group, orderBy="LastEventTime", descending=True,
                                                                         PaginationConfig={"PageSize": 2})
        self.assertEqual([each["logStreamName"] for page in pages for each in page["logStreams"]], ["one", "three", "two"])
        stream = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="two")["logStreams"][0]
        self.assertEqual((stream["firstEventTimestamp"], stream["lastEventTimestamp"]), (now - 3000, now - 3000))
        self.assertGreaterEqual(stream["lastIngestionTime"], now)
        self.logs.delete_log_stream(logGroupName=group, logStreamName="two")
        self.logs.create_log_stream(logGroupName=group, logStreamName="two")
        self.assertEqual(len(self.messages(group, 2)), 2)
        self.assertEqual(self.logs.filter_log_events(logGroupName=group, logStreamNames=["two"])["events"], [], "events of the stream before")

    def test_put_by_its_rules(self):
        group = self.group("s")
        now = int(time.time() * 1000)
        day = 86_400_000
        self.assertEqual(code_of(self.logs.put_log_events, logGroupName=group, logStreamName="absent", logEvents=[{"timestamp": now, "message": "x"}]),
                         "ResourceNotFoundException")
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "Log events in a single PutLogEvents request must be in chronological order."):
            self.put(group, "s", (now, "b"), (now - 1, "a"))
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "InvalidParameterException"):
            self.put(group, "s", (now - day - 1, "a"), (now, "b"))
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "exceeds limit of 1048576"):
            self.put(group, "s", (now, "x" * 600_000), (now, "x" * 600_000))
        taken = self.put(group, "s", (now - 20 * day, "too old"), (now, "right"), (now + 3 * 3_600_000, "too new"))
        self.assertEqual(taken["rejectedLogEventsInfo"], {"tooNewLogEventStartIndex": 2, "tooOldLogEventEndIndex": 1})
        self.assertEqual(self.messages(group, 1), ["right"])
        self.put(group, "s", (now, "y" * (1_048_576 - 26)))
        self.assertEqual([len(text) for text in self.messages(group, 2)], [5, 1_048_550])

    def test_get_forwards_and_backwards(self):
        group = self.group("s", "other")
        now = int(time.time() * 1000)
        for i in range(0, 100, 10):
            self.put(group, "s", *[(now + j, f"m{j}") for j in range(i, i + 10)])
            self.put(group, "other", (now + i, "not this"))
        self.messages(group, 110)
        seen, token = [], None
        while True:
            page = self.logs.get_log_events(logGroupName=group, logStreamName="s", limit=7, startFromHead=True, **({"nextToken": token} if token else {}))
            seen += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        self.assertEqual(seen, [f"m{i}" for i in range(100)])
        back = self.logs.get_log_events(logGroupName=group, logStreamName="s", limit=3, nextToken=page["nextBackwardToken"])
        self.assertEqual([event["message"] for event in back["events"]], ["m97", "m98", "m99"])
        newest = self.logs.get_log_events(logGroupName=group, logStreamName="s", limit=2)
        self.assertEqual([event["message"] for event in newest["events"]], ["m98", "m99"])
        older = self.logs.get_log_events(logGroupName=group, logStreamName="s", limit=2, nextToken=newest["nextBackwardToken"])
        self.assertEqual([event["message"] for event in older["events"]], ["m96", "m97"])
        between = self.logs.get_log_events(logGroupName=group, logStreamName="s", startTime=now + 10, endTime=now + 12, startFromHead=True)
        self.assertEqual([event["message"] for event in between["events"]], ["m10", "m11"])
        self.assertEqual(code_of(self.logs.get_log_events, logGroupName=group, logStreamName="s", nextToken="f/1"), "InvalidParameterException")

    def test_filters(self):
        group = self.group("a", "b")
        now = int(time.time() * 1000)
        self.put(group, "a", (now, "ERROR disk"), (now + 1, "INFO fine"), (now + 2, json.dumps({"errorCode": "AccessDenied", "n": 5})))
        self.put(group, "b", (now + 3, "ERROR net"), (now + 4, json.dumps({"errorCode": "Throttling", "n": 50})))
        self.messages(group, 5)
        for pattern, wanted in (("ERROR", 2), ("ERROR -net", 1), ("?disk ?net", 2), ('{ $.errorCode = "Access*" }', 1), ("{ $.n > 4 }", 2), (" ", 5)):
            self.assertEqual(len(self.messages(group, wanted, filterPattern=pattern)), wanted, pattern)
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "InvalidParameterException.*Invalid filter pattern"):
            self.logs.filter_log_events(logGroupName=group, filterPattern="{ $.a = }")
        self.assertEqual(self.messages(group, 2, logStreamNames=["b"]), self.messages(group, 2, logStreamNamePrefix="b"))
        self.assertEqual(self.messages(group, 1, startTime=now + 1, endTime=now + 1), ["INFO fine"])
        # A parameter that Debian's botocore does not know yet.
        status, answer, _ = signed_post(self.server, "logs", "Logs_20140328.FilterLogEvents", {"logGroupName": group, "startFromHead": False, "limit": 2})
        self.assertEqual((status, [event["timestamp"] for event in answer["events"]]), (200, [now + 4, now + 3]))
        status, answer, _ = signed_post(self.server, "logs", "Logs_20140328.FilterLogEvents",
                                        {"logGroupName": group, "startFromHead": False, "nextToken": answer["nextToken"]})
        self.assertEqual([event["timestamp"] for event in answer["events"]], [now + 2, now + 1, now])
        status, answer, _ = signed_post(self.server, "logs", "Logs_20140328.FilterLogEvents", {"logGroupName": group, "startFromHead": False, "startTime": 1})
        self.assertEqual((status, answer["__type"]), (400, "InvalidParameterException"))

    def test_events_survive_restart_and_kill(self):
        with Server("--set", "logs.tail_bytes=64KB") as server:
            logs = server.client("logs")
            logs.create_log_group(logGroupName="g")
            logs.create_log_stream(logGroupName="g", logStreamName="s")
            now = int(time.time() * 1000)
            for i in range(200):
                server.client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": now + i, "message": f"{i} " + "x" * 1000}])
                if i in (70, 140):
                    server.kill()
                    server.start()
            server.stop()
            server.start()
            pages = server.client("logs").get_paginator("filter_log_events").paginate(logGroupName="g")
            self.assertEqual([int(event["message"].split()[0]) for page in pages for event in page["events"]], list(range(200)))

    def test_calls_are_recorded_and_puts_are_not(self):
        group = self.group("s")
        self.put(group, "s", (int(time.time() * 1000), "x"))
        self.logs.filter_log_events(logGroupName=group)
        self.server.settle()
        found = self.server.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "logs.amazonaws.com"}])
        records = [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]
        mine = [record for record in records if (record["requestParameters"] or {}).get("logGroupName") == group]
        self.assertEqual([record["eventName"] for record in mine], ["FilterLogEvents", "CreateLogStream", "CreateLogGroup"])
        self.assertTrue(all(record["managementEvent"] and record["apiVersion"] == "20140328" for record in mine))

    def test_the_aws_cli(self):
        def aws(*arguments):
            return self.server.aws("logs", *arguments).stdout
        aws("create-log-group", "--log-group-name", "/cli")
        aws("create-log-stream", "--log-group-name", "/cli", "--log-stream-name", "s")
        aws("put-log-events", "--log-group-name", "/cli", "--log-stream-name", "s", "--log-events", f"timestamp={int(time.time() * 1000)},message=hello")
        self.assertTrue(eventually(lambda: "hello" in aws("tail", "/cli")))
        self.assertIn('"message": "hello"', aws("get-log-events", "--log-group-name", "/cli", "--log-stream-name", "s"))


if __name__ == "__main__":
    unittest.main()
