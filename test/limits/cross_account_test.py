"""Accounts are closed to each other: thousands of reads by the wrong principals, at random, and none sees anything."""
import concurrent.futures
import json
import os
import random
import subprocess
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server

READS = int(os.environ.get("CAIRN_CROSS_READS", "5000"))
WORKERS = 8
DENIED = {"AccessDenied", "AccessDeniedException", "403"}
NOT_HERE = {"NoSuchEntity", "ResourceNotFoundException", "TrailNotFoundException", "404", "NoSuchBucket", "CloudTrailARNInvalidException"}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Account:
    """An account with an administrator, a user without a policy, and one of everything, each named after the account's secret word."""

    def __init__(self, server, number, access_key, secret_key, word):
        self.number, self.word = number, word
        self.keys = {"administrator": (access_key, secret_key)}
        iam, s3, trail = (server.client(s, access_key=access_key, secret_key=secret_key) for s in ("iam", "s3", "cloudtrail"))
        for user, statement in (("nobody", None), ("reader", {"Effect": "Allow", "Action": "*", "Resource": "*"})):
            iam.create_user(UserName=f"{user}-{word}")
            if statement:
                iam.put_user_policy(UserName=f"{user}-{word}", PolicyName="p", PolicyDocument=policy(statement))
            made = iam.create_access_key(UserName=f"{user}-{word}")["AccessKey"]
            self.keys[user] = (made["AccessKeyId"], made["SecretAccessKey"])
        self.policy_arn = iam.create_policy(PolicyName=f"policy-{word}", PolicyDocument=policy(
            {"Effect": "Allow", "Action": f"s3:{word}", "Resource": "*"}))["Policy"]["Arn"]
        iam.create_role(RoleName=f"role-{word}", AssumeRolePolicyDocument=policy(
            {"Effect": "Allow", "Principal": {"AWS": number}, "Action": "sts:AssumeRole"}))
        iam.create_group(GroupName=f"group-{word}")
        self.bucket = f"bucket-{word}"
        s3.create_bucket(Bucket=self.bucket)
        s3.put_object(Bucket=self.bucket, Key=f"key-{word}", Body=word.encode())
        s3.put_bucket_policy(Bucket=self.bucket, Policy=policy(
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl",
             "Resource": f"arn:aws:s3:::{self.bucket}"},
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
             "Resource": f"arn:aws:s3:::{self.bucket}/*", "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}))
        self.trail_arn = trail.create_trail(Name=f"trail-{word}", S3BucketName=self.bucket)["TrailARN"]


def reads_of(account):
    """What somebody else might try to read of an account."""
    a = account
    return [
        ("s3", "get_object", dict(Bucket=a.bucket, Key=f"key-{a.word}")),
        ("s3", "head_object", dict(Bucket=a.bucket, Key=f"key-{a.word}")),
        ("s3", "list_objects_v2", dict(Bucket=a.bucket)),
        ("s3", "get_bucket_policy", dict(Bucket=a.bucket)),
        ("s3", "get_bucket_acl", dict(Bucket=a.bucket)),
        ("s3", "get_object_tagging", dict(Bucket=a.bucket, Key=f"key-{a.word}")),
        ("s3", "list_multipart_uploads", dict(Bucket=a.bucket)),
        ("iam", "get_user", dict(UserName=f"reader-{a.word}")),
        ("iam", "list_access_keys", dict(UserName=f"reader-{a.word}")),
        ("iam", "get_user_policy", dict(UserName=f"reader-{a.word}", PolicyName="p")),
        ("iam", "get_policy", dict(PolicyArn=a.policy_arn)),
        ("iam", "get_policy_version", dict(PolicyArn=a.policy_arn, VersionId="v1")),
        ("iam", "list_entities_for_policy", dict(PolicyArn=a.policy_arn)),
        ("iam", "get_role", dict(RoleName=f"role-{a.word}")),
        ("iam", "get_group", dict(GroupName=f"group-{a.word}")),
        ("iam", "get_access_key_last_used", dict(AccessKeyId=a.keys["reader"][0])),
        ("iam", "simulate_principal_policy", dict(PolicySourceArn=f"arn:aws:iam::{a.number}:user/reader-{a.word}",
                                                  ActionNames=["s3:GetObject"])),
        ("cloudtrail", "get_trail", dict(Name=a.trail_arn)),
        ("cloudtrail", "get_trail_status", dict(Name=a.trail_arn)),
        ("cloudtrail", "get_event_selectors", dict(TrailName=a.trail_arn)),
        ("cloudtrail", "list_tags", dict(ResourceIdList=[a.trail_arn])),
    ]


# Lists answer whoever may call them at home; they must show home only.
LISTS = [
    ("iam", "list_users", {}), ("iam", "list_roles", {}), ("iam", "list_groups", {}), ("iam", "list_policies", dict(Scope="Local")),
    ("iam", "get_account_authorization_details", {}), ("iam", "list_virtual_mfa_devices", {}),
    ("s3", "list_buckets", {}),
    ("cloudtrail", "describe_trails", {}), ("cloudtrail", "list_trails", {}), ("cloudtrail", "lookup_events", dict(MaxResults=50)),
]


class CrossAccount(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.accounts = [Account(cls.server, "000000000000", cls.server.access_key, cls.server.secret_key, "granite")]
        for name in ("basalt", "marble"):
            number = cls.cairn("account", "create", name).strip()
            profile = dict(line.split(" = ") for line in cls.cairn("root", "credentials", "--account", number).splitlines() if " = " in line)
            cls.accounts.append(Account(cls.server, number, profile["aws_access_key_id"], profile["aws_secret_access_key"], name))
        cls.server.settle()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    @classmethod
    def cairn(cls, *arguments):
        return subprocess.run([BINARY, *arguments, "--data", str(cls.server.data)], check=True, capture_output=True, text=True,
                              env=cls.server.environment()).stdout

    def test_none_sees_anything(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        clients = {(a.word, who, service): self.server.client(service, access_key=keys[0], secret_key=keys[1])
                   for a in self.accounts for who, keys in a.keys.items() for service in ("s3", "iam", "cloudtrail")}
        tasks = []
        for _ in range(READS):
            reader, owner = chance.sample(self.accounts, 2)
            who = chance.choice(list(reader.keys))
            tasks.append((reader, who, owner, chance.choice(reads_of(owner)) if chance.random() < 0.7 else chance.choice(LISTS)))

        def run(task):
            reader, who, owner, (service, operation, arguments) = task
            try:
                answer = getattr(clients[reader.word, who, service], operation)(**arguments)
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
                if code not in DENIED | NOT_HERE:
                    return f"{operation} by {who} of {reader.word}: {code} {message}"
                # A refusal repeats what was asked for, and no more.
                return f"{operation}: {message}" if owner.word in message and owner.word not in json.dumps(arguments) else None
            text = json.dumps(answer, default=lambda o: o.read().decode() if hasattr(o, "read") else str(o))
            if (service, operation, arguments) in LISTS:
                foreign = [a for a in self.accounts if a is not reader and (a.word in text.lower())]
                # Events show their own callers' parameters, which name what they tried to read.
                if foreign and operation != "lookup_events":
                    return f"{operation} by {who} of {reader.word} shows {foreign[0].word}"
                if operation == "lookup_events":
                    for event in answer["Events"]:
                        record = json.loads(event["CloudTrailEvent"])
                        if record["recipientAccountId"] != reader.number:
                            return f"lookup_events of {reader.word} shows {record}"
                return None
            return f"{operation} by {who} of {reader.word} was answered: {text[:200]}"

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            leaks = [leak for leak in pool.map(run, tasks) if leak]
        self.assertEqual(leaks, [], f"seed {seed}")


if __name__ == "__main__":
    unittest.main()
