"""Settings of a bucket that mean nothing here: they read as nobody set them, as tools expect when they look at all there are."""
import json
import unittest

from botocore.exceptions import ClientError

from server import Server


class SettingsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.s3 = cls.server.client("s3")
        cls.s3.create_bucket(Bucket="plain")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def code(self, call, **more):
        with self.assertRaises(ClientError) as refused:
            call(Bucket="plain", **more)
        return refused.exception.response["Error"]["Code"]

    def test_what_is_not_configured(self):
        s3 = self.s3
        self.assertEqual(self.code(s3.get_bucket_website), "NoSuchWebsiteConfiguration")
        self.assertEqual(self.code(s3.get_bucket_replication), "ReplicationConfigurationNotFoundError")
        for kind in ("analytics", "intelligent_tiering", "inventory", "metrics"):
            listed = getattr(s3, f"list_bucket_{kind}_configurations")(Bucket="plain")
            self.assertEqual((listed["IsTruncated"], [name for name in listed if name.endswith("List")]), (False, []), kind)
            for verb in ("get", "delete"):
                self.assertEqual(self.code(getattr(s3, f"{verb}_bucket_{kind}_configuration"), Id="one"), "NoSuchConfiguration")
        s3.delete_bucket_website(Bucket="plain")
        s3.delete_bucket_replication(Bucket="plain")
        self.assertEqual(self.server.aws("s3api", "list-bucket-inventory-configurations", "--bucket", "plain", "--query", "IsTruncated",
                                         "--output", "text").stdout.strip(), "False")

    def test_what_can_be_set_to_what_it_is(self):
        s3 = self.s3
        self.assertEqual(s3.get_bucket_request_payment(Bucket="plain")["Payer"], "BucketOwner")
        s3.put_bucket_request_payment(Bucket="plain", RequestPaymentConfiguration={"Payer": "BucketOwner"})
        self.assertEqual(self.code(s3.put_bucket_request_payment, RequestPaymentConfiguration={"Payer": "Requester"}), "NotImplemented")
        self.assertNotIn("Status", s3.get_bucket_accelerate_configuration(Bucket="plain"))
        s3.put_bucket_accelerate_configuration(Bucket="plain", AccelerateConfiguration={"Status": "Suspended"})
        self.assertEqual(s3.get_bucket_accelerate_configuration(Bucket="plain")["Status"], "Suspended")
        self.assertEqual(self.code(s3.put_bucket_accelerate_configuration, AccelerateConfiguration={"Status": "Enabled"}), "NotImplemented")

    def test_who_may_not_read_them(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="other")
        key = iam.create_access_key(UserName="other")["AccessKey"]
        iam.put_user_policy(UserName="other", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetInventoryConfiguration", "Resource": "*"}]}))
        other = self.server.client("s3", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        other.list_bucket_inventory_configurations(Bucket="plain")
        self.assertEqual(self.code(other.list_bucket_metrics_configurations), "AccessDenied")


if __name__ == "__main__":
    unittest.main()
