"""Searching the event history beyond LookupEvents: by any condition, over accounts and regions, by plain HTTP. docs/search.md"""
import csv
import gzip
import io
import itertools
import json
import re
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from server import BINARY, Server, signed_post

API = "/_cairn/api/"


def signed(server, method, path, body=None, query=None, keys=None, headers=None):
    """A request signed by botocore, for urllib."""
    credentials = botocore.credentials.Credentials(*(keys or (server.access_key, server.secret_key)))
    url = server.endpoint + path + ("?" + urllib.parse.urlencode(query, doseq=True, quote_via=urllib.parse.quote) if query else "")
    data = json.dumps(body).encode() if body is not None else None
    request = botocore.awsrequest.AWSRequest(method, url, data=data, headers={"Content-Type": "application/json"} if data else {})
    botocore.auth.SigV4Auth(credentials, "cairn", "us-east-1").add_auth(request)
    prepared = request.prepare()
    return urllib.request.Request(prepared.url, data=data, headers={**prepared.headers, **(headers or {})}, method=method)


def presigned(server, path, query):
    credentials = botocore.credentials.Credentials(server.access_key, server.secret_key)
    request = botocore.awsrequest.AWSRequest("GET", server.endpoint + path + "?" + urllib.parse.urlencode(query, doseq=True, quote_via=urllib.parse.quote))
    botocore.auth.SigV4QueryAuth(credentials, "cairn", "us-east-1", expires=60).add_auth(request)
    return request.prepare().url


def ask(server, operation, body=None, **more):
    """Status, answer and headers of a POST."""
    try:
        with urllib.request.urlopen(signed(server, "POST", API + operation, body if body is not None else {}, **more), timeout=30) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


class Searched(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        s3 = cls.server.client("s3")
        for bucket in ("stones", "more-stones", "logs-of-stones"):
            s3.create_bucket(Bucket=bucket)
        s3.delete_bucket(Bucket="more-stones")
        s3.put_object(Bucket="stones", Key="=cmd|' /C calc'!A0", Body=b"x")
        for bucket in ("absent-1", "absent-2"):
            try:
                s3.head_bucket(Bucket=bucket)
            except s3.exceptions.ClientError:
                pass
        cls.server.client("cloudtrail", region="eu-west-1").describe_trails()
        cls.server.settle()

    def search(self, body=None, operation="search", **more):
        status, answer, headers = ask(self.server, operation, body, **more)
        self.assertEqual(status, 200, answer)
        self.assertEqual(headers["Content-Type"], "application/json")
        return json.loads(answer)

    def names(self, **body):
        return [event["EventName"] for event in self.search({"Filter": "eventSource != 'cairn.amazonaws.com'", **body})["Events"]]

    def refusal(self, operation="search", body=None, **more):
        status, answer, headers = ask(self.server, operation, body, **more)
        self.assertGreaterEqual(status, 400, answer)
        document = json.loads(answer)
        return headers["x-amzn-ErrorType"], document.get("message", document.get("Message"))


class Conditions(Searched):
    def test_conditions(self):
        for condition, wanted in (("eventName = 'DeleteBucket'", ["DeleteBucket"]),
                                  ("eventName like /Bucket$/ and readOnly = false", ["DeleteBucket"] + ["CreateBucket"] * 3),
                                  ("eventName like /Bucket$/ and readOnly = false and not (eventName = 'CreateBucket')", ["DeleteBucket"]),
                                  ("requestParameters.bucketName in ['logs-of-stones', 'more-stones']", ["DeleteBucket", "CreateBucket", "CreateBucket"]),
                                  ("ResourceName = 'logs-of-stones'", ["CreateBucket"]),
                                  ("ResourceType like 'S3::Bucket' and ResourceName like /^logs/", ["CreateBucket"]),
                                  ("isIpInSubnet(sourceIPAddress, '127.0.0.0/8') and eventName = 'DescribeTrails'", ["DescribeTrails"]),
                                  ("'LOGS-OF-stones' and eventSource = 's3.amazonaws.com'", ["CreateBucket"]),
                                  ("eventName = 'NoSuchCall'", [])):
            found = [event["EventName"] for event in self.search({"Filter": condition})["Events"]]
            self.assertEqual([name for name in found if name != "SearchEvents"], wanted, condition)

    def test_data_events_need_their_category(self):
        self.assertNotIn("PutObject", self.names())
        self.assertEqual(self.names(Category="DATA")[:2], ["HeadBucket", "HeadBucket"])
        found = self.search({"Filter": "errorCode = '404' or errorCode = 'NoSuchBucket'", "Category": "ALL"})["Events"]
        self.assertEqual({event["Category"] for event in found}, {"DATA"})

    def test_order_and_pages(self):
        newest = self.search({"Filter": "eventSource = 's3.amazonaws.com'"})["Events"]
        oldest = self.search({"Filter": "eventSource = 's3.amazonaws.com'", "Order": "OLDEST_FIRST"})["Events"]
        self.assertEqual([event["EventId"] for event in oldest], [event["EventId"] for event in reversed(newest)])
        for order, all_of_it in (("NEWEST_FIRST", newest), ("OLDEST_FIRST", oldest)):
            pages, token = [], None
            while True:
                page = self.search({"Filter": "eventSource = 's3.amazonaws.com'", "Order": order, "MaxResults": 2, **({"NextToken": token} if token else {})})
                pages += page["Events"]
                token = page.get("NextToken")
                if not token:
                    break
                self.server.client("sts").get_caller_identity()  # what comes meanwhile changes nothing
                self.assertEqual(self.refusal(body={"NextToken": token})[0], "InvalidNextTokenException")
            self.assertEqual([event["EventId"] for event in pages], [event["EventId"] for event in all_of_it])

    def test_regions(self):
        self.assertEqual(self.names(Regions=["eu-west-1"]), ["DescribeTrails"])
        self.assertIn("DescribeTrails", self.names(Regions=["eu-west-1", "us-east-1"]))
        self.assertNotIn("DescribeTrails", self.names(Region="us-east-1"))
        self.assertIn("DescribeTrails", self.names())

    def test_what_is_wrong_is_named_with_its_place(self):
        self.assertEqual(self.refusal(body={"Filter": "eventName = "}),
                         ("InvalidFilterException", "Filter: unexpected symbol found <EOF> at line 1 and position 12"))
        self.assertEqual(self.refusal(body={"Filter": "eventName = 'x' and nope(1)"}),
                         ("InvalidFilterException", "Filter: Unknown function: nope (at position 20)"))
        self.assertEqual(self.refusal(body={"Order": "SIDEWAYS"})[0], "ValidationException")
        self.assertEqual(self.refusal(body={"MaxResults": 1001})[0], "ValidationException")
        self.assertEqual(self.refusal(body={"NewerThan": "yesterday"})[0], "ValidationException")

    def test_what_is_nearly_a_field_is_hinted_at(self):
        hint = "CloudTrail's records have no field '{}': did you mean '{}'?"
        for condition, hints in (("eventname = 'CreateBucket'", [hint.format("eventname", "eventName")]), ("eventName = 'CreateBucket'", None),
                                 ("requestParameters.anything = 'x' or nothing.of.the.kind = 'y'", None),
                                 ("eventname = 'x' or sourceIpAddress = 'y'", [hint.format("eventname", "eventName"), hint.format("sourceIpAddress", "sourceIPAddress")])):
            self.assertEqual(self.search({"Filter": condition}).get("Hints"), hints, condition)
            self.assertEqual(signed_post(self.server, "cairn", "Cairn.SearchEvents", {"Filter": condition})[1].get("Hints"), hints)
            self.assertEqual(self.search({"Filter": condition}, "summary").get("Hints"), hints)
        self.assertEqual(self.search({"Fields": ["errorcode", "eventName", "strlen(eventName)"]}, "summary")["Hints"], [hint.format("errorcode", "errorCode")])

    def test_by_a_link(self):
        query = {"Filter": "eventName = 'CreateBucket'", "Regions": ["us-east-1", "eu-west-1"], "MaxResults": "2", "StartTime": "2020-01-01T00:00:00Z"}
        with urllib.request.urlopen(signed(self.server, "GET", API + "search", query=query)) as response:
            self.assertEqual([event["EventName"] for event in json.load(response)["Events"]], ["CreateBucket"] * 2)
        with urllib.request.urlopen(presigned(self.server, API + "search", query)) as response:
            self.assertEqual([event["EventName"] for event in json.load(response)["Events"]], ["CreateBucket"] * 2)

    def test_who_did_not_sign_is_refused(self):
        for method in ("GET", "POST"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(self.server.endpoint + API + "search", data=b"{}" if method == "POST" else None, method=method))
            self.assertIn(refused.exception.code, (400, 403))
            self.assertIn("x-amzn-ErrorType", refused.exception.headers)
        status, _, headers = ask(self.server, "no-such-thing")
        self.assertEqual((status, headers["x-amzn-ErrorType"]), (404, "UnknownOperationException"))

    def test_each_search_is_recorded(self):
        self.search({"Filter": "eventName = 'a certain one'", "Regions": ["us-east-1"]})
        self.server.settle()
        found = self.search({"Filter": "eventName = 'SearchEvents' and requestParameters.filter like 'a certain one'"})["Events"]
        self.assertEqual(len(found), 1)
        record = json.loads(found[0]["CloudTrailEvent"])
        self.assertEqual((record["eventSource"], record["readOnly"], record["requestParameters"]["regions"]), ("cairn.amazonaws.com", True, ["us-east-1"]))


class Summaries(Searched):
    def test_over_time_and_by_value(self):
        now = int(time.time())
        summary = self.search({"Filter": "eventSource = 's3.amazonaws.com'", "Category": "ALL", "StartTime": now - 3600, "Interval": 60,
                               "Fields": ["eventName", "ResourceName", "errorCode"], "TopCount": 2}, "summary")
        self.assertFalse(summary["IsPartial"])
        self.assertEqual(summary["Total"], 7)
        self.assertEqual(summary["Interval"], 60)
        self.assertEqual(sum(bin["Count"] for bin in summary["Bins"]), 7)
        self.assertTrue(all(bin["StartTime"] % 60 == 0 for bin in summary["Bins"]))
        names, resources, errors = summary["Fields"]
        self.assertEqual(names["Values"], [{"Value": "CreateBucket", "Count": 3, "ErrorMax": 0}, {"Value": "HeadBucket", "Count": 2, "ErrorMax": 0}])
        self.assertEqual((names["OtherCount"], names["MissingCount"]), (2, 0))
        self.assertEqual(resources["Field"], "ResourceName")
        self.assertEqual((errors["MissingCount"], sum(value["Count"] for value in errors["Values"])), (5, 2))

    def test_read_or_not_the_counts_are_the_same(self):
        asked = {"Category": "ALL", "EndTime": int(time.time()) - 1, "Filter": "not eventName like /^Head/ and readOnly = true"}
        fields = ["eventName", "errorCode", "userIdentity.arn", "sourceIPAddress"]
        counted = self.search({**asked, "Fields": fields}, "summary")
        read = self.search({**asked, "Fields": fields + ["ResourceName"]}, "summary")  # no column
        self.assertEqual(counted["Fields"], read["Fields"][:4])
        self.assertEqual((counted["Total"], counted["Bins"]), (read["Total"], read["Bins"]))
        also = self.search({**asked, "Fields": fields, "Order": "OLDEST_FIRST", "NewerThan": "1.0"}, "summary")  # no members of this call
        self.assertEqual(also["Fields"], counted["Fields"])

    def test_bins_by_themselves(self):
        self.assertEqual(self.search({}, "summary")["Interval"], 86400)
        self.assertNotIn("Bins", self.search({"Bins": 0}, "summary"))
        self.assertLessEqual(len(self.search({"Bins": 10}, "summary")["Bins"]), 10)
        code, message = self.refusal("summary", {"Interval": 1})
        self.assertEqual(code, "ValidationException")
        self.assertEqual(message, "An interval of 1 s makes more than 2000 bins of the time asked for; 10800 s does not.")
        self.assertEqual(self.refusal("summary", {"Fields": ["eventName ="]})[0], "InvalidFilterException")


class Downloads(Searched):
    ASKED = {"Category": "ALL", "Filter": "eventSource = 's3.amazonaws.com'", "Order": "OLDEST_FIRST"}

    def records(self):
        return [event["CloudTrailEvent"] for event in self.search(self.ASKED)["Events"]]

    def download(self, form):
        status, body, headers = ask(self.server, "download", {**self.ASKED, "Format": form})
        self.assertEqual(status, 200, body)
        self.assertIn("attachment", headers["Content-Disposition"])
        return body, headers["Content-Type"]

    def test_records_a_line(self):
        body, content_type = self.download("NDJSON")
        self.assertEqual(content_type, "application/x-ndjson")
        self.assertEqual(body.decode().splitlines(), self.records())

    def test_as_a_log_file(self):
        body, _ = self.download("LOG_FILE")
        self.assertEqual(gzip.decompress(body).decode(), '{"Records":[' + ",".join(self.records()) + "]}")
        status, body, _ = ask(self.server, "download", {"Filter": "eventName = 'no such'", "Format": "LOG_FILE"})
        self.assertEqual(gzip.decompress(body), b'{"Records":[]}')

    def test_a_table_is_harmless(self):
        body, content_type = self.download("CSV")
        self.assertTrue(content_type.startswith("text/csv"))
        rows = list(csv.DictReader(io.StringIO(body.decode(), newline="")))
        self.assertEqual([row["eventID"] for row in rows], [json.loads(record)["eventID"] for record in self.records()])
        for row in rows:
            for cell in row.values():
                self.assertFalse(cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell)
        self.assertTrue(all(row["recipientAccountId"] for row in rows))

    def test_large_and_in_pieces(self):
        sts = self.server.client("sts")
        for _ in range(600):
            sts.get_caller_identity()
        self.server.settle()
        asked = {"Filter": "eventName = 'GetCallerIdentity'"}
        status, body, _ = ask(self.server, "download", asked)
        self.assertEqual(len(body.splitlines()), 600)
        self.assertEqual(len({json.loads(line)["eventID"] for line in body.splitlines()}), 600)


class Tails(Searched):
    def lines(self, response):
        for line in response:
            yield line.decode().rstrip("\n")

    def test_events_come_as_they_happen(self):
        url = presigned(self.server, API + "tail", {"Filter": "eventName = 'ListBuckets'", "Category": "ALL"})
        with urllib.request.urlopen(url, timeout=10) as response:
            self.assertEqual(response.headers["Content-Type"], "text/event-stream")
            lines = self.lines(response)
            self.assertTrue(next(lines).startswith(":"))
            beginning = next(lines)
            self.assertRegex(beginning, r"^id: \d+-\d+$", "who hears of no event knows where to go on, too")
            self.assertEqual(next(lines), "")
            self.server.client("s3").list_buckets()
            identifier = next(line for line in lines if line.startswith("id: "))[4:]
            event = json.loads(next(lines).removeprefix("data: "))
            self.assertEqual((event["EventName"], event["Cursor"]), ("ListBuckets", identifier))
        self.server.client("s3").list_buckets()
        # Who comes again goes on where they were.
        request = urllib.request.Request(url, headers={"Last-Event-ID": identifier})
        with urllib.request.urlopen(request, timeout=10) as response:
            again = json.loads(next(line for line in self.lines(response) if line.startswith("data: ")).removeprefix("data: "))
            self.assertEqual(again["EventName"], "ListBuckets")
            self.assertNotEqual(again["EventId"], event["EventId"])
        request = urllib.request.Request(url, headers={"Last-Event-ID": beginning[4:]})
        with urllib.request.urlopen(request, timeout=10) as response:
            events = [json.loads(line[6:])["EventId"] for line in itertools.islice((line for line in self.lines(response) if line.startswith("data: ")), 2)]
            self.assertEqual(events, [event["EventId"], again["EventId"]])

    def test_sessions_are_counted(self):
        with Server() as server:
            opened = [urllib.request.urlopen(presigned(server, API + "tail", {}), timeout=10) for _ in range(15)]
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(presigned(server, API + "tail", {}), timeout=10)
            self.assertEqual(refused.exception.headers["x-amzn-ErrorType"], "LimitExceededException")
            for response in opened:
                response.close()


class Permissions(Searched):
    def user(self, name, *statements):
        iam = self.server.client("iam")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        return key["AccessKeyId"], key["SecretAccessKey"]

    @staticmethod
    def allow(**keys):
        return {"Effect": "Allow", "Action": "cairn:SearchEvents", "Resource": "*", "Condition": {"StringEquals": {f"cairn:{key}": value for key, value in keys.items()}}}

    def test_nobody_reads_without_permission(self):
        nobody = self.user("nobody")
        for operation in ("search", "summary", "download", "tail"):
            self.assertEqual(self.refusal(operation, {}, keys=nobody)[0], "AccessDeniedException", operation)

    def test_data_events_are_more_than_management_events(self):
        keys = self.user("manager", self.allow(EventCategory="Management"))
        self.assertEqual(ask(self.server, "search", {}, keys=keys)[0], 200)
        for category in ("DATA", "ALL"):
            code, message = self.refusal("search", {"Category": category}, keys=keys)
            self.assertEqual(code, "AccessDeniedException")
            self.assertIn("the data events of account 000000000000 in us-east-1", message)

    def test_of_all_regions_those_are_shown_that_may_be(self):
        keys = self.user("european", self.allow(Region=["us-east-1"]))
        found = json.loads(ask(self.server, "search", {"MaxResults": 1000}, keys=keys)[1])["Events"]
        self.assertEqual({event["Region"] for event in found}, {"us-east-1"})
        self.assertEqual(self.refusal("search", {"Regions": ["us-east-1", "eu-west-1"]}, keys=keys)[0], "AccessDeniedException")
        summary = json.loads(ask(self.server, "summary", {"Fields": ["awsRegion"]}, keys=keys)[1])
        self.assertEqual([value["Value"] for value in summary["Fields"][0]["Values"]], ["us-east-1"])

    def test_a_denial_counts_where_nothing_is_named(self):
        keys = self.user("denied", {"Effect": "Allow", "Action": "cairn:*", "Resource": "*"},
                         {**self.allow(Region="eu-west-1"), "Effect": "Deny"})
        found = json.loads(ask(self.server, "search", {"MaxResults": 1000}, keys=keys)[1])["Events"]
        self.assertNotIn("eu-west-1", {event["Region"] for event in found})

    def test_accounts(self):
        def cairn(operation, body, **more):
            return signed_post(self.server, "cairn", "Cairn." + operation, body, **more)
        account = cairn("CreateAccount", {"Name": "other"})[1]["Account"]["Id"]
        run = subprocess.run([BINARY, "root", "credentials", "--account", account, "--data", str(self.server.data)], capture_output=True, text=True,
                             env=self.server.environment())
        self.assertEqual(run.returncode, 0, run.stderr)
        key, secret = re.search(r"(AKIA\w+)", run.stdout)[1], re.search(r"(?i)secret\w*\s*=?\s*([A-Za-z0-9/+=]{40})", run.stdout)[1]
        self.server.client("s3", access_key=key, secret_key=secret).create_bucket(Bucket="of-the-other")
        self.server.settle()
        asked = {"Filter": "eventName = 'CreateBucket'"}
        own = self.search(asked)["Events"]
        self.assertEqual(len(own), 3)
        self.assertEqual(len(self.search({**asked, "Accounts": [account]})["Events"]), 1)
        both = self.search({**asked, "Accounts": [account, "000000000000"]})["Events"]
        self.assertEqual({event["Account"] for event in both}, {account, "000000000000"})
        # The other account sees itself alone, and who looked.
        looked = json.loads(ask(self.server, "search", {"Filter": "eventName = 'SearchEvents'"}, keys=(key, secret))[1])["Events"]
        self.assertEqual({json.loads(event["CloudTrailEvent"])["userIdentity"]["accountId"] for event in looked}, {"000000000000"})
        self.assertEqual(len(json.loads(ask(self.server, "search", asked, keys=(key, secret))[1])["Events"]), 1)
        self.assertEqual(self.refusal("search", {**asked, "Accounts": ["000000000000"]}, keys=(key, secret))[0], "AccessDeniedException")
        keys = self.user("of-this-one", self.allow(Account="000000000000"))
        self.assertEqual(self.refusal("search", {"Accounts": [account]}, keys=keys)[0], "AccessDeniedException")


class Document(Searched):
    """The OpenAPI document against what is served."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.document = json.loads(cls.server.get(API + "openapi.json")[1])

    def schema(self, schema):
        return self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

    def check(self, value, schema, where):
        schema = self.schema(schema)
        kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
        self.assertIsInstance(value, kinds[schema["type"]], where)
        for name, inner in (value.items() if schema["type"] == "object" else ()):
            self.assertIn(name, schema["properties"], where)
            self.check(inner, schema["properties"][name], f"{where}.{name}")
        for inner in value if schema["type"] == "array" else ():
            self.check(inner, schema["items"], where + "[]")
        if "enum" in schema:
            self.assertIn(value, schema["enum"], where)

    def test_every_path_is_served_and_answers_as_it_says(self):
        asked = {"search": {"Category": "ALL", "MaxResults": 5}, "summary": {"Fields": ["eventName"]}}
        seen = set()
        for path, methods in self.document["paths"].items():
            self.assertTrue(path.startswith(API))
            name = path.removeprefix(API)
            for method, described in methods.items():
                if name in ("root-credentials", "launch-links") or (name == "accounts" and method == "post"):
                    self.assertEqual(method, "post", "a link changes nothing")
                    if "get" not in methods:
                        with self.assertRaises(urllib.error.HTTPError) as refused:
                            urllib.request.urlopen(signed(self.server, "GET", path))
                        self.assertEqual(refused.exception.code, 404)
                    status, answer, _ = ask(self.server, name, {})
                    self.assertGreaterEqual(status, 400)
                    self.check(json.loads(answer), described["responses"]["default"]["content"]["application/json"]["schema"], path)
                    continue
                body = asked.get(name, {})
                allowed = {parameter["name"] for parameter in described.get("parameters", [])}
                query = {key: value for key, value in body.items() if key in allowed} if method == "get" else None
                request = signed(self.server, method.upper(), path, None if method == "get" else body, query)
                with urllib.request.urlopen(request, timeout=10) as response:
                    content = described["responses"][str(response.status)]["content"]
                    media = response.headers["Content-Type"].split(";")[0]
                    self.assertIn(media, content, path)
                    if media == "application/json":
                        self.check(json.load(response), content[media]["schema"], path)
                seen.add((name, method))
        self.assertEqual(seen, {(name, method) for name in ("search", "summary", "download", "tail") for method in ("get", "post")} |
                         {("accounts", "get"), ("import", "post")})

    def test_every_reference_leads_somewhere(self):
        text = json.dumps(self.document)
        for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
            self.assertIn(name, self.document["components"]["schemas"])

    def test_a_parameter_that_it_names_is_taken_and_its_limits_hold(self):
        schema = self.schema({"$ref": "x/SearchEventsRequest"})
        for name in schema["properties"]:
            self.assertNotEqual(self.refusal("search", {name: {"no": "such"}} if name != "Filters" else {name: 7})[0], None)
        limits = self.schema(schema["properties"]["MaxResults"])
        self.assertEqual(self.refusal("search", {"MaxResults": limits["maximum"] + 1})[0], "ValidationException")
        self.search({"MaxResults": limits["maximum"]})


class CommandLine(Searched):
    def lookup(self, *arguments, check=True):
        done = subprocess.run([BINARY, "lookup", *arguments], env=self.server.environment(), capture_output=True, text=True, timeout=30)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_filter_order_and_output(self):
        found = json.loads(self.lookup("--filter", "eventName = 'CreateBucket'", "--order", "oldest", "--json").stdout)["Events"]
        self.assertEqual([event["Resources"][0]["ResourceName"] for event in found], ["stones", "more-stones", "logs-of-stones"])
        lines = self.lookup("--filter", "eventName like /^Delete/", "--output", "ndjson").stdout.splitlines()
        self.assertEqual([json.loads(line)["eventName"] for line in lines], ["DeleteBucket"])
        refused = self.lookup("--filter", "eventName =", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertEqual(refused.stderr, "cairn lookup: Filter: unexpected symbol found <EOF> at line 1 and position 11 (InvalidFilterException)\n")

    def test_counting_by_fields_and_time(self):
        asked = ("--filter", "eventSource = 's3.amazonaws.com'", "--data-events")
        table = self.lookup(*asked, "--count-by", "eventName", "--count-by", "errorCode", "--max-items", "2").stdout
        self.assertRegex(table, r"^7 events\n\neventName\n +3  CreateBucket\n +2  HeadBucket\n +2  \(others\)\n\nerrorCode\n +2  NoSuchBucket\n +5  \(none\)\n$")
        counted = json.loads(self.lookup(*asked, "--count-by", "time", "--count-by", "ResourceName", "--output", "json").stdout)
        self.assertEqual((counted["Total"], sum(bin["Count"] for bin in counted["Bins"])), (7, 7))
        self.assertEqual(counted["Fields"][0]["Field"], "ResourceName")
        rows = self.lookup(*asked, "--count-by", "eventName", "--output", "csv").stdout.splitlines()
        self.assertEqual(rows[:2], ["field,value,events", "eventName,CreateBucket,3"])
        self.assertEqual(self.lookup("--count-by", "eventName =", check=False).returncode, 2)
        self.assertEqual(self.lookup("--count-by", "eventName", "--follow", check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
