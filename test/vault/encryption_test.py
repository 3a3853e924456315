"""Encryption at rest as people use it: every kind, by boto3 and the AWS CLI, and what must not get around it."""
import base64
import hashlib
import json
import os
import pathlib
import unittest

import boto3
from botocore.exceptions import ClientError

from server import Server, all_records, eventually

NEEDLE = b"CAIRN-ENCRYPTION-NEEDLE-0123456789"
MIB = 1 << 20


def refusal(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return {member: error.response["Error"][member] for member in ("Code", "Message")}
    return {"Code": "", "Message": ""}


def code(call, **parameters):
    return refusal(call, **parameters)["Code"]


def found_on_disk(server, needle):
    """The files of the data directory that hold `needle`."""
    return [str(path) for path in pathlib.Path(server.data).rglob("*") if path.is_file() and needle in path.read_bytes()]


class WithServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.addClassCleanup(lambda: cls.server.__exit__())
        cls.s3 = cls.server.client("s3")
        cls.kms = cls.server.client("kms")
        cls.iam = cls.server.client("iam")
        cls.account = cls.server.client("sts").get_caller_identity()["Account"]
        cls.bucket = "box"
        cls.s3.create_bucket(Bucket=cls.bucket)

    def records(self, name, source=None):
        return [record for record in all_records(self.server)
                if record["eventName"] == name and (source is None or record["eventSource"] == source)]

    def new_key(self, **more):
        return self.kms.create_key(**more)["KeyMetadata"]["Arn"]

    def body(self, **asked):
        return self.s3.get_object(Bucket=self.bucket, **asked)["Body"].read()

    def user(self, name, *statements):
        """A client of a user who may do just this."""
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="p",
                                 PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
        key = self.iam.create_access_key(UserName=name)["AccessKey"]
        return self.server.client("s3", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])


def allow(*actions, resource="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


class ServerSideKeys(WithServer):
    def test_every_object_is_encrypted_whatever_is_asked(self):
        put = self.s3.put_object(Bucket=self.bucket, Key="plain", Body=NEEDLE)
        self.assertEqual(put["ServerSideEncryption"], "AES256")
        self.assertEqual(put["ETag"].strip('"'), hashlib.md5(NEEDLE).hexdigest())
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="plain")["ServerSideEncryption"], "AES256")
        self.assertEqual(self.records("PutObject")[-1]["additionalEventData"]["SSEApplied"], "Default_SSE_S3")
        self.s3.put_object(Bucket=self.bucket, Key="asked", Body=NEEDLE, ServerSideEncryption="AES256")
        self.assertEqual(self.records("PutObject")[-1]["additionalEventData"]["SSEApplied"], "SSE_S3")
        large = NEEDLE * (3 * MIB // len(NEEDLE))
        self.s3.put_object(Bucket=self.bucket, Key="large", Body=large)
        self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource=f"{self.bucket}/large")
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="parts")["UploadId"]
        self.s3.upload_part(Bucket=self.bucket, Key="parts", UploadId=upload, PartNumber=1, Body=large)
        self.assertEqual(self.body(Key="plain"), NEEDLE)
        self.assertEqual(self.body(Key="large"), large)
        self.assertEqual(self.body(Key="copy", Range="bytes=65530-131100"), large[65530:131101])
        self.assertEqual(found_on_disk(self.server, NEEDLE), [])
        self.server.stop()
        self.assertEqual(found_on_disk(self.server, NEEDLE), [])
        self.server.start()
        type(self).s3 = self.server.client("s3")
        type(self).kms, type(self).iam = self.server.client("kms"), self.server.client("iam")
        self.assertEqual(self.body(Key="large"), large)

    def test_what_cannot_be_asked(self):
        for asked, expected in (({"ServerSideEncryption": "aes:kms"}, "InvalidArgument"), ({"ServerSideEncryption": "aws:kms:dsse"}, "NotImplemented"),
                                ({"ServerSideEncryption": "AES256", "SSEKMSKeyId": "x"}, "InvalidArgument"), ({"SSEKMSKeyId": "x"}, "InvalidArgument")):
            self.assertEqual(code(self.s3.put_object, Bucket=self.bucket, Key="wrong", Body=b"x", **asked), expected, asked)
        self.assertEqual(code(self.s3.head_object, Bucket=self.bucket, Key="wrong"), "404")


class KmsKeys(WithServer):
    def test_a_key_of_ones_own(self):
        key = self.new_key()
        for size in (30, 200_000):
            body = os.urandom(size)
            put = self.s3.put_object(Bucket=self.bucket, Key="k", Body=body, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
            self.assertEqual((put["ServerSideEncryption"], put["SSEKMSKeyId"]), ("aws:kms", key))
            self.assertNotEqual(put["ETag"].strip('"'), hashlib.md5(body).hexdigest())
            got = self.s3.get_object(Bucket=self.bucket, Key="k")
            self.assertEqual((got["Body"].read(), got["ServerSideEncryption"], got["SSEKMSKeyId"]), (body, "aws:kms", key))
        context = {"aws:s3:arn": "arn:aws:s3:::box/k"}
        made, opened = self.records("GenerateDataKey")[-1], self.records("Decrypt")[-1]
        for record in (made, opened):
            self.assertEqual(record["userIdentity"]["invokedBy"], "fas.s3.amazonaws.com")
            self.assertEqual(record["userIdentity"]["type"], "IAMUser")
            self.assertEqual((record["sourceIPAddress"], record["userAgent"]), ("fas.s3.amazonaws.com",) * 2)
            self.assertEqual(record["requestParameters"]["encryptionContext"], context)
            self.assertEqual(record["resources"][0]["ARN"], key)
            self.assertNotIn("tlsDetails", record)
        self.assertEqual(made["requestParameters"]["keySpec"], "AES_256")
        self.assertIsNone(made["responseElements"])
        self.assertEqual(self.records("PutObject")[-1]["additionalEventData"]["SSEApplied"], "SSE_KMS")
        self.assertEqual(self.records("PutObject")[-1]["responseElements"]["x-amz-server-side-encryption-aws-kms-key-id"], key)

    def test_a_disabled_key_makes_objects_unreadable(self):
        key = self.new_key()
        self.s3.put_object(Bucket=self.bucket, Key="d", Body=NEEDLE, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        self.s3.put_object(Bucket=self.bucket, Key="bk", Body=NEEDLE, ServerSideEncryption="aws:kms", SSEKMSKeyId=key, BucketKeyEnabled=True)
        self.assertEqual(self.body(Key="bk"), NEEDLE)
        self.kms.disable_key(KeyId=key)
        for name in ("d", "bk"):
            self.assertEqual(refusal(self.s3.get_object, Bucket=self.bucket, Key=name),
                             {"Code": "KMS.DisabledException", "Message": f"{key} is disabled."})
        self.assertEqual(self.records("Decrypt")[-1]["errorCode"], "DisabledException")
        self.assertEqual(code(self.s3.put_object, Bucket=self.bucket, Key="e", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key),
                         "KMS.DisabledException")
        self.assertEqual(code(self.s3.copy_object, Bucket=self.bucket, Key="f", CopySource="box/d"), "KMS.DisabledException")
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.body(Key="d"), NEEDLE)
        self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual(refusal(self.s3.get_object, Bucket=self.bucket, Key="bk"),
                         {"Code": "KMS.KMSInvalidStateException", "Message": f"{key} is pending deletion."})

    def test_keys_that_are_none(self):
        nowhere = f"arn:aws:kms:us-east-1:{self.account}:key/134f2428-cec1-4b25-a1ae-9048164dba47"
        for name, message in (("fake-key-id", "Invalid keyId 'fake-key-id'"), (nowhere, f"Key '{nowhere}' does not exist"),
                              (nowhere.split("/")[1], f"Key '{nowhere}' does not exist"),
                              (nowhere.replace("us-east-1", "us-west-2"), "Invalid arn us-west-2")):
            put = dict(Bucket=self.bucket, Key="none", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=name)
            self.assertEqual(refusal(self.s3.put_object, **put), {"Code": "KMS.NotFoundException", "Message": message})
        self.assertEqual(code(self.s3.create_multipart_upload, Bucket=self.bucket, Key="none", ServerSideEncryption="aws:kms",
                              SSEKMSKeyId="fake-key-id"), "KMS.NotFoundException")

    def test_who_may_not_use_the_key_reads_nothing(self):
        key = self.new_key()
        self.s3.put_object(Bucket=self.bucket, Key="closed", Body=NEEDLE, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        reader = self.user("reader", allow("s3:*"))
        self.assertEqual(code(reader.get_object, Bucket=self.bucket, Key="closed"), "AccessDenied")
        refused = self.records("Decrypt")[-1]
        self.assertEqual((refused["errorCode"], refused["userIdentity"]["userName"]), ("AccessDenied", "reader"))
        self.assertEqual(code(reader.copy_object, Bucket=self.bucket, Key="mine", CopySource="box/closed"), "AccessDenied")
        self.assertEqual(code(reader.put_object, Bucket=self.bucket, Key="mine", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key),
                         "AccessDenied")
        self.assertEqual(reader.head_object(Bucket=self.bucket, Key="closed")["SSEKMSKeyId"], key)
        self.assertEqual(code(reader.head_object, Bucket=self.bucket, Key="closed", ChecksumMode="ENABLED"), "403")
        # Through S3 only, for these objects only: as the conditions of AWS's examples have it.
        via = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::box/closed"}}
        other = self.user("via", allow("s3:*"), allow("kms:Decrypt", Condition=via))
        self.assertEqual(other.get_object(Bucket=self.bucket, Key="closed")["Body"].read(), NEEDLE)
        self.s3.put_object(Bucket=self.bucket, Key="elsewhere", Body=NEEDLE, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        self.assertEqual(code(other.get_object, Bucket=self.bucket, Key="elsewhere"), "AccessDenied")

    def test_the_context_of_the_client_is_added(self):
        key = self.new_key()
        context = base64.b64encode(json.dumps({"team": "audit"}).encode()).decode()
        put = self.s3.put_object(Bucket=self.bucket, Key="ctx", Body=NEEDLE, ServerSideEncryption="aws:kms", SSEKMSKeyId=key,
                                 SSEKMSEncryptionContext=context)
        expected = {"team": "audit", "aws:s3:arn": "arn:aws:s3:::box/ctx"}
        self.assertEqual(json.loads(base64.b64decode(put["SSEKMSEncryptionContext"])), expected)
        self.assertEqual(self.body(Key="ctx"), NEEDLE)
        self.assertEqual(self.records("Decrypt")[-1]["requestParameters"]["encryptionContext"], expected)
        for wrong in ("not base64!", base64.b64encode(b"[1]").decode(), base64.b64encode(b'{"a":1}').decode()):
            self.assertEqual(code(self.s3.put_object, Bucket=self.bucket, Key="ctx", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key,
                                  SSEKMSEncryptionContext=wrong), "InvalidArgument")

    def test_parts_under_a_key(self):
        key = self.new_key()
        begun = self.s3.create_multipart_upload(Bucket=self.bucket, Key="mp", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        self.assertEqual((begun["ServerSideEncryption"], begun["SSEKMSKeyId"]), ("aws:kms", key))
        bodies = [os.urandom(5 * MIB), os.urandom(100)]
        parts = []
        for number, body in enumerate(bodies, 1):
            part = self.s3.upload_part(Bucket=self.bucket, Key="mp", UploadId=begun["UploadId"], PartNumber=number, Body=body)
            self.assertEqual(part["SSEKMSKeyId"], key)
            parts.append({"PartNumber": number, "ETag": part["ETag"]})
        done = self.s3.complete_multipart_upload(Bucket=self.bucket, Key="mp", UploadId=begun["UploadId"], MultipartUpload={"Parts": parts})
        self.assertEqual((done["ServerSideEncryption"], done["SSEKMSKeyId"]), ("aws:kms", key))
        decrypts = len(self.records("Decrypt"))
        self.assertEqual(self.body(Key="mp"), b"".join(bodies))
        self.assertEqual(len(self.records("Decrypt")), decrypts + 1, "one data key for all parts")
        self.kms.disable_key(KeyId=key)
        self.assertEqual(code(self.s3.get_object, Bucket=self.bucket, Key="mp"), "KMS.DisabledException")

    def test_bucket_keys_ask_kms_once(self):
        key = self.new_key()
        made, opened = len(self.records("GenerateDataKey")), len(self.records("Decrypt"))
        for i in range(5):
            put = self.s3.put_object(Bucket=self.bucket, Key=f"bk{i}", Body=NEEDLE, ServerSideEncryption="aws:kms", SSEKMSKeyId=key, BucketKeyEnabled=True)
            self.assertIs(put["BucketKeyEnabled"], True)
        for i in range(5):
            self.assertEqual(self.body(Key=f"bk{i}"), NEEDLE)
        self.assertEqual(len(self.records("GenerateDataKey")), made + 1)
        self.assertLessEqual(len(self.records("Decrypt")), opened + 1)
        self.assertEqual(self.records("GenerateDataKey")[-1]["requestParameters"]["encryptionContext"], {"aws:s3:arn": "arn:aws:s3:::box"})
        # What one caller was let have is no other's.
        stranger = self.user("stranger", allow("s3:*"))
        self.assertEqual(code(stranger.get_object, Bucket=self.bucket, Key="bk0"), "AccessDenied")

    def test_the_accounts_own_key_of_s3(self):
        put = self.s3.put_object(Bucket=self.bucket, Key="own", Body=NEEDLE, ServerSideEncryption="aws:kms")
        again = self.s3.put_object(Bucket=self.bucket, Key="own2", Body=NEEDLE, ServerSideEncryption="aws:kms")
        self.assertEqual(put["SSEKMSKeyId"], again["SSEKMSKeyId"])
        about = self.kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
        self.assertEqual((about["Arn"], about["KeyManager"], about["Description"]),
                         (put["SSEKMSKeyId"], "AWS", "Default key that protects my S3 objects when no other key is defined"))
        self.assertEqual(self.body(Key="own"), NEEDLE)
        self.assertEqual(code(self.kms.decrypt, CiphertextBlob=b"x", KeyId=put["SSEKMSKeyId"]), "AccessDeniedException")
        self.assertEqual(code(self.kms.disable_key, KeyId=put["SSEKMSKeyId"]), "AccessDeniedException")


class CustomerKeys(WithServer):
    def setUp(self):
        self.key = os.urandom(32)
        self.with_key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": self.key}
        self.with_other = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": os.urandom(32)}

    def test_only_who_has_the_key_reads(self):
        for size in (20, 300_000):
            body = os.urandom(size)
            put = self.s3.put_object(Bucket=self.bucket, Key="c", Body=body, **self.with_key)
            self.assertEqual(put["SSECustomerAlgorithm"], "AES256")
            self.assertEqual(put["SSECustomerKeyMD5"], base64.b64encode(hashlib.md5(self.key).digest()).decode())
            self.assertNotIn("ServerSideEncryption", put)
            self.assertNotEqual(put["ETag"].strip('"'), hashlib.md5(body).hexdigest())
            self.assertEqual(self.body(Key="c", **self.with_key), body)
            self.assertEqual(self.body(Key="c", Range="bytes=5-9", **self.with_key), body[5:10])
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="c", **self.with_key)["SSECustomerAlgorithm"], "AES256")
        self.assertEqual(refusal(self.s3.get_object, Bucket=self.bucket, Key="c"),
                         {"Code": "InvalidRequest", "Message": "The object was stored using a form of Server Side Encryption. The correct "
                          "parameters must be provided to retrieve the object."})
        self.assertEqual(code(self.s3.head_object, Bucket=self.bucket, Key="c"), "400")
        self.assertEqual(refusal(self.s3.get_object, Bucket=self.bucket, Key="c", **self.with_other)["Code"], "AccessDenied")
        self.assertEqual(code(self.s3.copy_object, Bucket=self.bucket, Key="d", CopySource="box/c"), "InvalidRequest")
        copied = self.s3.copy_object(Bucket=self.bucket, Key="d", CopySource="box/c", CopySourceSSECustomerAlgorithm="AES256",
                                     CopySourceSSECustomerKey=self.key)
        self.assertEqual(copied["ServerSideEncryption"], "AES256")
        self.assertEqual(self.body(Key="d"), body)
        self.assertEqual(refusal(self.s3.get_object, Bucket=self.bucket, Key="d", **self.with_key),
                         {"Code": "InvalidRequest", "Message": "The encryption parameters are not applicable to this object."})
        record = self.records("PutObject")[-1]
        self.assertEqual(record["additionalEventData"]["SSEApplied"], "SSE_C")
        self.assertEqual(record["requestParameters"]["x-amz-server-side-encryption-customer-algorithm"], "AES256")

    def test_the_key_is_nowhere(self):
        self.s3.put_object(Bucket=self.bucket, Key="n", Body=b"x", **self.with_key)
        self.body(Key="n", **self.with_key)
        code(self.s3.get_object, Bucket=self.bucket, Key="n", **self.with_other)
        self.server.settle()
        for form in (self.key, base64.b64encode(self.key), self.key.hex().encode()):
            self.assertEqual(found_on_disk(self.server, form), [])
            self.assertNotIn(form, self.server.log_path.read_bytes())

    def test_headers_that_do_not_fit(self):
        good = base64.b64encode(self.key).decode()
        md5 = base64.b64encode(hashlib.md5(self.key).digest()).decode()
        short = base64.b64encode(b"0123456789").decode()
        short_md5 = base64.b64encode(hashlib.md5(b"0123456789").digest()).decode()
        for headers, expected, words in (
                ({"SSECustomerKey": good, "SSECustomerKeyMD5": md5}, "InvalidArgument", "valid encryption algorithm"),
                ({"SSECustomerAlgorithm": "AES128", "SSECustomerKey": good, "SSECustomerKeyMD5": md5}, "InvalidEncryptionAlgorithmError", "AES256"),
                ({"SSECustomerAlgorithm": "AES256"}, "InvalidArgument", "appropriate secret key"),
                ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": good, "SSECustomerKeyMD5": short_md5}, "InvalidArgument", "did not match"),
                ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": short, "SSECustomerKeyMD5": short_md5}, "InvalidArgument", "invalid for the"),
                ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": good, "SSECustomerKeyMD5": md5, "ServerSideEncryption": "AES256"},
                 "InvalidArgument", "incompatible")):
            answer = refusal(self.s3.put_object, Bucket=self.bucket, Key="w", Body=b"x", **headers)
            self.assertEqual(answer["Code"], expected, headers)
            self.assertIn(words, answer["Message"])

    def test_parts_with_a_key(self):
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="cm", **self.with_key)["UploadId"]
        part = dict(Bucket=self.bucket, Key="cm", UploadId=upload, PartNumber=1, Body=NEEDLE)
        self.assertEqual(code(self.s3.upload_part, **part), "InvalidRequest")
        self.assertEqual(refusal(self.s3.upload_part, **part, **self.with_other)["Message"],
                         "The provided encryption parameters did not match the ones used originally.")
        etag = self.s3.upload_part(**part, **self.with_key)["ETag"]
        self.s3.complete_multipart_upload(Bucket=self.bucket, Key="cm", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
        self.assertEqual(self.body(Key="cm", **self.with_key), NEEDLE)
        self.assertEqual(code(self.s3.get_object, Bucket=self.bucket, Key="cm"), "InvalidRequest")
        self.assertEqual(found_on_disk(self.server, NEEDLE), [])

    def test_parts_with_a_key_and_a_checksum(self):
        """The object's checksum needs the key, too, as AWS's reference says of CompleteMultipartUpload."""
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="cs", ChecksumAlgorithm="SHA256", **self.with_key)["UploadId"]
        part = self.s3.upload_part(Bucket=self.bucket, Key="cs", UploadId=upload, PartNumber=1, Body=NEEDLE, ChecksumAlgorithm="SHA256", **self.with_key)
        done = dict(Bucket=self.bucket, Key="cs", UploadId=upload, MultipartUpload={"Parts": [
            {"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]})
        def encoded(key):                          # which this SDK does not do for this call
            raw = key["SSECustomerKey"]
            return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": base64.b64encode(raw).decode(),
                    "SSECustomerKeyMD5": base64.b64encode(hashlib.md5(raw).digest()).decode()}
        self.assertEqual(code(self.s3.complete_multipart_upload, **done), "InvalidRequest")
        self.assertEqual(code(self.s3.complete_multipart_upload, **done, **encoded(self.with_other)), "InvalidRequest")
        self.s3.complete_multipart_upload(**done, **encoded(self.with_key))
        self.assertEqual(self.body(Key="cs", **self.with_key), NEEDLE)

    def test_a_bucket_that_takes_none(self):
        self.s3.create_bucket(Bucket="none-here")
        rule = "<ServerSideEncryptionConfiguration><Rule><BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType>" \
               "</BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>"
        self.assertEqual(self.put_raw("none-here", rule), 200)
        self.assertIn("blocked upload requests", refusal(self.s3.put_object, Bucket="none-here", Key="x", Body=b"x", **self.with_key)["Message"])
        self.s3.put_object(Bucket="none-here", Key="x", Body=b"x")

    def put_raw(self, bucket, xml):
        """What Debian's boto3 does not know yet."""
        import botocore.auth
        import botocore.awsrequest
        import botocore.credentials
        import urllib.request
        request = botocore.awsrequest.AWSRequest("PUT", f"{self.server.endpoint}/{bucket}?encryption", data=xml.encode(), headers={
            "Content-MD5": base64.b64encode(hashlib.md5(xml.encode()).digest()).decode()})
        botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(self.server.access_key, self.server.secret_key), "s3", "us-east-1").add_auth(request)
        prepared = request.prepare()
        with urllib.request.urlopen(urllib.request.Request(prepared.url, data=xml.encode(), headers=dict(prepared.headers), method="PUT")) as answer:
            return answer.status


class BucketsDefault(WithServer):
    def put_default(self, bucket, algorithm, key=None, bucket_key=None):
        by_default = {"SSEAlgorithm": algorithm}
        if key:
            by_default["KMSMasterKeyID"] = key
        rule = {"ApplyServerSideEncryptionByDefault": by_default}
        if bucket_key is not None:
            rule["BucketKeyEnabled"] = bucket_key
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def rule(self, bucket):
        return self.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]

    def test_set_read_and_taken_back(self):
        self.s3.create_bucket(Bucket="defaults")
        fresh = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
        self.assertEqual(self.rule("defaults"), fresh)
        key = self.new_key()
        uuid = key.split("/")[1]
        self.kms.create_alias(AliasName="alias/for-defaults", TargetKeyId=uuid)
        for name in (key, uuid, "alias/for-defaults"):
            self.put_default("defaults", "aws:kms", name, True)
            self.assertEqual(self.rule("defaults"), [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": name},
                                                      "BucketKeyEnabled": True}])
            put = self.s3.put_object(Bucket="defaults", Key="x", Body=NEEDLE)
            self.assertEqual((put["ServerSideEncryption"], put["SSEKMSKeyId"], put["BucketKeyEnabled"]), ("aws:kms", key, True))
            self.assertEqual(self.records("PutObject")[-1]["additionalEventData"]["SSEApplied"], "Default_SSE_KMS")
        self.assertEqual(self.s3.put_object(Bucket="defaults", Key="y", Body=b"x", ServerSideEncryption="AES256")["ServerSideEncryption"], "AES256")
        copied = self.s3.copy_object(Bucket="defaults", Key="z", CopySource="defaults/y")
        self.assertEqual(copied["SSEKMSKeyId"], key)
        self.s3.delete_bucket_encryption(Bucket="defaults")
        self.s3.delete_bucket_encryption(Bucket="defaults")
        self.assertEqual(self.rule("defaults"), fresh)
        self.assertEqual(self.s3.get_object(Bucket="defaults", Key="x")["Body"].read(), NEEDLE)
        self.assertEqual(self.s3.put_object(Bucket="defaults", Key="w", Body=b"x")["ServerSideEncryption"], "AES256")

    def test_what_makes_no_sense(self):
        put = self.s3.put_bucket_encryption
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        for rules, expected in (([], "MalformedXML"), ([rule, rule], "MalformedXML"),
                                ([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}], "InvalidArgument"),
                                ([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}], "NotImplemented")):
            self.assertEqual(code(put, Bucket=self.bucket, ServerSideEncryptionConfiguration={"Rules": rules}), expected, rules)
        self.assertEqual(code(put, Bucket="nowhere-at-all", ServerSideEncryptionConfiguration={"Rules": [rule]}), "NoSuchBucket")

    def test_by_the_command_line(self):
        self.s3.create_bucket(Bucket="by-cli")
        key = self.new_key()
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}
        self.server.aws("s3api", "put-bucket-encryption", "--bucket", "by-cli", "--server-side-encryption-configuration", json.dumps(rules))
        path = self.server.data / "up.txt"
        path.write_text("by the command line")
        self.server.aws("s3", "cp", str(path), "s3://by-cli/up.txt")
        path.unlink()
        head = json.loads(self.server.aws("s3api", "head-object", "--bucket", "by-cli", "--key", "up.txt", "--output", "json").stdout)
        self.assertEqual(head["SSEKMSKeyId"], key)
        self.assertEqual(self.server.aws("s3", "cp", "s3://by-cli/up.txt", "-").stdout, "by the command line")

    def test_a_policy_that_asks_for_a_key(self):
        """AWS's own example of a bucket policy: what does not say aws:kms is denied."""
        self.s3.create_bucket(Bucket="policed")
        self.s3.put_bucket_policy(Bucket="policed", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::policed/*",
             "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}]}))
        self.put_default("policed", "aws:kms", self.new_key())
        self.assertEqual(code(self.s3.put_object, Bucket="policed", Key="x", Body=b"x"), "AccessDenied")
        self.assertEqual(code(self.s3.put_object, Bucket="policed", Key="x", Body=b"x", ServerSideEncryption="AES256"), "AccessDenied")
        self.s3.put_object(Bucket="policed", Key="x", Body=b"x", ServerSideEncryption="aws:kms")


class Crashes(unittest.TestCase):
    def test_killed_amid_an_upload(self):
        with Server() as server:
            s3 = server.client("s3", signature_version="s3v4")
            s3.create_bucket(Bucket="box")
            body = NEEDLE * (6 * MIB // len(NEEDLE))
            upload = s3.create_multipart_upload(Bucket="box", Key="mp")["UploadId"]
            first = s3.upload_part(Bucket="box", Key="mp", UploadId=upload, PartNumber=1, Body=body)["ETag"]
            # A second part of which half has come.
            import socket
            host, port = server.endpoint.split("//")[1].split(":")
            url = s3.generate_presigned_url("upload_part", Params={"Bucket": "box", "Key": "mp", "UploadId": upload, "PartNumber": 2})
            target = url[len(server.endpoint):]
            with socket.create_connection((host, int(port))) as client:
                client.sendall(f"PUT {target} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:len(body) // 2])
                self.assertTrue(eventually(lambda: any((server.data / "objects" / "tmp").iterdir())))
                server.kill()
            self.assertEqual(found_on_disk(server, NEEDLE), [])
            server.start()
            s3 = server.client("s3")
            second = s3.upload_part(Bucket="box", Key="mp", UploadId=upload, PartNumber=2, Body=body)["ETag"]
            s3.complete_multipart_upload(Bucket="box", Key="mp", UploadId=upload, MultipartUpload={
                "Parts": [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]})
            self.assertEqual(s3.get_object(Bucket="box", Key="mp")["Body"].read(), body * 2)
            self.assertEqual(found_on_disk(server, NEEDLE), [])


if __name__ == "__main__":
    unittest.main()
