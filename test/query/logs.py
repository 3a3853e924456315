"""Log files as CloudTrail delivers them, for tests of `cairn query`: made from a seed, in AWS's layout. And the library that it needs."""
import gzip
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from server import BINARY, build_directory  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def why_not():
    """None if DuckDB's library is there (fetched from npm, if need be), else why it is not."""
    if (build_directory() / "duckdb/libduckdb.so").exists():
        return None
    if not shutil.which("npm"):
        return "npm, which has DuckDB's library, is not on this machine"
    done = subprocess.run([ROOT / "tools/duckdb"], capture_output=True, text=True, timeout=300)
    return None if done.returncode == 0 else f"DuckDB's library cannot be fetched: {done.stderr.strip()[-300:]}"


def query(sql, *options, check=True, text=True, **more):
    """Runs `cairn query`; returns the completed process."""
    done = subprocess.run([BINARY, "query", sql, *map(str, options)], capture_output=True, text=text, timeout=60, stdin=subprocess.DEVNULL, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{sql} gave {done.returncode}: {done.stdout}{done.stderr}")
    return done


def rows(sql, source, *options, **more):
    """Its rows as documents."""
    return [json.loads(line) for line in query(sql, "--from", source, "--output", "ndjson", *options, **more).stdout.splitlines()]


class Maker:
    """Records of several kinds of callers, services, errors and shapes."""

    def __init__(self, seed=1):
        self.random = random.Random(seed)

    def uuid(self):
        return "%08x-%04x-4%03x-8%03x-%012x" % tuple(self.random.getrandbits(n) for n in (32, 16, 12, 12, 48))

    def identity(self, account):
        draw = self.random.random()
        name = f"user{self.random.randrange(20)}"
        if draw < 0.1:
            return {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}
        if draw < 0.2:
            return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
        if draw < 0.6:
            return {"type": "IAMUser", "principalId": "AIDA" + name.upper(), "arn": f"arn:aws:iam::{account}:user/{name}", "accountId": account,
                    "accessKeyId": "AKIA" + name.upper(), "userName": name}
        web = {"federatedProvider": "idp.example.com", "attributes": {"idp.example.com:sub": name, "idp.example.com:aud": "x\ny"}} if draw > 0.9 else {}
        return {"type": "AssumedRole", "principalId": f"AROAROLE:{name}", "arn": f"arn:aws:sts::{account}:assumed-role/role/{name}", "accountId": account,
                "accessKeyId": "ASIA" + name.upper(),
                "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAROLE", "arn": f"arn:aws:iam::{account}:role/role",
                                                     "accountId": account, "userName": "role"},
                                   "webIdFederationData": web,
                                   "attributes": {"creationDate": "2023-07-10T11:00:00Z", "mfaAuthenticated": self.random.choice(["true", "false"])}}}

    def record(self, account="111122223333", region="us-east-1", day="2023-07-10"):
        r = self.random
        bucket, key = f"bucket{r.randrange(5)}", f"dir/object {r.randrange(100)} \"é\" \U0001F600.txt"
        kind = r.randrange(5)
        record = {"eventVersion": "1.11", "userIdentity": self.identity(account),
                  "eventTime": f"{day}T{r.randrange(24):02}:{r.randrange(60):02}:{r.randrange(60):02}Z"}
        if kind < 3:
            name = r.choice(["GetObject", "PutObject", "DeleteObject", "ListObjects"])
            record.update(eventSource="s3.amazonaws.com", eventName=name, requestParameters={"bucketName": bucket, "key": key, "Host": f"{bucket}.s3.amazonaws.com"},
                          additionalEventData={"SignatureVersion": r.choice(["SigV2", "SigV4"]), "bytesTransferredIn": float(r.randrange(5000))},
                          readOnly=name in ("GetObject", "ListObjects"), managementEvent=False, eventCategory="Data",
                          resources=[{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"},
                                     {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}])
        elif kind == 3:
            record.update(eventSource="ec2.amazonaws.com", eventName="RunInstances", readOnly=False, managementEvent=True, eventCategory="Management",
                          requestParameters={"instancesSet": {"items": [{"minCount": 1, "maxCount": r.randrange(10**18)}]}},
                          responseElements={"instancesSet": {"items": [{"instanceId": f"i-{r.randrange(99)}"}] * r.randrange(3)}})
        else:
            record.update(eventSource="iam.amazonaws.com", eventName="ListUsers", readOnly=True, managementEvent=True, eventCategory="Management",
                          requestParameters=None, responseElements=None)
        record.update(awsRegion=region, sourceIPAddress=f"192.0.2.{r.randrange(20)}", userAgent="aws-cli/2.17", requestID=self.uuid(), eventID=self.uuid(),
                      eventType="AwsApiCall", recipientAccountId=account)
        if r.random() < 0.2:
            record.update(errorCode="AccessDenied", errorMessage="User: x is not authorized to perform: y\tz")
        if r.random() < 0.5:
            record["tlsDetails"] = {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": "s3.amazonaws.com"}
        return record

    def records(self, count, **more):
        return [self.record(**more) for _ in range(count)]


def log_file_text(records):
    return json.dumps({"Records": records}, separators=(",", ":"), ensure_ascii=False).encode()


def deliver(root, records, account="111122223333", region="us-east-1", day="2023-07-10", unique="a", kind="CloudTrail"):
    """One file in CloudTrail's layout; returns its path."""
    directory = pathlib.Path(root) / "AWSLogs" / account / kind / region / day.replace("-", "/")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{account}_{kind}_{region}_{day.replace('-', '')}T1200Z_{unique}.json.gz"
    path.write_bytes(gzip.compress(log_file_text(records), 1))
    return path


class Delivered(unittest.TestCase):
    """Tests over 3,200 records of two accounts, regions and days, as CloudTrail delivers them."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="cairn-query-test-"))
        maker = Maker()
        cls.records = []
        for account in ("111122223333", "444455556666"):
            for region in ("us-east-1", "eu-west-3"):
                for day in ("2023-07-10", "2023-07-11"):
                    some = maker.records(400, account=account, region=region, day=day)
                    deliver(cls.root, some, account, region, day)
                    cls.records += some
        deliver(cls.root, [], unique="empty")
        (cls.root / "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2023/07/10").mkdir(parents=True)
        (cls.root / "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2023/07/10/111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20230710T120000Z.json.gz") \
            .write_bytes(gzip.compress(b'{"awsAccountId":"111122223333","digestStartTime":"2023-07-10T11:00:00Z"}'))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root, ignore_errors=True)
