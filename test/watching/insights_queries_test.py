"""CloudWatch Logs Insights with boto3 and the AWS CLI: the documented queries over what a trail streams into a log group, and what queries may not."""
import json
import pathlib
import sys
import time
import unittest

import botocore.exceptions

from server import Server, eventually, signed_post

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))
from log_group_test import in_group, make  # noqa: E402

GROUP = "CloudTrail/all"


class Insights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.logs = cls.server.client("logs")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def put(self, group, messages, stream="s", first=None):
        """Events a second apart; returns the time of the first, in milliseconds."""
        first = first or int(time.time() * 1000) - 60_000
        for make_it in (lambda: self.logs.create_log_group(logGroupName=group), lambda: self.logs.create_log_stream(logGroupName=group, logStreamName=stream)):
            try:
                make_it()
            except self.logs.exceptions.ResourceAlreadyExistsException:
                pass
        self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
            {"timestamp": first + 1000 * n, "message": message if isinstance(message, str) else json.dumps(message)} for n, message in enumerate(messages)])
        self.server.settle()
        return first

    def start(self, group, query, logs=None, **more):
        groups = {} if group is None else {"logGroupName": group}
        now = int(time.time())
        return (logs or self.logs).start_query(**{**groups, "startTime": now - 3600, "endTime": now + 60, "queryString": query, **more})["queryId"]

    def results(self, query_id, logs=None):
        def look():
            answer = (logs or self.logs).get_query_results(queryId=query_id)
            return answer if answer["status"] not in ("Scheduled", "Running") else None
        return eventually(look, 30) or self.fail(f"{query_id} does not end")

    def rows(self, group, query, **more):
        answer = self.results(self.start(group, query, **more))
        self.assertEqual(answer["status"], "Complete")
        return [{field["field"]: field["value"] for field in row if field["field"] != "@ptr"} for row in answer["results"]]

    def refused(self, call, code, **parameters):
        with self.assertRaises(botocore.exceptions.ClientError) as refusal:
            call(**parameters)
        self.assertEqual(refusal.exception.response["Error"]["Code"], code, refusal.exception)
        return refusal.exception.response

    def test_documented_queries_over_a_trail(self):
        make(self.server, GROUP)
        iam = self.server.client("iam")
        iam.create_user(UserName="alice")
        iam.create_user(UserName="bob")
        with self.assertRaises(botocore.exceptions.ClientError):
            self.server.client("cloudtrail").update_trail(Name="absent")
        wanted = {"CreateUser", "UpdateTrail"}
        self.assertTrue(eventually(lambda: wanted <= {json.loads(text)["eventName"] for _, text in in_group(self.server, GROUP).values()}, 30))

        # "Find the number of log entries for each service, event type, and AWS Region"
        counted = self.rows(GROUP, "stats count(*) by eventSource, eventName, awsRegion")
        self.assertIn({"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "awsRegion": "us-east-1", "count(*)": "2"}, counted)
        # "Find the AWS Regions, user names, and ARNs of newly created IAM users"
        created = self.rows(GROUP, 'filter eventName="CreateUser"\n    | fields awsRegion, requestParameters.userName, responseElements.user.arn')
        self.assertEqual({(row["requestParameters.userName"], row["responseElements.user.arn"]) for row in created},
                         {(name, f"arn:aws:iam::000000000000:user/{name}") for name in ("alice", "bob")})
        # "Find the number of records where an exception occurred while invoking the API UpdateTrail"
        (failed,) = self.rows(GROUP, 'filter eventName="UpdateTrail" and ispresent(errorCode)\n    | stats count(*) by errorCode, errorMessage')
        self.assertEqual((failed["errorCode"], failed["count(*)"]), ("TrailNotFoundException", "1"))
        # "Find the 25 most recently added log events"
        newest = self.rows(GROUP, "fields @timestamp, @message | sort @timestamp desc | limit 25")
        self.assertEqual([row["@timestamp"] for row in newest], sorted((row["@timestamp"] for row in newest), reverse=True))
        self.assertRegex(newest[0]["@timestamp"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$")
        self.assertEqual(self.rows(GROUP, 'filter (eventName="StartInstances" or eventName="StopInstances") and awsRegion="us-east-2"'), [])

    def test_with_the_aws_cli(self):
        self.put("cli", [{"level": "ERROR", "code": n} for n in range(5)] + ["plain"])
        now = int(time.time())
        started = self.server.aws("logs", "start-query", "--log-group-name", "cli", "--start-time", str(now - 3600), "--end-time", str(now + 60),
                                  "--query-string", 'fields code | filter level = "ERROR" and code > 1 | sort code desc | limit 2')
        query_id = json.loads(started.stdout)["queryId"]

        def look():
            answer = json.loads(self.server.aws("logs", "get-query-results", "--query-id", query_id).stdout)
            return answer if answer["status"] == "Complete" else None
        answer = eventually(look, 30)
        self.assertEqual([row[0] for row in answer["results"]], [{"field": "code", "value": "4"}, {"field": "code", "value": "3"}])
        statistics = answer["statistics"]
        self.assertEqual((statistics["recordsMatched"], statistics["recordsScanned"]), (3, 6))
        self.assertEqual(statistics["bytesScanned"], sum(len(json.dumps({"level": "ERROR", "code": n})) for n in range(5)) + len("plain"))
        described = json.loads(self.server.aws("logs", "describe-queries", "--log-group-name", "cli", "--status", "Complete").stdout)["queries"]
        self.assertEqual([(each["queryId"], each["logGroupName"]) for each in described], [(query_id, "cli")])

    def test_several_groups_and_their_arns(self):
        first = self.put("several/a", ["one", "three"])
        self.put("several/b", ["two"], first=first + 500)
        query = "fields @message, @log | sort @timestamp"
        rows = [{"@message": text, "@log": f"000000000000:several/{group}"} for text, group in (("one", "a"), ("two", "b"), ("three", "a"))]
        self.assertEqual(self.rows(None, query, logGroupNames=["several/a", "several/b"]), rows)
        arn = "arn:aws:logs:us-east-1:000000000000:log-group:several/"
        self.assertEqual(self.rows(None, query, logGroupIdentifiers=[arn + "a", "several/b"]), rows)
        self.assertEqual(self.rows(None, query, logGroupIdentifiers=[arn + "a", "several/a", "several/b"]), rows)  # each once

    def test_a_record_by_its_pointer(self):
        first = self.put("pointed", ["other", {"a": {"b": [1, True]}, "@c": "d"}])
        answer = self.results(self.start("pointed", "fields a.b.0 | filter ispresent(a.b.0)"))
        ((field, pointer),) = answer["results"]
        self.assertEqual((field, pointer["field"]), ({"field": "a.b.0", "value": "1"}, "@ptr"))
        record = self.logs.get_log_record(logRecordPointer=pointer["value"])["logRecord"]
        self.assertEqual({name: record[name] for name in ("a.b.0", "a.b.1", "@@c", "@log", "@logStream", "@timestamp")},
                         {"a.b.0": "1", "a.b.1": "1", "@@c": "d", "@log": "000000000000:pointed", "@logStream": "s", "@timestamp": str(first + 1000)})
        self.assertEqual(json.loads(record["@message"]), {"a": {"b": [1, True]}, "@c": "d"})
        fields = {each["name"]: each["percent"] for each in self.logs.get_log_group_fields(logGroupName="pointed")["logGroupFields"]}
        self.assertEqual((fields["@message"], fields["a.b.0"]), (100, 50))
        self.refused(self.logs.get_log_record, "InvalidParameterException", logRecordPointer="nonsense")

    def test_fields_whose_names_are_long(self):
        """Each name tells the whole way: a thousand under one long name would be a hundred megabytes."""
        self.put("long", [{"k" * 100_000: {f"{n}": n for n in range(1000)}}])
        named = [each["name"] for each in self.logs.get_log_group_fields(logGroupName="long")["logGroupFields"]]
        self.assertIn("k" * 100_000 + ".0", named)
        self.assertLess(sum(map(len, named)), 5 << 20)
        answer = self.results(self.start("long", "fields @timestamp"))
        (pointer,) = [field["value"] for field in answer["results"][0] if field["field"] == "@ptr"]
        record = self.logs.get_log_record(logRecordPointer=pointer)["logRecord"]
        self.assertEqual(record["k" * 100_000 + ".1"], "1")
        self.assertLess(sum(map(len, record)), 5 << 20)

    def test_groups_under_a_key(self):
        """The key is opened for the query, on record; one that is disabled fails it."""
        kms, arn = self.server.client("kms"), "arn:aws:logs:us-east-1:000000000000:log-group:sealed"
        key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}},
            {"Effect": "Allow", "Action": ["kms:GenerateDataKey*", "kms:Decrypt"], "Resource": "*", "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
             "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}}}]}))["KeyMetadata"]["Arn"]
        self.logs.create_log_group(logGroupName="sealed", kmsKeyId=key)
        self.put("sealed", ["secret", {"a": 1}])
        self.assertEqual(self.rows("sealed", "fields @message | sort @timestamp"), [{"@message": "secret"}, {"@message": '{"a": 1}'}])
        answer = self.results(self.start("sealed", "fields a | filter a = 1"))
        self.assertEqual(self.logs.get_log_record(logRecordPointer=answer["results"][0][1]["value"])["logRecord"]["a"], "1")
        kms.disable_key(KeyId=key)
        self.assertEqual(self.results(self.start("sealed", "fields @message"))["status"], "Failed")

    def test_what_is_refused(self):
        self.put("refusing", ["x"])
        now = int(time.time())
        good = {"logGroupName": "refusing", "startTime": now - 60, "endTime": now + 60, "queryString": "fields @message"}

        def refuse(code, **more):
            parameters = {name: value for name, value in {**good, **more}.items() if value is not None}
            return self.refused(self.logs.start_query, code, **parameters)
        malformed = refuse("MalformedQueryException", queryString="fields @message | nosuch x")
        self.assertEqual(malformed["Error"]["Message"], "unexpected symbol found nosuch at line 1 and position 18")
        self.assertEqual(malformed["queryCompileError"]["location"], {"startCharOffset": 18, "endCharOffset": 24})
        malformed = refuse("MalformedQueryException", queryString="filter a = 'żółw' | nosuch x")
        self.assertEqual(malformed["queryCompileError"]["location"], {"startCharOffset": 20, "endCharOffset": 26})  # characters
        refuse("MalformedQueryException", startTime=100, endTime=200)  # before the group was made
        refuse("NotImplemented", queryString="pattern @message")
        refuse("ResourceNotFoundException", logGroupName="absent")
        refuse("InvalidParameterException", logGroupName=None)
        refuse("InvalidParameterException", logGroupNames=["refusing"])
        refuse("InvalidParameterException", startTime=now + 100)
        refuse("InvalidParameterException", limit=100_001)
        refuse("InvalidParameterException", queryString="x" * 10_001)
        self.refused(self.logs.get_query_results, "ResourceNotFoundException", queryId="absent")
        done = self.start("refusing", "fields @message")
        self.results(done)
        self.refused(self.logs.stop_query, "InvalidParameterException", queryId=done)

    def test_an_answer_holds_so_much_and_the_next_goes_on(self):
        fields = [f"field{n}" for n in range(40)]
        self.put("wide", [{}])
        now = int(time.time() * 1000) - 60_000
        for part in range(4):
            self.logs.put_log_events(logGroupName="wide", logStreamName="s", logEvents=[
                {"timestamp": now, "message": json.dumps({name: part * 1000 + n for name in fields})} for n in range(1000)])
        self.server.settle()
        query = self.start("wide", f"fields {', '.join(fields)} | filter ispresent(field0) | limit 10000")
        self.results(query)
        found, sizes, token = [], [], {}
        while token is not None:  # Debian's boto3 does not know of the token
            status, answer, _ = signed_post(self.server, "logs", "Logs_20140328.GetQueryResults", {"queryId": query, **token})
            self.assertEqual(status, 200, answer)
            sizes.append(len(answer["results"]))
            found += [int(field["value"]) for row in answer["results"] for field in row if field["field"] == "field39"]
            token = {"nextToken": answer["nextToken"]} if "nextToken" in answer else None
        self.assertEqual(sorted(found), list(range(4000)))
        self.assertEqual(len(sizes), 2)

    def test_who_may(self):
        self.put("open", ["x"])
        self.put("closed", ["x"])
        iam = self.server.client("iam")
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        arn = "arn:aws:logs:us-east-1:000000000000:log-group:"
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "logs:StartQuery", "Resource": arn + "open:*"}, {"Effect": "Allow", "Action": "logs:GetQueryResults", "Resource": "*"}]}))
        reader = self.server.client("logs", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        self.assertEqual(len(self.results(self.start("open", "fields @message", reader), reader)["results"]), 1)
        for groups in ({"logGroupName": "closed"}, {"logGroupNames": ["open", "closed"]}, {"logGroupIdentifiers": [arn + "closed"]}):
            with self.assertRaises(botocore.exceptions.ClientError) as refusal:
                self.start(None, "fields @message", reader, **groups)
            self.assertEqual(refusal.exception.response["Error"]["Code"], "AccessDeniedException")

    def test_definitions(self):
        made = self.logs.put_query_definition(name="team/errors", queryString="filter level = 'ERROR'", logGroupNames=["a", "b"])["queryDefinitionId"]
        self.logs.put_query_definition(name="other", queryString="fields @message")
        (found,) = self.logs.describe_query_definitions(queryDefinitionNamePrefix="team/")["queryDefinitions"]
        self.assertEqual((found["queryDefinitionId"], found["queryString"], found["logGroupNames"]), (made, "filter level = 'ERROR'", ["a", "b"]))
        self.logs.put_query_definition(name="team/all", queryString="fields @message", queryDefinitionId=made)
        (found,) = self.logs.describe_query_definitions(queryDefinitionNamePrefix="team/")["queryDefinitions"]
        self.assertEqual((found["name"], "logGroupNames" in found), ("team/all", False))
        self.assertTrue(self.logs.delete_query_definition(queryDefinitionId=made)["success"])
        self.refused(self.logs.delete_query_definition, "ResourceNotFoundException", queryDefinitionId=made)
        self.refused(self.logs.put_query_definition, "ResourceNotFoundException", name="x", queryString="fields a", queryDefinitionId=made)


if __name__ == "__main__":
    unittest.main()
