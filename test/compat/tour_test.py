"""The main job: work with S3 through the AWS CLI, find every call in the event history, also after a kill."""
import json
import unittest

from server import Server, eventually, other_aws


class Tour(unittest.TestCase):
    def events(self, server, *arguments, binary="/usr/bin/aws"):
        out = server.aws("cloudtrail", "lookup-events", "--output", "json", *arguments, binary=binary).stdout
        return json.loads(out)["Events"]

    def run_tour(self, binary):
        with Server() as server:
            def aws(*arguments):
                return server.aws(*arguments, binary=binary)
            (server.data / "hello.txt").write_text("hello, trail\n")
            aws("s3", "mb", "s3://first-bucket")
            aws("s3", "cp", str(server.data / "hello.txt"), "s3://first-bucket/greetings/hello.txt")
            self.assertIn("hello.txt", aws("s3", "ls", "s3://first-bucket/greetings/").stdout)
            self.assertEqual(aws("s3", "cp", "s3://first-bucket/greetings/hello.txt", "-").stdout, "hello, trail\n")
            identity = json.loads(aws("sts", "get-caller-identity", "--output", "json").stdout)
            self.assertEqual(identity["Account"], "000000000000")
            aws("s3api", "put-bucket-tagging", "--bucket", "first-bucket", "--tagging", "TagSet=[{Key=team,Value=audit}]")
            refused = server.aws("s3api", "delete-bucket", "--bucket", "first-bucket", binary=binary, check=False)
            self.assertIn("BucketNotEmpty", refused.stderr)

            wanted = ["DeleteBucket", "PutBucketTagging", "GetCallerIdentity", "CreateBucket"]
            names = eventually(lambda: (lambda n: n if set(wanted) <= set(n) else None)([e["EventName"] for e in self.events(server)]))
            self.assertEqual([n for n in names if n in wanted], wanted, "newest first")

            server.kill()
            server.start()
            events = self.events(server, binary=binary)
            self.assertEqual([e["EventName"] for e in events if e["EventName"] in wanted], wanted, "also after a kill")
            created = json.loads(next(e for e in events if e["EventName"] == "CreateBucket")["CloudTrailEvent"])
            self.assertEqual(created["eventVersion"], "1.11")
            self.assertEqual(created["eventSource"], "s3.amazonaws.com")
            self.assertEqual(created["requestParameters"]["bucketName"], "first-bucket")
            self.assertEqual(created["userIdentity"]["arn"], identity["Arn"])
            self.assertEqual(created["recipientAccountId"], "000000000000")
            refused = json.loads(next(e for e in events if e["EventName"] == "DeleteBucket")["CloudTrailEvent"])
            self.assertEqual(refused["errorCode"], "BucketNotEmpty")
            only = self.events(server, "--lookup-attributes", "AttributeKey=EventName,AttributeValue=PutBucketTagging", binary=binary)
            self.assertEqual([e["EventName"] for e in only], ["PutBucketTagging"])
            self.assertEqual(only[0]["Username"], identity["Arn"].split("/")[-1])

    def test_debian_cli(self):
        self.run_tour("/usr/bin/aws")

    @unittest.skipUnless(other_aws(), "no newer AWS CLI on this machine")
    def test_newer_cli(self):
        self.run_tour(other_aws())


if __name__ == "__main__":
    unittest.main()
