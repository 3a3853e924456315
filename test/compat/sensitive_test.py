"""What looks like a secret in a name: flagged, hidden or refused, by setting."""
import csv
import io
import json
import re
import subprocess
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server, all_records

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def counted(server):
    return int(re.search(r"^cairn_sensitive_total (\d+)", server.get("/_cairn/metrics")[1].decode(), re.M)[1])


def last(server, name):
    return [record for record in all_records(server) if record["eventName"] == name][-1]


def looked_up(server, *options):
    return subprocess.run([BINARY, "lookup", *options], capture_output=True, text=True, timeout=60, check=True,
                          env=server.environment(CAIRN_ENDPOINT=server.endpoint)).stdout


class Sensitive(unittest.TestCase):
    def test_by_default_it_is_flagged_and_the_record_is_left_alone(self):
        with Server() as server:
            iam, s3 = server.client("iam"), server.client("s3")
            iam.create_user(UserName="alice", Tags=[{"Key": "note", "Value": "Team payments"}])
            self.assertEqual(counted(server), 0)
            iam.tag_user(UserName="alice", Tags=[{"Key": "password", "Value": "postgres://app:hunter2@db"}])
            s3.create_bucket(Bucket="bucket")
            s3.put_object(Bucket="bucket", Key=f"backup/{KEY}.txt", Body=b"x")
            self.assertEqual(counted(server), 2)
            self.assertEqual(last(server, "TagUser")["requestParameters"]["tags"], [{"key": "password", "value": "postgres://app:hunter2@db"}])
            self.assertEqual(last(server, "PutObject")["requestParameters"]["key"], f"backup/{KEY}.txt")
            lines = looked_up(server, "--data-events").splitlines()
            self.assertTrue(next(line for line in lines if "TagUser" in line).endswith("! password in a URL"), lines)
            self.assertTrue(next(line for line in lines if "PutObject" in line).endswith("! access key"), lines)
            self.assertEqual(len([line for line in lines if "!" in line]), 2, lines)
            rows = list(csv.DictReader(io.StringIO(looked_up(server, "--data-events", "--output", "csv"))))
            self.assertEqual({row["eventName"]: row["sensitiveData"] for row in rows if row["sensitiveData"]},
                             {"TagUser": "password in a URL", "PutObject": "access key"})
            # Who called with which key is no leak, nor is a search for it.
            iam.update_access_key(UserName="admin", AccessKeyId=server.access_key, Status="Active")
            server.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "AccessKeyId", "AttributeValue": server.access_key}])
            self.assertEqual(counted(server), 2)
            said = [json.loads(line) for line in server.log_path.read_text().splitlines() if "looks like a secret" in line]
            self.assertEqual(said[0]["what"], "password in a URL")
            self.assertEqual((said[0]["service"], said[0]["operation"], said[0]["event"]), ("iam", "TagUser", last(server, "TagUser")["eventID"]))
            self.assertNotIn("hunter2", server.log_path.read_text())

    def test_masked_it_is_hidden_wherever_the_record_shows_it(self):
        with Server("--set", "sensitive_data=mask") as server:
            s3, iam = server.client("s3"), server.client("iam")
            s3.create_bucket(Bucket="bucket")
            s3.put_object(Bucket="bucket", Key=f"backup/{KEY}.txt", Body=b"x")
            self.assertEqual(s3.get_object(Bucket="bucket", Key=f"backup/{KEY}.txt")["Body"].read(), b"x")
            for name in ("PutObject", "GetObject"):
                record = last(server, name)
                self.assertEqual(record["requestParameters"]["key"], f"backup/{HIDDEN}.txt")
                self.assertNotIn(KEY, json.dumps(record))
                self.assertIn(f"arn:aws:s3:::bucket/backup/{HIDDEN}.txt", [each.get("ARN") for each in record["resources"]])
            with self.assertRaises(ClientError):
                iam.get_user(UserName=KEY)
            self.assertNotIn(KEY, json.dumps(last(server, "GetUser")))
            self.assertEqual(last(server, "GetUser")["userIdentity"]["accessKeyId"], server.access_key)

    def test_refused_nothing_is_done_and_the_record_hides_it(self):
        with Server("--set", "sensitive_data=refuse") as server:
            s3, iam = server.client("s3"), server.client("iam")
            s3.create_bucket(Bucket="bucket")
            for call in (lambda: s3.put_object(Bucket="bucket", Key=f"{KEY}.txt", Body=b"x" * 300_000),
                         lambda: iam.create_user(UserName="alice", Tags=[{"Key": "k", "Value": SECRET}]),
                         lambda: server.client("kms").create_key(Description="card 4111 1111 1111 1111")):
                with self.assertRaises(ClientError) as refused:
                    call()
                self.assertEqual(refused.exception.response["Error"]["Code"], "SensitiveDataException", refused.exception)
                self.assertEqual(refused.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)
            self.assertEqual(s3.list_objects_v2(Bucket="bucket")["KeyCount"], 0)
            self.assertEqual([user["UserName"] for user in iam.list_users()["Users"]], ["admin"])
            self.assertEqual(server.client("kms").list_keys()["Keys"], [])
            for name in ("PutObject", "CreateUser", "CreateKey"):
                record = last(server, name)
                self.assertEqual(record["errorCode"], "SensitiveDataException")
                self.assertIn(HIDDEN, json.dumps(record["requestParameters"]))
            text = json.dumps(all_records(server))
            for secret in (KEY, SECRET, "4111 1111"):
                self.assertNotIn(secret, text)
            self.assertEqual([each for each in (server.data / "objects").rglob("*") if each.is_file()], [])


if __name__ == "__main__":
    unittest.main()
