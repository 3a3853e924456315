"""What a person does with the AWS CLI: a role of another account, MFA, a new access key, CloudTrail locked out of its bucket, a web identity."""
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from compat.iam_test import allow, policy, totp
from compat.sts_test import root_of, trust
from compat.web_identity_test import Provider
from server import BINARY, Server, all_records, eventually

FAST = ("--set", "delivery.interval=1s", "--set", "digest.interval=2s")


class Person:
    """Somebody's shell: `cairn env`'s exports, and AWS files of their own."""

    def __init__(self, server):
        self.server = server
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="cairn-person-"))
        printed = subprocess.run([BINARY, "env", "--data", str(server.data)], capture_output=True, text=True, check=True).stdout
        done = subprocess.run(["bash", "-c", printed + "\nenv -0"], env=server.environment(), capture_output=True, check=True)
        self.environment = dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            self.environment.pop(name, None)
        self.config = pathlib.Path(self.environment["AWS_CONFIG_FILE"]).read_text() if "AWS_CONFIG_FILE" in self.environment else ""
        self.credentials = ""
        self.environment.update(HOME=str(self.home), AWS_CONFIG_FILE=str(self.home / "config"),
                                AWS_SHARED_CREDENTIALS_FILE=str(self.home / "credentials"))
        self.write()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.home, ignore_errors=True)

    def write(self):
        (self.home / "config").write_text(self.config)
        (self.home / "credentials").write_text(self.credentials)

    def profile(self, name, key=None, **settings):
        if key:
            self.credentials += f"[{name}]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        if name != "default":  # which `cairn env` has a section for
            self.config += f"\n[profile {name}]\nregion = us-east-1\n" + "".join(f"{k} = {v}\n" for k, v in settings.items())
        self.write()

    def aws(self, *arguments, check=True, profile=None, **more):
        env = {**self.environment, **more}
        if profile:
            env["AWS_PROFILE"] = profile
        done = subprocess.run(["/usr/bin/aws", *arguments, "--output", "json"], env=env, capture_output=True, text=True, timeout=120)
        if check and done.returncode != 0:
            raise AssertionError(f"aws {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout or "null") if check else done

    def aws_at_a_terminal(self, *arguments, profile, answer):
        """The same where the CLI asks: it gets `answer`. What it wrote, as text."""
        child, terminal = pty.fork()
        if child == 0:
            os.execve("/usr/bin/aws", ["aws", *arguments, "--output", "json"], {**self.environment, "AWS_PROFILE": profile})
        seen, answered, deadline = b"", False, time.monotonic() + 60
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 1)
            if not ready:
                continue
            try:
                part = os.read(terminal, 4096)
            except OSError:  # the child is gone
                break
            if not part:
                break
            seen += part
            if not answered and b"code" in seen.lower():
                os.write(terminal, answer.encode() + b"\n")
                answered = True
        os.close(terminal)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, seen.decode()
        return seen.decode()


class WalkThrough(unittest.TestCase):
    def test_a_role_of_another_account(self):
        with Server() as server, Person(server) as alice:
            iam = server.client("iam")
            iam.create_user(UserName="alice")
            iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("sts:AssumeRole")))
            alice.profile("default", iam.create_access_key(UserName="alice")["AccessKey"])
            audit = subprocess.run([BINARY, "account", "create", "audit", "--data", str(server.data)], capture_output=True, text=True,
                                   env=server.environment(), check=True).stdout.strip()
            owner = root_of(server, audit)
            role = f"arn:aws:iam::{audit}:role/auditor"
            theirs = server.client("iam", access_key=owner["AccessKeyId"], secret_key=owner["SecretAccessKey"])
            theirs.create_role(RoleName="auditor", AssumeRolePolicyDocument=trust({"AWS": "000000000000"},
                                                                                Condition={"StringEquals": {"sts:ExternalId": "audit-2026"}}))
            theirs.put_role_policy(RoleName="auditor", PolicyName="p", PolicyDocument=policy(allow("cloudtrail:LookupEvents")))

            refused = alice.aws("sts", "assume-role", "--role-arn", role, "--role-session-name", "by-hand", check=False)
            self.assertIn("AccessDenied", refused.stderr)
            given = alice.aws("sts", "assume-role", "--role-arn", role, "--role-session-name", "by-hand", "--external-id", "audit-2026")
            keys = given["Credentials"]
            session = dict(AWS_ACCESS_KEY_ID=keys["AccessKeyId"], AWS_SECRET_ACCESS_KEY=keys["SecretAccessKey"],
                           AWS_SESSION_TOKEN=keys["SessionToken"])
            self.assertEqual(alice.aws("sts", "get-caller-identity", **session)["Account"], audit)
            server.settle()
            names = [e["EventName"] for e in alice.aws("cloudtrail", "lookup-events", **session)["Events"]]
            self.assertIn("CreateRole", names)
            self.assertNotIn("CreateUser", names)  # the other account's

            alice.profile("audit", role_arn=role, source_profile="default", external_id="audit-2026", role_session_name="by-profile")
            who = alice.aws("sts", "get-caller-identity", profile="audit")
            self.assertEqual(who["Arn"], f"arn:aws:sts::{audit}:assumed-role/auditor/by-profile")

            # Both accounts have the event, as one that they share; the role's shows no more of the caller than an id and an account.
            as_owner = dict(access_key=owner["AccessKeyId"], secret_key=owner["SecretAccessKey"])
            server.settle()

            def assumed(**more):
                events = server.client("cloudtrail", **more).lookup_events(
                    LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRole"}])["Events"]
                records = [json.loads(e["CloudTrailEvent"]) for e in events]
                return [r for r in records if (r["requestParameters"] or {}).get("roleSessionName") == "by-hand" and not r.get("errorCode")]
            [mine], [copy] = assumed(), assumed(**as_owner)
            self.assertEqual(mine["userIdentity"]["userName"], "alice")
            self.assertEqual((mine["recipientAccountId"], copy["recipientAccountId"]), ("000000000000", audit))
            self.assertEqual(copy["userIdentity"], {"type": "AWSAccount", "principalId": mine["userIdentity"]["principalId"],
                                                    "accountId": "000000000000"})
            self.assertEqual(mine["sharedEventID"], copy["sharedEventID"])
            self.assertNotEqual(mine["eventID"], copy["eventID"])
            for member in ("eventTime", "requestParameters", "responseElements", "resources", "requestID", "sourceIPAddress"):
                self.assertEqual(mine[member], copy[member], member)
            self.assertEqual(mine["resources"], [{"accountId": audit, "type": "AWS::IAM::Role", "ARN": role}])

    def test_an_action_that_asks_for_mfa(self):
        with Server() as server, Person(server) as alice:
            iam = server.client("iam")
            iam.create_user(UserName="alice")
            with_mfa = {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
            iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(
                allow("cloudtrail:StopLogging", "cloudtrail:DescribeTrails", **with_mfa), allow("sts:AssumeRole")))
            iam.create_role(RoleName="operator", AssumeRolePolicyDocument=trust({"AWS": "000000000000"}, **with_mfa))
            alice.profile("default", iam.create_access_key(UserName="alice")["AccessKey"])
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
            seed, serial, step = device["Base32StringSeed"].decode(), device["SerialNumber"], int(time.time()) // 30
            iam.enable_mfa_device(UserName="alice", SerialNumber=serial, AuthenticationCode1=totp(seed, step - 3),
                                  AuthenticationCode2=totp(seed, step - 2))

            self.assertIn("AccessDenied", alice.aws("cloudtrail", "describe-trails", check=False).stderr)
            keys = alice.aws("sts", "get-session-token", "--serial-number", serial, "--token-code", totp(seed, step))["Credentials"]
            session = dict(AWS_ACCESS_KEY_ID=keys["AccessKeyId"], AWS_SECRET_ACCESS_KEY=keys["SecretAccessKey"],
                           AWS_SESSION_TOKEN=keys["SessionToken"])
            self.assertEqual(alice.aws("cloudtrail", "describe-trails", **session), {"trailList": []})

            # A profile with mfa_serial: the CLI asks for the code.
            alice.profile("operator", role_arn="arn:aws:iam::000000000000:role/operator", source_profile="default", mfa_serial=serial)
            seen = alice.aws_at_a_terminal("sts", "get-caller-identity", profile="operator", answer=totp(seed, step + 1))
            self.assertIn("assumed-role/operator/", seen)
            # Within the role's hour it asks no more: the CLI keeps what it was given.
            self.assertIn("assumed-role/operator/", alice.aws("sts", "get-caller-identity", profile="operator")["Arn"])

    def test_a_new_access_key_for_an_old_one(self):
        with Server() as server, Person(server) as alice:
            iam = server.client("iam")
            iam.create_user(UserName="alice")
            iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(
                allow("iam:*AccessKey*", resource="arn:aws:iam::*:user/${aws:username}")))
            old = iam.create_access_key(UserName="alice")["AccessKey"]
            alice.profile("default", old)
            new = alice.aws("iam", "create-access-key")["AccessKey"]
            alice.profile("new", new)
            self.assertIn("LimitExceeded", alice.aws("iam", "create-access-key", check=False).stderr)
            alice.aws("sts", "get-caller-identity", profile="new")
            server.settle()
            used = alice.aws("iam", "get-access-key-last-used", "--access-key-id", new["AccessKeyId"], profile="new")
            self.assertEqual(used["AccessKeyLastUsed"]["ServiceName"], "sts")
            alice.aws("iam", "update-access-key", "--access-key-id", old["AccessKeyId"], "--status", "Inactive", profile="new")
            self.assertIn("InvalidClientTokenId", alice.aws("sts", "get-caller-identity", check=False).stderr)
            alice.aws("iam", "update-access-key", "--access-key-id", old["AccessKeyId"], "--status", "Active", profile="new")
            alice.aws("sts", "get-caller-identity")  # something still needed it
            alice.aws("iam", "update-access-key", "--access-key-id", old["AccessKeyId"], "--status", "Inactive", profile="new")
            alice.aws("iam", "delete-access-key", "--access-key-id", old["AccessKeyId"], profile="new")
            self.assertEqual([k["AccessKeyId"] for k in alice.aws("iam", "list-access-keys", profile="new")["AccessKeyMetadata"]],
                             [new["AccessKeyId"]])

    def test_cloudtrail_locked_out_by_a_policy(self):
        with Server(*FAST) as server:
            s3, trail = server.client("s3"), server.client("cloudtrail")
            s3.create_bucket(Bucket="logs")
            service = {"Service": "cloudtrail.amazonaws.com"}
            may = [{"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs"},
                   {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/AWSLogs/*",
                    "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}]
            s3.put_bucket_policy(Bucket="logs", Policy=policy(*may))
            trail.create_trail(Name="all", S3BucketName="logs")
            trail.start_logging(Name="all")
            status = lambda: trail.get_trail_status(Name="all")
            self.assertTrue(eventually(lambda: status().get("LatestDeliveryTime"), timeout=30))
            self.assertFalse(status().get("LatestDeliveryError"))
            s3.put_bucket_policy(Bucket="logs", Policy=policy(*may, {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
                                                                    "Resource": "arn:aws:s3:::logs/*"}))
            self.assertTrue(eventually(lambda: "AccessDenied" in (status().get("LatestDeliveryError") or ""), timeout=30), status())
            self.assertTrue(status()["IsLogging"])
            s3.put_bucket_policy(Bucket="logs", Policy=policy(*may))
            self.assertTrue(eventually(lambda: not status().get("LatestDeliveryError"), timeout=60), status())

    def test_a_web_identity(self):
        with Server() as server, Person(server) as pod, Provider() as provider:
            iam = server.client("iam")
            arn = iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=["sts.amazonaws.com"],
                                                      ThumbprintList=[provider.thumbprint])["OpenIDConnectProviderArn"]
            iam.create_role(RoleName="pod", AssumeRolePolicyDocument=trust(
                {"Federated": arn}, "sts:AssumeRoleWithWebIdentity",
                Condition={"StringEquals": {f"{provider.name}:sub": "system:serviceaccount:default:app"}}))
            iam.put_role_policy(RoleName="pod", PolicyName="p", PolicyDocument=policy(allow("s3:ListAllMyBuckets")))
            token = pod.home / "token"
            token.write_text(provider.token(sub="system:serviceaccount:default:app", aud="sts.amazonaws.com"))
            web = dict(AWS_ROLE_ARN="arn:aws:iam::000000000000:role/pod", AWS_WEB_IDENTITY_TOKEN_FILE=str(token), AWS_ROLE_SESSION_NAME="app-1")
            self.assertEqual(pod.aws("sts", "get-caller-identity", **web)["Arn"], "arn:aws:sts::000000000000:assumed-role/pod/app-1")
            pod.aws("s3api", "list-buckets", **web)
            records = {r["eventName"]: r for r in all_records(server)}
            made = records["AssumeRoleWithWebIdentity"]
            self.assertEqual(made["userIdentity"], {
                "type": "WebIdentityUser", "principalId": f"{arn}:sts.amazonaws.com:system:serviceaccount:default:app",
                "userName": "system:serviceaccount:default:app", "identityProvider": arn})
            used = records["ListBuckets"]["userIdentity"]["sessionContext"]
            self.assertEqual(list(used), ["sessionIssuer", "webIdFederationData", "attributes"])
            self.assertEqual(used["webIdFederationData"], {"federatedProvider": arn, "attributes": {}})


if __name__ == "__main__":
    unittest.main()
