"""Lifecycle rules over the wire; that they are carried out, and stop at locks, is src/services/s3/lifecycle_test.cc's, where days pass."""
import json
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records

RULES = [
    {"ID": "logs", "Status": "Enabled", "Filter": {"Prefix": "log/"}, "Expiration": {"Days": 7},
     "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
    {"ID": "tagged", "Status": "Disabled", "Filter": {"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 5}},
     "NoncurrentVersionExpiration": {"NoncurrentDays": 3, "NewerNoncurrentVersions": 2}},
    {"ID": "rest", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True},
     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}},
]


class Lifecycle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.s3 = cls.server.client("s3")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_rules_come_back_as_they_went(self):
        self.s3.create_bucket(Bucket="rules")
        self.s3.put_bucket_lifecycle_configuration(Bucket="rules", LifecycleConfiguration={"Rules": RULES})
        self.assertEqual(self.s3.get_bucket_lifecycle_configuration(Bucket="rules")["Rules"], RULES)
        put = self.s3.put_object(Bucket="rules", Key="log/1", Body=b"x")
        self.assertRegex(put["Expiration"], 'expiry-date="[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} 00:00:00 GMT", rule-id="logs"')
        self.assertEqual(self.s3.head_object(Bucket="rules", Key="log/1")["Expiration"], put["Expiration"])
        self.assertNotIn("Expiration", self.s3.put_object(Bucket="rules", Key="other", Body=b"x"))
        records = [r for r in all_records(self.server) if r["eventName"] == "PutBucketLifecycle"]
        self.assertEqual(records[0]["requestParameters"]["bucketName"], "rules")
        self.s3.delete_bucket_lifecycle(Bucket="rules")
        with self.assertRaises(ClientError) as caught:
            self.s3.get_bucket_lifecycle_configuration(Bucket="rules")
        self.assertEqual(caught.exception.response["Error"]["Code"], "NoSuchLifecycleConfiguration")

    def test_with_the_aws_cli(self):
        self.s3.create_bucket(Bucket="by-cli")
        rules = json.dumps({"Rules": [{"ID": "d", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Date": "2031-01-01T00:00:00Z"}}]})
        self.server.aws("s3api", "put-bucket-lifecycle-configuration", "--bucket", "by-cli", "--lifecycle-configuration", rules)
        shown = json.loads(self.server.aws("s3api", "get-bucket-lifecycle-configuration", "--bucket", "by-cli").stdout)
        self.assertEqual(shown["Rules"][0]["Expiration"]["Date"], "2031-01-01T00:00:00+00:00")
        wrong = rules.replace("T00:00:00Z", "T02:00:00Z")
        done = self.server.aws("s3api", "put-bucket-lifecycle-configuration", "--bucket", "by-cli", "--lifecycle-configuration", wrong, check=False)
        self.assertIn("'Date' must be at midnight GMT", done.stderr)


if __name__ == "__main__":
    unittest.main()
