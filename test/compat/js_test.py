"""The AWS SDK for JavaScript v3: streams its bodies with checksums in trailers, signs more headers, names targets its own way."""
import json
import subprocess
import unittest

import npm
from server import Server, all_records, build_directory

PACKAGES = ["@aws-sdk/client-cloudtrail", "@aws-sdk/client-s3", "@aws-sdk/client-sts"]
PLACE = build_directory() / "js"

SCRIPT = r"""
import { Readable } from "node:stream";
import { CloudTrailClient, LookupEventsCommand } from "@aws-sdk/client-cloudtrail";
import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { S3Client, CreateBucketCommand, PutObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, DeleteObjectsCommand,
         DeleteBucketCommand, CreateMultipartUploadCommand, UploadPartCommand, CompleteMultipartUploadCommand } from "@aws-sdk/client-s3";

const settings = { endpoint: process.env.ENDPOINT, region: "us-east-1", maxAttempts: 1 };
const s3 = new S3Client({ ...settings, forcePathStyle: true });
const trail = new CloudTrailClient(settings);
const out = {};
out.identity = (await new STSClient(settings).send(new GetCallerIdentityCommand({}))).Arn;
await s3.send(new CreateBucketCommand({ Bucket: "stones" }));
const Bucket = "stones";
out.text = (await s3.send(new PutObjectCommand({ Bucket, Key: "a b/é", Body: "granite" }))).ChecksumCRC32;
const bytes = Buffer.alloc(3000000, "flint");
const stream = () => Readable.from((function* () { for (let i = 0; i < bytes.length; i += 65536) yield bytes.subarray(i, i + 65536); })());
for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"]) {
  const Key = "streamed-" + ChecksumAlgorithm;
  try {
    const answer = await s3.send(new PutObjectCommand({ Bucket, Key, Body: stream(), ContentLength: bytes.length, ChecksumAlgorithm }));
    out[Key] = answer["Checksum" + ChecksumAlgorithm];
  } catch (error) {
    out[Key] = error.name + ": " + error.message;
  }
}
const got = await s3.send(new GetObjectCommand({ Bucket, Key: "streamed-CRC32", ChecksumMode: "ENABLED" }));
out.same = Buffer.compare(bytes, Buffer.from(await got.Body.transformToByteArray())) === 0;
out.length = (await s3.send(new HeadObjectCommand({ Bucket, Key: "a b/é" }))).ContentLength;
const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "parts", ChecksumAlgorithm: "CRC32" }));
const part = await s3.send(new UploadPartCommand({ Bucket, Key: "parts", UploadId, PartNumber: 1, Body: bytes }));
const Parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 }];
out.parts = (await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "parts", UploadId, MultipartUpload: { Parts } }))).ETag;
const failing = async (promise) => { try { await promise; return "let in"; } catch (error) { return error.name; } };
out.full = await failing(s3.send(new DeleteBucketCommand({ Bucket })));
out.missing = await failing(s3.send(new GetObjectCommand({ Bucket, Key: "none" })));
out.wrong = await failing(new CloudTrailClient({ ...settings, credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" } }).send(new LookupEventsCommand({})));
out.badMax = await failing(trail.send(new LookupEventsCommand({ MaxResults: 51 })));
const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
out.keys = listed.Contents.map((one) => one.Key);
out.deleted = (await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: out.keys.map((Key) => ({ Key })) } }))).Deleted.length;
await s3.send(new DeleteBucketCommand({ Bucket }));
for (let tries = 0; tries < 200; tries++) {
  const page = await trail.send(new LookupEventsCommand({ StartTime: new Date(Date.now() - 3600000), MaxResults: 50,
                                                          LookupAttributes: [{ AttributeKey: "ReadOnly", AttributeValue: "false" }] }));
  out.events = page.Events.map((event) => event.EventName);
  out.recent = page.Events.every((event) => Math.abs(Date.now() - event.EventTime) < 120000);
  if (out.events.length >= 3) break;
}
console.log(JSON.stringify(out));
"""


class JavaScript(unittest.TestCase):
    def test_sdk(self):
        if reason := npm.install(PLACE, *PACKAGES):
            self.skipTest(reason)
        script = PLACE / "client.mjs"
        script.write_text(SCRIPT)
        with Server() as server:
            done = subprocess.run(["node", str(script)], env=server.environment(ENDPOINT=server.endpoint), capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr + server.output())
            out = json.loads(done.stdout)
            self.assertEqual(out["identity"], "arn:aws:iam::000000000000:user/admin")
            # CRC-32 of "granite", big-endian, base64.
            import base64
            import zlib
            self.assertEqual(out["text"], base64.b64encode(zlib.crc32(b"granite").to_bytes(4, "big")).decode())
            for algorithm in ("CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"):
                self.assertRegex(out["streamed-" + algorithm], "^[A-Za-z0-9+/]+=*$")
            self.assertEqual((out["same"], out["length"]), (True, 7))
            self.assertRegex(out["parts"], '^"[0-9a-f]{32}-1"$')
            self.assertEqual((out["full"], out["missing"], out["wrong"], out["badMax"]),
                             ("BucketNotEmpty", "NoSuchKey", "UnrecognizedClientException", "InvalidMaxResultsException"))
            self.assertEqual(len(out["keys"]), 7)
            self.assertEqual(out["deleted"], 7)
            self.assertEqual(out["events"], ["DeleteBucket", "DeleteBucket", "CreateBucket"])
            self.assertTrue(out["recent"])
            records = all_records(server)
            self.assertTrue(all("aws-sdk-js/3" in record["userAgent"] for record in records), "every record names the client")
            [put] = [record for record in records if record["requestParameters"] and record["requestParameters"].get("key") == "streamed-CRC32"
                     and record["eventName"] == "PutObject"]
            self.assertEqual(put["additionalEventData"]["bytesTransferredIn"], 3_000_000)
            self.assertEqual(set(put["requestParameters"]), {"bucketName", "Host", "key", "x-id"})


if __name__ == "__main__":
    unittest.main()
