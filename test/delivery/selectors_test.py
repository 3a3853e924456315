"""Selectors with real clients: what they put is shown again, what is wrong is refused in CloudTrail's codes, and each trail's files hold
what its selectors say."""
import json
import pathlib
import subprocess
import sys
import unittest

from server import Server, eventually, other_aws

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import evidence  # noqa: E402

FAST = ("--set", "delivery.interval=1s", "--set", "digest.interval=1h")
OBJECTS = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]


def advanced(*fields):
    return {"AdvancedEventSelectors": [{"Name": "selector", "FieldSelectors": OBJECTS + list(fields)}]}


def basic(**selector):
    return {"EventSelectors": [selector]}


def objects_of(*values):
    return [{"Type": "AWS::S3::Object", "Values": list(values)}]


# trail -> (its selectors, what it wants of the calls of `busy`)
TRAILS = {
    "management": ({}, ["CreateBucket loud", "CreateBucket quiet", "GetBucketLocation loud"]),
    "writes": (basic(ReadWriteType="WriteOnly"), ["CreateBucket loud", "CreateBucket quiet"]),
    "reads-below": (basic(ReadWriteType="ReadOnly", IncludeManagementEvents=False, DataResources=objects_of("arn:aws:s3:::loud/in/")),
                    ["GetObject loud/in/1", "ListObjects loud/in/"]),
    "but-quiet": (advanced({"Field": "eventName", "Equals": ["PutObject", "CopyObject"]},
                           {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::quiet/"]}),
                  ["CopyObject quiet/copy", "PutObject loud/in/1", "PutObject loud/out/2"]),
    "one-object": (advanced({"Field": "resources.ARN", "Equals": ["arn:aws:s3:::loud/out/2"], "EndsWith": ["/copy"]}),
                   ["CopyObject quiet/copy", "PutObject loud/out/2"]),
}


def busy(s3):
    for bucket in ("loud", "quiet"):
        s3.create_bucket(Bucket=bucket)
    s3.get_bucket_location(Bucket="loud")
    s3.put_object(Bucket="loud", Key="in/1", Body=b"1")
    s3.put_object(Bucket="loud", Key="out/2", Body=b"2")
    s3.put_object(Bucket="quiet", Key="3", Body=b"3")
    s3.get_object(Bucket="loud", Key="in/1")
    s3.get_object(Bucket="quiet", Key="3")
    s3.list_objects_v2(Bucket="loud", Prefix="in/")
    s3.list_objects_v2(Bucket="loud")
    s3.copy_object(Bucket="quiet", Key="copy", CopySource="loud/in/1")


def spoken(record):
    """"PutObject bucket/key" of a call on the buckets of `busy`."""
    parameters = record["requestParameters"] or {}
    key = parameters.get("key", parameters.get("prefix"))
    return " ".join((record["eventName"], parameters.get("bucketName", "") + (f"/{key}" if key else "")))


class Selectors(unittest.TestCase):
    def test_each_trail_gets_what_its_selectors_say(self):
        with Server(*FAST) as server:
            cloudtrail, s3 = server.client("cloudtrail"), server.client("s3")
            for name, (selectors, _) in TRAILS.items():
                evidence.make_trail(server, bucket=f"logs-{name}", name=name, start=False)
                if selectors:
                    cloudtrail.put_event_selectors(TrailName=name, **selectors)
            for name in TRAILS:
                cloudtrail.start_logging(Name=name)
            busy(s3)
            for name in TRAILS:
                cloudtrail.stop_logging(Name=name)
            for name, (_, wanted) in TRAILS.items():
                def got():
                    records = [json.loads(text) for text in evidence.records_in_files(evidence.objects(server, f"logs-{name}")).values()]
                    return sorted(what for what in map(spoken, records) if what.split(" ")[1].split("/")[0] in ("loud", "quiet"))
                eventually(lambda: got() == wanted)
                self.assertEqual(got(), wanted, name)

    def test_what_is_put_is_shown(self):
        with Server() as server:
            arn = evidence.make_trail(server, start=False)
            cloudtrail = server.client("cloudtrail")
            default = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}
            answer = cloudtrail.get_event_selectors(TrailName=arn)
            self.assertEqual((answer["TrailARN"], answer["EventSelectors"]), (arn, [default]))
            self.assertNotIn("AdvancedEventSelectors", answer)
            for selectors, _ in TRAILS.values():
                if not selectors:
                    continue
                put = cloudtrail.put_event_selectors(TrailName="first", **selectors)
                shown = cloudtrail.get_event_selectors(TrailName="first")
                for member in ("TrailARN", "EventSelectors", "AdvancedEventSelectors"):
                    self.assertEqual(put.get(member), shown.get(member))
                if "EventSelectors" in selectors:
                    self.assertEqual(shown["EventSelectors"], [default | selectors["EventSelectors"][0]])
                else:
                    self.assertEqual(shown["AdvancedEventSelectors"], selectors["AdvancedEventSelectors"])
            insights = [{"InsightType": "ApiCallRateInsight"}]
            with self.assertRaises(cloudtrail.exceptions.InsightNotEnabledException):
                cloudtrail.get_insight_selectors(TrailName="first")
            cloudtrail.put_insight_selectors(TrailName="first", InsightSelectors=insights)
            self.assertEqual(cloudtrail.get_insight_selectors(TrailName="first")["InsightSelectors"][0]["InsightType"], "ApiCallRateInsight")
            self.assertTrue(cloudtrail.get_trail(Name="first")["Trail"]["HasInsightSelectors"])

    def test_what_is_wrong_has_cloudtrails_codes(self):
        with Server() as server:
            arn = evidence.make_trail(server, start=False)
            cloudtrail = server.client("cloudtrail")
            invalid = cloudtrail.exceptions.InvalidEventSelectorsException
            for selectors in (basic(ReadWriteType="read-only"), basic(DataResources=objects_of("arn:aws:s3:::*")), {"EventSelectors": []},
                              advanced({"Field": "sourceIPAddress", "Equals": ["10.0.0.1"]}), advanced({"Field": "eventName"})):
                with self.assertRaises(invalid, msg=selectors):
                    cloudtrail.put_event_selectors(TrailName="first", **selectors)
            with self.assertRaises(cloudtrail.exceptions.InvalidInsightSelectorsException):
                cloudtrail.put_insight_selectors(TrailName="first", InsightSelectors=[{"InsightType": "Weather"}])
            elsewhere = server.client("cloudtrail", region="eu-west-1")
            with self.assertRaises(elsewhere.exceptions.InvalidHomeRegionException):
                elsewhere.put_event_selectors(TrailName=arn, **basic(ReadWriteType="All"))
            with self.assertRaises(elsewhere.exceptions.TrailNotFoundException):
                elsewhere.get_event_selectors(TrailName="first")

    def test_the_cli_puts_what_awss_guide_shows(self):
        with Server() as server:
            evidence.make_trail(server, start=False)
            for binary in ["/usr/bin/aws"] + ([other_aws()] if other_aws() else []):
                for option, selectors in (
                        ("--event-selectors", [{"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"],
                                                "IncludeManagementEvents": True, "DataResources": []}]),
                        ("--advanced-event-selectors", [{"Name": "Log all management events except KMS events", "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]}])):
                    done = subprocess.run([binary, "cloudtrail", "put-event-selectors", "--trail-name", "first", option, json.dumps(selectors),
                                           "--endpoint-url", server.endpoint], env=server.environment(), capture_output=True, text=True, timeout=120)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    member = "EventSelectors" if option == "--event-selectors" else "AdvancedEventSelectors"
                    self.assertEqual(json.loads(done.stdout)[member], selectors)


if __name__ == "__main__":
    unittest.main()
