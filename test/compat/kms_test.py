"""KMS as people use it: boto3 and the AWS CLI, a crash, a passphrase and its change."""
import base64
import json
import os
import stat
import subprocess
import unittest

from server import BINARY, Server, all_records, code_of, signed_post


def last(server, name):
    return [record for record in all_records(server) if record["eventName"] == name][-1]


class WithServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.addClassCleanup(lambda: cls.server.__exit__())
        cls.kms = cls.server.client("kms")
        cls.sts = cls.server.client("sts")
        cls.account = cls.sts.get_caller_identity()["Account"]

    def new_key(self, **more):
        return self.kms.create_key(**more)["KeyMetadata"]


class WalkThrough(WithServer):
    def test_from_key_to_ciphertext_and_back(self):
        key = self.new_key(Description="walk", Tags=[{"TagKey": "Team", "TagValue": "audit"}])
        self.assertEqual(key["Arn"], f"arn:aws:kms:us-east-1:{self.account}:key/{key['KeyId']}")
        self.kms.create_alias(AliasName="alias/walk", TargetKeyId=key["KeyId"])
        context = {"Department": "Finance", "Project": "Alpha"}
        for name in (key["KeyId"], key["Arn"], "alias/walk", key["Arn"].replace("key/" + key["KeyId"], "alias/walk")):
            blob = self.kms.encrypt(KeyId=name, Plaintext=b"attack at dawn", EncryptionContext=context)["CiphertextBlob"]
            opened = self.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
            self.assertEqual(opened["Plaintext"], b"attack at dawn")
            self.assertEqual(opened["KeyId"], key["Arn"])
        self.assertEqual(code_of(self.kms.decrypt, CiphertextBlob=blob, EncryptionContext={"Department": "Sales"}),
                         "InvalidCiphertextException")
        self.assertEqual(code_of(self.kms.decrypt, CiphertextBlob=blob), "InvalidCiphertextException")
        self.assertEqual(self.kms.list_resource_tags(KeyId=key["KeyId"])["Tags"], [{"TagKey": "Team", "TagValue": "audit"}])

    def test_states(self):
        key = self.new_key()["KeyId"]
        blob = self.kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        self.kms.disable_key(KeyId=key)
        self.assertEqual(code_of(self.kms.decrypt, CiphertextBlob=blob), "DisabledException")
        self.kms.enable_key(KeyId=key)
        scheduled = self.kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual(scheduled["KeyState"], "PendingDeletion")
        self.assertEqual(code_of(self.kms.decrypt, CiphertextBlob=blob), "KMSInvalidStateException")
        self.kms.cancel_key_deletion(KeyId=key)
        self.assertEqual(self.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "Disabled")
        self.kms.enable_key(KeyId=key)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"x")

    def test_rotation_and_re_encryption(self):
        one, two = self.new_key()["KeyId"], self.new_key()
        old = self.kms.encrypt(KeyId=one, Plaintext=b"old")["CiphertextBlob"]
        # By hand: Debian's boto3 does not know it yet.
        status, answer, _ = signed_post(self.server, "kms", "TrentService.RotateKeyOnDemand", {"KeyId": one})
        self.assertEqual((status, answer), (200, {"KeyId": one}))
        self.assertEqual(self.kms.decrypt(CiphertextBlob=old)["Plaintext"], b"old")
        self.kms.enable_key_rotation(KeyId=one)
        self.assertTrue(self.kms.get_key_rotation_status(KeyId=one)["KeyRotationEnabled"])
        moved = self.kms.re_encrypt(CiphertextBlob=old, DestinationKeyId=two["KeyId"], DestinationEncryptionContext={"a": "b"})
        self.assertEqual(moved["KeyId"], two["Arn"])
        self.assertEqual(self.kms.decrypt(CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"a": "b"})["Plaintext"], b"old")

    def test_data_keys(self):
        key = self.new_key()["KeyId"]
        made = self.kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext={"a": "b"})
        self.assertEqual(len(made["Plaintext"]), 32)
        self.assertEqual(self.kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"a": "b"})["Plaintext"],
                         made["Plaintext"])
        self.assertNotIn("Plaintext", self.kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=64))
        self.assertEqual(len(self.kms.generate_random(NumberOfBytes=17)["Plaintext"]), 17)

    def test_grants(self):
        key = self.new_key()["KeyId"]
        bob = f"arn:aws:iam::{self.account}:user/bob"
        grant = self.kms.create_grant(KeyId=key, GranteePrincipal=bob, RetiringPrincipal=bob, Operations=["Decrypt", "Encrypt"],
                                      Constraints={"EncryptionContextSubset": {"a": "b"}})
        listed = self.kms.list_grants(KeyId=key)["Grants"]
        self.assertEqual([one["GrantId"] for one in listed], [grant["GrantId"]])
        self.assertEqual(len(self.kms.list_retirable_grants(RetiringPrincipal=bob)["Grants"]), 1)
        self.kms.encrypt(KeyId=key, Plaintext=b"x", GrantTokens=[grant["GrantToken"]])
        self.kms.revoke_grant(KeyId=key, GrantId=grant["GrantId"])
        self.assertEqual(code_of(self.kms.encrypt, KeyId=key, Plaintext=b"x", GrantTokens=[grant["GrantToken"]]),
                         "InvalidGrantTokenException")

    def test_policies(self):
        key = self.new_key()["KeyId"]
        policy = json.loads(self.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        self.assertEqual(policy["Statement"][0]["Principal"], {"AWS": f"arn:aws:iam::{self.account}:root"})
        policy["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
                                    "Condition": {"StringNotEquals": {"kms:EncryptionContext:a": "b"}}})
        self.kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
        blob = self.kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "c"})["CiphertextBlob"]
        self.assertEqual(code_of(self.kms.decrypt, CiphertextBlob=blob, EncryptionContext={"a": "c"}), "AccessDeniedException")
        locked = dict(policy, Statement=policy["Statement"][1:])
        self.assertEqual(code_of(self.kms.put_key_policy, KeyId=key, PolicyName="default", Policy=json.dumps(locked)),
                         "MalformedPolicyDocumentException")

    def test_lists_through_their_paginators(self):
        made = {self.new_key()["KeyId"] for _ in range(3)}
        pages = list(self.kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1}))
        self.assertTrue(made <= {key["KeyId"] for page in pages for key in page["Keys"]})
        self.assertEqual(list(self.kms.get_paginator("list_key_policies").paginate(KeyId=made.pop()))[0]["PolicyNames"], ["default"])

    def test_the_cli(self):
        run = self.server.aws
        key = json.loads(run("kms", "create-key", "--description", "by hand").stdout)["KeyMetadata"]["KeyId"]
        run("kms", "create-alias", "--alias-name", "alias/cli", "--target-key-id", key)
        blob = run("kms", "encrypt", "--key-id", "alias/cli", "--plaintext", base64.b64encode(b"hello").decode(),
                   "--encryption-context", "a=b", "--query", "CiphertextBlob", "--output", "text").stdout.strip()
        opened = run("kms", "decrypt", "--ciphertext-blob", blob, "--encryption-context", "a=b", "--query", "Plaintext", "--output",
                     "text").stdout.strip()
        self.assertEqual(base64.b64decode(opened), b"hello")
        refused = run("kms", "decrypt", "--ciphertext-blob", blob, check=False)
        self.assertIn("(InvalidCiphertextException)", refused.stderr)


class Records(WithServer):
    def resource(self, arn):
        return {"accountId": self.account, "type": "AWS::KMS::Key", "ARN": arn}

    def test_of_cryptographic_operations(self):
        key = self.new_key()
        blob = self.kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
        record = last(self.server, "Encrypt")
        self.assertEqual(record["requestParameters"],
                         {"keyId": key["KeyId"], "encryptionContext": {"a": "b"}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"})
        self.assertIsNone(record["responseElements"])
        self.assertEqual(record["resources"], [self.resource(key["Arn"])])
        self.assertTrue(record["readOnly"])
        self.assertRegex(record["additionalEventData"]["keyMaterialId"], "^[0-9a-f]{64}$")
        self.kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
        record = last(self.server, "Decrypt")
        self.assertEqual(record["requestParameters"], {"encryptionContext": {"a": "b"}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"})
        self.assertEqual(record["resources"], [self.resource(key["Arn"])])
        code_of(self.kms.decrypt, CiphertextBlob=blob)
        record = last(self.server, "Decrypt")
        self.assertEqual(record["errorCode"], "InvalidCiphertextException")
        self.assertEqual(record["resources"], [self.resource(key["Arn"])])
        self.kms.generate_random(NumberOfBytes=4)
        self.assertIsNone(last(self.server, "GenerateRandom")["requestParameters"])

    def test_of_changes(self):
        key = self.new_key()
        record = last(self.server, "CreateKey")
        self.assertEqual(record["responseElements"]["keyMetadata"]["arn"], key["Arn"])
        self.assertRegex(record["responseElements"]["keyMetadata"]["creationDate"], r"^\w{3} \d+, \d{4}, \d+:\d\d:\d\d [AP]M$")
        self.assertEqual(record["resources"], [self.resource(key["Arn"])])
        self.kms.disable_key(KeyId=key["KeyId"])
        record = last(self.server, "DisableKey")
        self.assertEqual(record["responseElements"], {"keyId": key["Arn"]})
        self.assertFalse(record["readOnly"])
        self.kms.create_alias(AliasName="alias/r", TargetKeyId=key["KeyId"])
        alias = key["Arn"].replace("key/" + key["KeyId"], "alias/r")
        self.assertEqual(last(self.server, "CreateAlias")["resources"], [self.resource(key["Arn"]), self.resource(alias)])
        self.kms.delete_alias(AliasName="alias/r")
        self.assertEqual(last(self.server, "DeleteAlias")["resources"], [self.resource(alias), self.resource(key["Arn"])])
        self.kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        record = last(self.server, "ScheduleKeyDeletion")
        self.assertEqual(record["responseElements"]["keyId"], key["Arn"])
        self.assertEqual(record["responseElements"]["keyState"], "PendingDeletion")

    def test_of_refusals(self):
        arn = f"arn:aws:kms:us-east-1:{self.account}:key/0a1b2c3d-0000-4000-8000-abcd00000001"
        code_of(self.kms.describe_key, KeyId=arn)
        record = last(self.server, "DescribeKey")
        self.assertEqual((record["errorCode"], record["errorMessage"]), ("NotFoundException", f"Key '{arn}' does not exist"))
        self.assertIsNone(record["requestParameters"])
        self.assertNotIn("resources", record)


class Master(unittest.TestCase):
    def passphrase(self, value):
        os.environ["CAIRN_MASTER_PASSPHRASE"] = value
        self.addCleanup(os.environ.pop, "CAIRN_MASTER_PASSPHRASE", None)

    def refusal(self, server):
        done = subprocess.run([BINARY, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                              timeout=30)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stderr

    def test_after_a_crash_everything_is_there(self):
        with Server() as server:
            kms = server.client("kms")
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
            server.kill()
            server.start()
            self.assertEqual(server.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
            self.assertEqual(stat.S_IMODE((server.data / "keys/master").stat().st_mode), 0o600)
            self.assertEqual(stat.S_IMODE((server.data / "keys").stat().st_mode), 0o700)

    def test_a_lost_key_file_stops_the_start(self):
        with Server() as server:
            server.client("kms").create_key()
            server.stop()
            (server.data / "keys/master").unlink()
            self.assertIn("bring it back from a backup", self.refusal(server))
            self.assertFalse((server.data / "keys/master").exists())

    def test_a_passphrase(self):
        self.passphrase("correct horse battery staple")
        with Server() as server:
            kms = server.client("kms")
            blob = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")["CiphertextBlob"]
            self.assertFalse((server.data / "keys/master").exists())
            server.kill()
            self.passphrase("wrong")
            self.assertIn("CAIRN_MASTER_PASSPHRASE is not the passphrase", self.refusal(server))
            self.passphrase("")
            self.assertIn("CAIRN_MASTER_PASSPHRASE is empty", self.refusal(server))
            del os.environ["CAIRN_MASTER_PASSPHRASE"]
            self.assertIn("give it in CAIRN_MASTER_PASSPHRASE", self.refusal(server))
            self.passphrase("correct horse battery staple")
            server.start()
            self.assertEqual(server.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
            for path in server.data.rglob("*"):
                if path.is_file():
                    self.assertNotIn(b"correct horse", path.read_bytes(), path)

    def test_a_passphrase_is_changed(self):
        with Server(variables={"CAIRN_MASTER_PASSPHRASE": "the old one"}) as server:
            kms = server.client("kms")
            blob = kms.encrypt(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], Plaintext=b"x")["CiphertextBlob"]
            server.stop()
            server.variables["CAIRN_NEW_MASTER_PASSPHRASE"] = "the new one"
            server.start()
            self.assertIn("sealed under the new passphrase", server.output())
            server.kill()
            server.start()  # with both again
            server.stop()
            server.variables = {"CAIRN_MASTER_PASSPHRASE": "the old one"}
            with self.assertRaisesRegex(RuntimeError, "CAIRN_MASTER_PASSPHRASE is not the passphrase"):
                server.start()
            server.variables = {"CAIRN_MASTER_PASSPHRASE": "the new one"}
            server.start()
            self.assertEqual(server.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"], b"x")


if __name__ == "__main__":
    unittest.main()
