"""--dev, for tests of others: anyone is an administrator, and a reset gives a clean slate."""
import time
import unittest
import urllib.request

from botocore.exceptions import ClientError

from server import Server, all_records, eventually


class Dev(unittest.TestCase):
    def setUp(self):
        self.server = Server("--dev").__enter__()
        self.addCleanup(self.server.__exit__)

    def client(self, service, key="anything", secret="at all", **more):
        return self.server.client(service, access_key=key, secret_key=secret, **more)

    def fill(self):
        s3 = self.client("s3")
        for bucket in ("stones", "pebbles"):
            s3.create_bucket(Bucket=bucket)
        for i in range(20):
            s3.put_object(Bucket="stones", Key=f"{i}", Body=b"granite")
        s3.put_object(Bucket="stones", Key="boulder", Body=b"x" * 1_000_000)
        s3.create_multipart_upload(Bucket="stones", Key="unfinished")

    def blobs(self):
        return [path for path in (self.server.data / "objects").rglob("*") if path.is_file() and path.stat().st_size >= 1_000_000]

    def reset(self):
        begin = time.monotonic()
        self.assertEqual(self.server.get("/_cairn/dev/reset", method="POST")[0], 200)
        self.assertLess(time.monotonic() - begin, 5)

    def assert_empty(self):
        self.assertEqual(all_records(self.server, access_key="anything"), [])
        self.assertEqual(self.client("s3").list_buckets()["Buckets"], [])

    def test_the_banner_says_so(self):
        self.assertIn("any access key with any secret is an administrator", eventually(lambda: "--dev" in self.server.output() and self.server.output()))
        with Server() as usual:
            self.assertNotIn("--dev", usual.output())

    def test_any_key_with_any_secret(self):
        for key in ("anything", "AKIAIOSFODNN7EXAMPLE", "test"):
            identity = self.client("sts", key, "x").get_caller_identity()
            self.assertEqual((identity["Account"], identity["Arn"]), ("000000000000", "arn:aws:iam::000000000000:user/dev"))

    def test_twelve_digits_are_an_account(self):
        identity = self.client("sts", "123456789012").get_caller_identity()
        self.assertEqual((identity["Account"], identity["Arn"]), ("123456789012", "arn:aws:iam::123456789012:user/dev"))
        self.client("s3", "111111111111").create_bucket(Bucket="stones")
        self.assertEqual(self.client("s3", "222222222222").list_buckets()["Buckets"], [])
        with self.assertRaises(ClientError) as caught:
            self.client("s3", "222222222222").create_bucket(Bucket="stones")
        self.assertEqual(caught.exception.response["Error"]["Code"], "BucketAlreadyExists")

    def test_the_administrator_is_still_who_he_was(self):
        self.assertEqual(self.server.client("sts").get_caller_identity()["Arn"], "arn:aws:iam::000000000000:user/admin")
        with self.assertRaises(ClientError) as caught:
            self.server.client("sts", secret_key="wrong").get_caller_identity()
        self.assertEqual(caught.exception.response["Error"]["Code"], "SignatureDoesNotMatch")

    def test_a_reset_gives_a_clean_slate(self):
        self.fill()
        self.assertEqual(len(self.blobs()), 1)
        self.reset()
        self.assert_empty()
        self.assertEqual(eventually(lambda: not self.blobs()), True, "bytes of objects are gone, too")
        self.fill()
        self.assertEqual(len(self.client("s3").list_objects_v2(Bucket="stones")["Contents"]), 21)
        self.assertEqual([r["eventName"] for r in all_records(self.server, access_key="anything")].count("CreateBucket"), 2)
        self.reset()
        self.reset()
        self.assert_empty()
        # Keys outlive it: who could enter can.
        self.assertEqual(self.server.client("sts").get_caller_identity()["Arn"], "arn:aws:iam::000000000000:user/admin")

    def test_it_is_clean_after_a_restart_and_a_crash(self):
        for end in (self.server.stop, self.server.kill):
            self.fill()
            self.reset()
            end()
            self.server.start()
            self.assert_empty()
            self.reset()

    def test_only_dev_can_be_reset(self):
        with Server() as usual:
            self.assertEqual(usual.get("/_cairn/dev/reset", method="POST")[0], 404)
        self.assertEqual(self.server.get("/_cairn/dev/reset")[0], 404)
        request = urllib.request.Request(self.server.endpoint + "/_cairn/dev/reset", method="POST", headers={"Origin": "http://evil.example"})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        self.assertEqual(caught.exception.code, 403)

    def test_it_never_listens_beyond_this_machine(self):
        with self.assertRaisesRegex(RuntimeError, "loopback only"):
            with Server("--dev", "--set", "listen=0.0.0.0:0"):
                pass


if __name__ == "__main__":
    unittest.main()
