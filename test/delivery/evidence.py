"""What a trail left in its bucket, read by plain means (boto3, gzip, hashlib, openssl), and held together: the client's own list = the
history = the log files = the digests, event by event. Nothing of ours is used to read it."""
import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time

from server import all_events, eventually

LOG_KEY = re.compile(r"^(?:(?P<prefix>.+)/)?AWSLogs/(?P<account>\d{12})/CloudTrail/(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d\d/\d\d)/"
                     r"(?P=account)_CloudTrail_(?P=region)_(?P<minute>\d{8}T\d{4})Z_(?P<unique>[0-9A-Za-z]{16})\.json\.gz$")
DIGEST_KEY = re.compile(r"^(?:(?P<prefix>.+)/)?AWSLogs/(?P<account>\d{12})/CloudTrail-Digest/(?P<region>[a-z0-9-]+)/(?P<day>\d{4}/\d\d/\d\d)/"
                        r"(?P=account)_CloudTrail-Digest_(?P=region)_(?P<trail>.+)_(?P<home>[a-z0-9-]+)_(?P<end>\d{8}T\d{6})Z\.json\.gz$")
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "AWSCloudTrailAclCheck", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl",
         "Resource": "arn:aws:s3:::{bucket}", "Condition": {"StringEquals": {"aws:SourceArn": "{trail}"}}},
        {"Sid": "AWSCloudTrailWrite", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
         "Resource": "arn:aws:s3:::{bucket}/{prefix}AWSLogs/000000000000/*",
         "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": "{trail}"}}}]}


def policy(bucket, trail="first", home="us-east-1", prefix=""):
    """The bucket policy of AWS's guide, "Amazon S3 bucket policy for CloudTrail"."""
    text = json.dumps(POLICY)
    arn = f"arn:aws:cloudtrail:{home}:000000000000:trail/{trail}"
    return text.replace("{bucket}", bucket).replace("{trail}", arn).replace("{prefix}", prefix + "/" if prefix else "")


def make_trail(server, bucket="logs", name="first", home="us-east-1", start=True, **more):
    """A bucket with AWS's policy and a trail; returns the trail's ARN."""
    s3, cloudtrail = server.client("s3", region=home), server.client("cloudtrail", region=home)
    place = {} if home == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": home}}
    s3.create_bucket(Bucket=bucket, **place)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, name, home, more.get("S3KeyPrefix", "")))
    arn = cloudtrail.create_trail(Name=name, S3BucketName=bucket, **more)["TrailARN"]
    if start:
        cloudtrail.start_logging(Name=name)
    return arn


def fill_journal(server, megabytes, megabytes_per_second=None):
    """So much into the journal by objects in the bucket "work", small enough to ride in it, and a management event with each; all must be
    answered well."""
    sts, s3 = server.client("sts"), server.client("s3")
    body, began = os.urandom(60_000), time.monotonic()
    for i in range((megabytes << 20) // len(body)):
        s3.put_object(Bucket="work", Key=f"k{i % 10}", Body=body)
        sts.get_caller_identity()
        if megabytes_per_second:
            time.sleep(max(0, i * len(body) / megabytes_per_second / (1 << 20) - (time.monotonic() - began)))


def journal_bytes(server):
    return sum(path.stat().st_size for path in (server.data / "journal").iterdir())


def objects(server, bucket, prefix=""):
    """key -> (bytes, metadata) of everything in a bucket."""
    s3 = server.client("s3")
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            answer = s3.get_object(Bucket=bucket, Key=item["Key"])
            found[item["Key"]] = (answer["Body"].read(), answer["Metadata"])
    return found


def raw_records(text):
    """The records of a log file as the very bytes that stand there."""
    assert text.startswith('{"Records":[') and text.endswith("]}"), text[:40]
    decoder, at, found = json.JSONDecoder(), len('{"Records":['), []
    while text[at] != "]":
        _, end = decoder.raw_decode(text, at)
        found.append(text[at:end])
        at = end + (text[end] == ",")
    return found


def records_in_files(found):
    """event id -> its bytes; fails if one is there twice, or a file is empty or misplaced."""
    records = {}
    for key, (body, _) in found.items():
        name = LOG_KEY.match(key)
        if not name:
            continue
        assert name["minute"].startswith(name["day"].replace("/", "")), key
        in_file = raw_records(gzip.decompress(body).decode())
        assert in_file, f"{key} is empty"
        for text in in_file:
            record = json.loads(text)
            assert record["eventID"] not in records, f"{record['eventID']} is in two files"
            assert record["recipientAccountId"] == name["account"]
            records[record["eventID"]] = text
    return records


def check_digests(server, found, region="us-east-1", chains=None):
    """Every signature by openssl, every link and every hash; each log file of the region in exactly one digest. `chains`: how many there
    must be; one more begins after each StopLogging. Returns the digests."""
    keys = {key["Fingerprint"]: key["Value"] for key in server.client("cloudtrail", region=region).list_public_keys(
        StartTime=0, EndTime=4102444800)["PublicKeyList"]}
    digests = sorted((json.loads(gzip.decompress(body)) | {"key": key, "text": gzip.decompress(body), "metadata": metadata}
                      for key, (body, metadata) in found.items() if (name := DIGEST_KEY.match(key)) and name["region"] == region),
                     key=lambda digest: digest["digestEndTime"])
    named, last = set(), None
    for digest in digests:
        assert digest["digestS3Object"] == digest["key"]
        previous = digest["previousDigestSignature"]
        signed = "\n".join([digest["digestEndTime"], digest["digestS3Bucket"] + "/" + digest["digestS3Object"],
                            hashlib.sha256(digest["text"]).hexdigest(), previous or "null"])
        value = keys[digest["digestPublicKeyFingerprint"]]
        value = base64.b64decode(value) if isinstance(value, str) else value
        assert digest["metadata"]["signature-algorithm"] == "SHA256withRSA" == digest["digestSignatureAlgorithm"]
        assert verifies(value, signed.encode(), bytes.fromhex(digest["metadata"]["signature"])), digest["key"]
        if previous:
            assert last and digest["previousDigestS3Object"] == last["key"] and previous == last["metadata"]["signature"]
            assert digest["previousDigestHashValue"] == hashlib.sha256(last["text"]).hexdigest()
            assert digest["digestStartTime"] == last["digestEndTime"]
        for file in digest["logFiles"]:
            assert file["s3Object"] not in named, f"{file['s3Object']} is in two digests"
            named.add(file["s3Object"])
            assert file["hashValue"] == hashlib.sha256(gzip.decompress(found[file["s3Object"]][0])).hexdigest()
        last = digest
    files = {key for key in found if (name := LOG_KEY.match(key)) and name["region"] == region}
    assert files == named, f"in no digest: {files - named}; not there: {named - files}"
    begun = [digest["key"] for digest in digests if not digest["previousDigestSignature"]]
    assert chains in (None, len(begun)), f"the chain is broken: {begun}"
    return digests


def wanted(texts, trail="first", wants=lambda record: record["managementEvent"]):
    """event id -> text of what a trail must have, of the whole history's texts: from its first StartLogging to its last StopLogging."""
    records = [json.loads(text) for text in texts]
    turns = [at for at, record in enumerate(records) if record["eventName"] in ("StartLogging", "StopLogging") and "errorCode" not in record
             and record["requestParameters"]["name"] == trail]
    first, last = turns[0], turns[-1]
    assert (records[first]["eventName"], records[last]["eventName"]) == ("StartLogging", "StopLogging")
    return {record["eventID"]: text for record, text in zip(records[first:last + 1], texts[first:last + 1]) if wants(record)}


def wait_until_whole(read, ids, timeout=60):
    """Returns what read() finds (key -> (bytes, metadata)) once all these events are in log files and all log files are in digests, or
    what there is at the end of the time: the checks say what is missing."""
    def whole():
        found = read()
        logs = {key for key in found if LOG_KEY.match(key)}
        named = {file["s3Object"] for key, (body, _) in found.items() if DIGEST_KEY.match(key) for file in json.loads(gzip.decompress(body))["logFiles"]}
        return found if ids <= records_in_files(found).keys() and logs == named else None
    return eventually(whole, timeout) or read()


def verifies(pkcs1_der, message, signature):
    with tempfile.TemporaryDirectory() as place:
        for name, content in (("key", pkcs1_der), ("message", message), ("signature", signature)):
            with open(f"{place}/{name}", "wb") as file:
                file.write(content)
        subprocess.run(["openssl", "rsa", "-RSAPublicKey_in", "-inform", "DER", "-in", f"{place}/key", "-pubout", "-out", f"{place}/pem"],
                       check=True, capture_output=True)
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", f"{place}/pem", "-signature", f"{place}/signature", f"{place}/message"],
                              capture_output=True)
        return done.returncode == 0


def history(server):
    """Records of all events, oldest first, as (cursor order) texts."""
    return [event["CloudTrailEvent"] for event in reversed(all_events(server))]


def wait_for_end(server, bucket="logs", timeout=60):
    """After StopLogging: returns when its event is in a file, and every file in a digest."""
    def is_done():
        found = objects(server, bucket)
        named = {file["s3Object"] for key, (body, _) in found.items() if DIGEST_KEY.match(key)
                 for file in json.loads(gzip.decompress(body))["logFiles"]}
        names = {json.loads(text)["eventName"] for text in records_in_files(found).values()}
        return "StopLogging" in names and named == {key for key in found if LOG_KEY.match(key)}
    assert eventually(is_done, timeout), server.output()


def backlog(server):
    """Files that were cut and are not in their bucket yet."""
    text = server.get("/_cairn/metrics")[1].decode()
    return int(re.search(r"^cairn_delivery_outgoing (\d+)", text, re.M)[1])
