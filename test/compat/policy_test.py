"""Bucket policies, as clients of several accounts meet them. With --dev twelve digits are an account's key."""
import json
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records, eventually

OWNER, FRIEND, STRANGER = "111111111111", "222222222222", "333333333333"


class Policies(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--dev").__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.owner, cls.friend, cls.stranger = (cls.server.client("s3", access_key=account, secret_key="x") for account in (OWNER, FRIEND, STRANGER))

    def bucket(self, name, *statements):
        self.owner.create_bucket(Bucket=name)
        for key in ("shared/a", "private"):
            self.owner.put_object(Bucket=name, Key=key, Body=b"stone")
        self.owner.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))

    def refused(self, code, call, **parameters):
        with self.assertRaises(ClientError) as caught:
            call(**parameters)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response["Error"]["Message"]

    def test_another_account_reads_what_it_was_given(self):
        self.bucket("given", {"Effect": "Allow", "Principal": {"AWS": FRIEND}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::given/shared/*"})
        self.assertEqual(self.friend.get_object(Bucket="given", Key="shared/a")["Body"].read(), b"stone")
        self.assertEqual(self.refused("AccessDenied", self.friend.get_object, Bucket="given", Key="private"), "Access Denied")
        self.refused("AccessDenied", self.friend.get_object, Bucket="given", Key="shared/absent")
        self.refused("AccessDenied", self.friend.put_object, Bucket="given", Key="shared/a", Body=b"sand")
        self.refused("AccessDenied", self.friend.list_objects_v2, Bucket="given")
        self.refused("AccessDenied", self.stranger.get_object, Bucket="given", Key="shared/a")
        self.assertEqual(self.owner.get_object(Bucket="given", Key="private")["Body"].read(), b"stone")

    def test_a_deny_is_told_to_the_owner_and_recorded(self):
        self.bucket("kept", {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::kept/*"})
        message = self.refused("AccessDenied", self.owner.delete_object, Bucket="kept", Key="private")
        self.assertEqual(message, f"User: arn:aws:iam::{OWNER}:user/dev is not authorized to perform: s3:DeleteObject on resource: "
                                  '"arn:aws:s3:::kept/private" with an explicit deny in a resource-based policy')
        denied = self.owner.delete_objects(Bucket="kept", Delete={"Objects": [{"Key": "private"}]})
        self.assertEqual([error["Code"] for error in denied["Errors"]], ["AccessDenied"])

        def recorded():
            return [record for record in all_records(self.server, access_key=OWNER) if record["eventName"] == "DeleteObject"
                    and record.get("errorCode") == "AccessDenied"]
        record = eventually(recorded)[0]
        self.assertEqual(record["errorMessage"], message)

    def test_large_bodies_are_refused_before_they_are_sent(self):
        self.bucket("closed", {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::closed/*"})
        self.refused("AccessDenied", self.owner.put_object, Bucket="closed", Key="k", Body=b"x" * 5_000_000)
        self.refused("AccessDenied", self.owner.create_multipart_upload, Bucket="closed", Key="k")

    def test_malformed_ones_name_the_spot(self):
        self.owner.create_bucket(Bucket="plain")
        statement = {"Effect": "Allow", "Principal": {"AWS": "nobody"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::plain/*"}
        message = self.refused("MalformedPolicy", self.owner.put_bucket_policy, Bucket="plain", Policy=json.dumps({"Statement": [statement]}))
        self.assertEqual(message, "Invalid principal in policy (Statement[0].Principal.AWS)")


if __name__ == "__main__":
    unittest.main()
