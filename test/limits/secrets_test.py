"""No secret is found in anything that the server keeps or says, whatever it was used for."""
import base64
import hashlib
import hmac
import gzip
import json
import os
import re
import secrets as random
import struct
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError, ParamValidationError

from kept import kept, where
from server import BINARY, Server, all_records, eventually

NO_ONE = "AKIAIOSFODNN7EXAMPLE"


def code_of(seed, step):
    mac = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def owners_key(server):
    return re.search(r"\[owner\][^[]*aws_secret_access_key = (\S+)", (server.data / "credentials").read_text())[1]


class Documents(unittest.TestCase):
    """What lies in the data directory."""

    def test_keys_and_seeds_lie_there_sealed(self):
        with Server() as server:
            iam = server.client("iam")
            secrets = {"the administrator's key": server.secret_key, "the owner's key": owners_key(server)}
            iam.create_user(UserName="alice")
            key = iam.create_access_key(UserName="alice")["AccessKey"]
            secrets["alice's key"] = key["SecretAccessKey"]
            server.settle()
            server.kill()
            self.assertEqual(where(secrets, kept(server.data)), [], "after a crash")
            server.start()
            self.assertEqual(server.client("sts", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
                             .get_caller_identity()["Arn"], "arn:aws:iam::000000000000:user/alice")


class Everywhere(unittest.TestCase):
    """Every kind of secret is made, used rightly and wrongly, and then looked for."""

    @classmethod
    def setUpClass(cls):
        cls.secrets, cls.said = {}, []
        cls.remote_secret = random.token_urlsafe(30)
        cls.passphrase = random.token_urlsafe(30)
        cls.secrets.update({"a remote bucket's key": cls.remote_secret, "the passphrase": cls.passphrase})
        cls.server = Server("--set", "delivery.interval=1s", "--set", "digest.interval=1s", "--set", "buckets.far.endpoint=http://127.0.0.1:9",
                            "--set", "buckets.far.profile=far",
                            variables={"CAIRN_MASTER_PASSPHRASE": cls.passphrase, "AWS_SHARED_CREDENTIALS_FILE": cls.profile()})
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)

    @classmethod
    def profile(cls):
        import tempfile
        file = tempfile.NamedTemporaryFile("w", suffix=".ini", delete=False)
        cls.addClassCleanup(os.unlink, file.name)
        with file:
            file.write(f"[far]\naws_access_key_id = {NO_ONE}\naws_secret_access_key = {cls.remote_secret}\n")
        return file.name

    def keep(self, what, secret):
        self.secrets[f"{what} {len(self.secrets)}"] = secret
        return secret

    def tried(self, call, **arguments):
        """The answer, or nothing: then what the error says is kept, to be searched."""
        try:
            return call(**arguments)
        except ClientError as error:
            self.said.append((f"error of {error.operation_name}", json.dumps(error.response, default=str).encode()))
        except ParamValidationError:
            pass
        return None

    def fetched(self, url, **arguments):
        """Presigned URLs' errors tell the caller the signature that it sent, as AWS's do; they are not searched."""
        try:
            with urllib.request.urlopen(urllib.request.Request(url, **arguments), timeout=30) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            return error.code

    def access_keys(self):
        iam = self.server.client("iam")
        self.keep("the administrator's key", self.server.secret_key)
        self.keep("the owner's key", owners_key(self.server))
        iam.create_user(UserName="alice")
        for status in ("Active", "Inactive"):
            key = iam.create_access_key(UserName="alice")["AccessKey"]
            self.keep("alice's key", key["SecretAccessKey"])
            iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status=status)
            for service, name in (("sts", "get_caller_identity"), ("s3", "list_buckets"), ("iam", "list_users"), ("kms", "list_keys")):
                for secret in (key["SecretAccessKey"], self.keep("a wrong key", random.token_urlsafe(30))):
                    self.tried(getattr(self.server.client(service, access_key=key["AccessKeyId"], secret_key=secret), name))
        self.tried(iam.create_access_key, UserName="alice")  # one too many
        self.tried(self.server.client("sts", access_key=NO_ONE, secret_key=self.keep("nobody's key", random.token_urlsafe(30))).get_caller_identity)
        root = subprocess.run([BINARY, "root", "credentials", "--data", str(self.server.data)], capture_output=True, text=True, timeout=30, check=True)
        self.root = re.search(r"aws_access_key_id = (\S+)", root.stdout)[1], self.keep(
            "root's key", re.search(r"aws_secret_access_key = (\S+)", root.stdout)[1])
        self.tried(self.server.client("iam", access_key=self.root[0], secret_key=self.root[1]).list_users)

    def passwords(self):
        iam = self.server.client("iam")
        key = iam.create_access_key(UserName=iam.create_user(UserName="bob")["User"]["UserName"])["AccessKey"]
        bob = self.server.client("iam", access_key=key["AccessKeyId"], secret_key=self.keep("bob's key", key["SecretAccessKey"]))
        iam.put_user_policy(UserName="bob", PolicyName="own", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "*"}]}))
        iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True)
        password = [self.keep("a password", "Aa1!" + random.token_urlsafe(16)) for _ in range(3)]
        weak = self.keep("a weak password", random.token_hex(16))
        self.tried(iam.create_login_profile, UserName="bob", Password=weak)
        self.tried(iam.create_login_profile, UserName="nobody", Password=weak)
        self.assertIsNotNone(self.tried(iam.create_login_profile, UserName="bob", Password=password[0]))
        self.tried(iam.create_login_profile, UserName="bob", Password=weak)
        self.tried(bob.change_password, OldPassword=weak, NewPassword=password[1])
        self.assertIsNotNone(self.tried(bob.change_password, OldPassword=password[0], NewPassword=password[1]))
        self.tried(iam.update_login_profile, UserName="bob", Password=password[2])
        self.tried(iam.update_login_profile, UserName="bob", Password=weak)
        self.tried(iam.update_login_profile, UserName="bob", Password="\u0001" + weak)

    def mfa(self):
        iam = self.server.client("iam")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
        seed = device["Base32StringSeed"].decode()
        self.keep("a seed in letters", seed)
        self.keep("a seed", base64.b32decode(seed))
        serial = device["SerialNumber"]
        self.tried(iam.enable_mfa_device, UserName="alice", SerialNumber=serial, AuthenticationCode1="000000", AuthenticationCode2="000001")
        step = int(time.time()) // 30
        self.assertIsNotNone(self.tried(iam.enable_mfa_device, UserName="alice", SerialNumber=serial,
                                        AuthenticationCode1=code_of(seed, step), AuthenticationCode2=code_of(seed, step + 1)))
        self.tried(iam.resync_mfa_device, UserName="alice", SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="111112")
        iam.deactivate_mfa_device(UserName="alice", SerialNumber=serial)

    def keys(self):
        kms = self.server.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        plain = self.keep("a plaintext", b"the launch code is " + random.token_hex(8).encode())
        blob = kms.encrypt(KeyId=key, Plaintext=plain)["CiphertextBlob"]
        kms.decrypt(CiphertextBlob=blob)
        kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key)
        for _ in range(5):
            self.keep("a data key", kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"])
        pair = self.tried(kms.generate_data_key_pair, KeyId=key, KeyPairSpec="ECC_NIST_P256")
        if pair:
            self.keep("a private key", pair["PrivateKeyPlaintext"])
        self.keep("random bytes", kms.generate_random(NumberOfBytes=64)["Plaintext"])
        grant = kms.create_grant(KeyId=key, GranteePrincipal="arn:aws:iam::000000000000:user/alice", Operations=["Decrypt"])
        self.keep("a grant's token", grant["GrantToken"])
        self.tried(kms.encrypt, KeyId=key, Plaintext=plain * 200)
        self.tried(kms.encrypt, KeyId="absent", Plaintext=plain)
        self.tried(kms.decrypt, CiphertextBlob=plain)
        self.tried(kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "b"})
        kms.disable_key(KeyId=key)
        self.tried(kms.encrypt, KeyId=key, Plaintext=plain)

    def objects(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="things")
        s3.put_object(Bucket="things", Key="a", Body=b"a")
        customers = self.keep("a customer's key", os.urandom(32))
        for key in (customers, self.keep("a short key", os.urandom(24))):
            self.tried(s3.put_object, Bucket="things", Key="c", Body=b"c", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
            self.tried(s3.get_object, Bucket="things", Key="c", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
        for expires, twist in ((600, ""), (600, "0"), (1, "")):
            url = s3.generate_presigned_url("get_object", Params={"Bucket": "things", "Key": "a"}, ExpiresIn=expires)
            old = re.search(r"Signature=([^&]+)", url)[1]
            self.keep("a presigned signature", old)
            self.fetched(url + twist)
            self.fetched(url.replace("things/a", "things/b"))
        self.fetched(s3.generate_presigned_url("put_object", Params={"Bucket": "things", "Key": "p"}), method="PUT", data=b"p")

    def sessions(self):
        sts = self.server.client("sts")
        token = self.keep("a web identity's token", ".".join(base64.urlsafe_b64encode(random.token_bytes(30)).decode() for _ in range(3)))
        self.tried(sts.assume_role_with_web_identity, RoleArn="arn:aws:iam::000000000000:role/r", RoleSessionName="s", WebIdentityToken=token)
        for call, arguments in ((sts.get_session_token, {}), (sts.get_federation_token, {"Name": "bob"})):
            answer = self.tried(call, **arguments)
            if answer:
                self.keep("a temporary key", answer["Credentials"]["SecretAccessKey"])  # its token is recorded, as on AWS
        import boto3
        stale = boto3.client("sts", endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=NO_ONE,
                             aws_secret_access_key="x", aws_session_token=self.keep("a made-up token", random.token_urlsafe(60)))
        self.tried(stale.get_caller_identity)

    def trails(self):
        s3, trail = self.server.client("s3"), self.server.client("cloudtrail")
        s3.create_bucket(Bucket="logs")
        s3.put_bucket_policy(Bucket="logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"],
             "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]}]}))
        for name, bucket in (("here", "logs"), ("there", "far")):
            self.tried(trail.create_trail, Name=name, S3BucketName=bucket, IsMultiRegionTrail=True, EnableLogFileValidation=True)
            self.tried(trail.start_logging, Name=name)

    def test_none_is_found_anywhere(self):
        self.trails()
        for use in (self.access_keys, self.passwords, self.mfa, self.keys, self.objects, self.sessions):
            use()
        s3 = self.server.client("s3")
        self.assertTrue(eventually(lambda: [each for each in s3.list_objects_v2(Bucket="logs").get("Contents", []) if "/CloudTrail/us" in each["Key"]], 30))
        # Objects lie sealed, so what was delivered is read as whoever may read it does.
        for each in s3.list_objects_v2(Bucket="logs")["Contents"]:
            self.said.append((each["Key"], gzip.decompress(s3.get_object(Bucket="logs", Key=each["Key"])["Body"].read())))
        lookup = subprocess.run([BINARY, "lookup", "--data-events", "--output", "json", "--max-items", "0"], env=self.server.environment(),
                                capture_output=True, timeout=60, check=True)
        records = all_records(self.server)
        self.said += [("metrics", self.server.get("/_cairn/metrics")[1]), ("lookup", lookup.stdout + lookup.stderr),
                      ("records", json.dumps(records).encode())]
        self.assertTrue({"CreateAccessKey", "CreateLoginProfile", "ChangePassword", "EnableMFADevice", "GenerateDataKey", "GetObject"} <=
                        {record["eventName"] for record in records})
        self.server.stop()
        self.said.append(("log", self.server.log_path.read_bytes()))
        files = list(kept(self.server.data))
        names = {name for name, _ in files}
        self.assertTrue({"state.db", "history/manifest"} <= names and any(name.startswith("journal/") for name in names), names)
        self.assertGreater(len(self.secrets), 30)
        self.assertEqual(where(self.secrets, self.said + files), [])
        # That the search finds what is there: a key's id is no secret.
        self.assertTrue(where({"id": self.root[0]}, files))


class Process(unittest.TestCase):
    def test_it_leaves_no_core(self):
        with Server() as server:
            limits = open(f"/proc/{server.process.pid}/limits").read()
            self.assertRegex(limits, r"Max core file size\s+0\s+0\s")
            # What cannot be dumped belongs to root in /proc, whoever runs it.
            self.assertEqual(os.stat(f"/proc/{server.process.pid}/mem").st_uid, 0)
            self.assertNotIn(b"CAIRN_MASTER_PASSPHRASE", open(f"/proc/{server.process.pid}/cmdline", "rb").read())


if __name__ == "__main__":
    unittest.main()
