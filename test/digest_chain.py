"""A chain of digests in a bucket, written with another library than Cairn's (python3-cryptography) as AWS documents it, and the two calls of
CloudTrail that its validator makes: for tests and benchmarks that need a chain without a trail."""
import base64
import contextlib
import datetime
import gzip
import hashlib
import http.server
import json
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ACCOUNT, TRAIL, REGION, BUCKET, PREFIX = "111122223333", "main", "us-east-1", "trails", "audit"
ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
START = datetime.datetime(2026, 1, 2, 10, 0, 31)


def iso(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Key:
    def __init__(self):
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.der = self.private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        self.fingerprint = hashlib.md5(self.der).hexdigest()

    def listed(self):
        return {"Value": base64.b64encode(self.der).decode(), "Fingerprint": self.fingerprint,
                "ValidityStartTime": 1767000000, "ValidityEndTime": 1767000000 + 2592000}


class Chain:
    """`hours` digests with some log files each, but none in the third; the first half is signed with the first key."""

    def __init__(self, s3, keys, hours=6, files_an_hour=2, records=1):
        self.s3, self.keys, self.hours, self.records = s3, keys, hours, records
        self.logs, self.digests, self.objects = [], [], {}
        previous = {name: None for name in ("previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue",
                                            "previousDigestHashAlgorithm", "previousDigestSignature")}
        for hour in range(hours):
            begin = START + datetime.timedelta(hours=hour)
            end = begin + datetime.timedelta(hours=1)
            step = datetime.timedelta(minutes=50) / files_an_hour
            files = [self.log(begin + step * i + datetime.timedelta(minutes=5), hour * files_an_hour + i)
                     for i in range(0 if hour == 2 else files_an_hour)]
            previous = self.digest(begin, end, files, previous, keys[0 if hour < hours / 2 else 1])
        self.restore()

    def log(self, time, number):
        records = [{"eventID": f"{number:024x}{i:08x}", "eventTime": iso(time)} for i in range(self.records)]
        raw = json.dumps({"Records": records}, separators=(",", ":")).encode()
        key = (f"{PREFIX}/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{time:%Y/%m/%d}/{ACCOUNT}_CloudTrail_{REGION}_{time:%Y%m%dT%H%MZ}_"
               f"{number:08d}abcdEFGH.json.gz")
        self.logs.append(key)
        self.objects[key] = (gzip.compress(raw), {})
        return {"s3Bucket": BUCKET, "s3Object": key, "hashValue": hashlib.sha256(raw).hexdigest(), "hashAlgorithm": "SHA-256",
                "newestEventTime": iso(time), "oldestEventTime": iso(time)}

    def digest(self, begin, end, files, previous, key):
        name = (f"{PREFIX}/AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/{ACCOUNT}_CloudTrail-Digest_{REGION}_{TRAIL}_{REGION}_"
                f"{end:%Y%m%dT%H%M%SZ}.json.gz")
        content = {"awsAccountId": ACCOUNT, "digestStartTime": iso(begin), "digestEndTime": iso(end), "digestS3Bucket": BUCKET,
                   "digestS3Object": name, "digestPublicKeyFingerprint": key.fingerprint, "digestSignatureAlgorithm": "SHA256withRSA",
                   "newestEventTime": files[-1]["newestEventTime"] if files else None,
                   "oldestEventTime": files[0]["oldestEventTime"] if files else None, **previous, "logFiles": files}
        raw = json.dumps(content, separators=(",", ":")).encode()
        signature = self.sign(content, raw, key)
        self.digests.append(name)
        self.objects[name] = (gzip.compress(raw), {"signature": signature, "signature-algorithm": "SHA256withRSA"})
        return {"previousDigestS3Bucket": BUCKET, "previousDigestS3Object": name, "previousDigestHashValue": hashlib.sha256(raw).hexdigest(),
                "previousDigestHashAlgorithm": "SHA-256", "previousDigestSignature": signature}

    @staticmethod
    def sign(content, raw, key):
        text = "\n".join((content["digestEndTime"], f"{content['digestS3Bucket']}/{content['digestS3Object']}", hashlib.sha256(raw).hexdigest(),
                          content["previousDigestSignature"] or "null"))
        return key.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()

    def put(self, key, body, metadata):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)

    def restore(self):
        there = {entry["Key"] for entry in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
        for key in there - set(self.objects):
            self.s3.delete_object(Bucket=BUCKET, Key=key)
        for key, (body, metadata) in self.objects.items():
            self.put(key, body, metadata)

    # Each kind of damage.
    def delete(self, *keys):
        for key in keys:
            self.s3.delete_object(Bucket=BUCKET, Key=key)

    def change(self, key, before, after):
        body, metadata = self.objects[key]
        raw = gzip.decompress(body)
        assert before in raw, raw
        self.put(key, gzip.compress(raw.replace(before, after)), metadata)

    def bytes(self, key, edit):
        body, metadata = self.objects[key]
        self.put(key, edit(body), metadata)

    def metadata(self, key, edit):
        body, metadata = self.objects[key]
        metadata = dict(metadata)
        edit(metadata)
        self.put(key, body, metadata)

    def copy(self, source, target):
        self.put(target, *self.objects[source])

    def resign(self, key, signer):
        content = json.loads(gzip.decompress(self.objects[key][0]))
        content["digestPublicKeyFingerprint"] = signer.fingerprint
        raw = json.dumps(content, separators=(",", ":")).encode()
        self.put(key, gzip.compress(raw), {"signature": self.sign(content, raw, signer), "signature-algorithm": "SHA256withRSA"})


class TrailApi(http.server.BaseHTTPRequestHandler):
    """The two calls of CloudTrail that validate-logs makes."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["X-Amz-Target"].endswith("ListPublicKeys"):
            body = {"PublicKeyList": self.server.keys}
        else:
            body = {"trailList": [{"Name": TRAIL, "TrailARN": ARN, "S3BucketName": BUCKET, "S3KeyPrefix": PREFIX, "HomeRegion": REGION}]}
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def trail_api(keys):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TrailApi)
    server.keys = keys
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
