"""`cairn fsck` and the scrubber: each kind of damage is found, nothing sound is complained of, and what is repaired stays repaired."""
import os
import pathlib
import re
import sqlite3
import subprocess
import time
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server, eventually

MIB = 1 << 20


def fsck(data, *options, expect):
    done = subprocess.run([BINARY, "fsck", "--data-dir", str(data), *options], capture_output=True, text=True, timeout=120)
    assert done.returncode == expect, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def blobs(data):
    return sorted(path for path in (pathlib.Path(data) / "objects").rglob("*") if path.is_file() and len(path.name) == 32)


def flip(path, at):
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


class Fsck(unittest.TestCase):
    def setUp(self):
        self.server = Server("--set", "scrub.bytes_per_second=0", "--set", "logs.tail_bytes=64KB")
        self.server.start()
        self.addCleanup(lambda: self.server.__exit__())
        self.s3 = self.server.client("s3")
        self.s3.create_bucket(Bucket="box")
        self.s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})

    def put(self, key, size, **more):
        return self.s3.put_object(Bucket="box", Key=key, Body=os.urandom(size), **more)

    def stop(self):
        self.server.stop()
        return self.server.data

    def fill(self):
        """Objects of all kinds; the only blob is of `large`."""
        key = self.server.client("kms").create_key()["KeyMetadata"]["Arn"]
        for name in ("a", "a", "a b", "deep/er"):
            self.put(name, 100)
        self.put("empty", 0)
        self.put("kms", 1000, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        self.put("customer", 1000, SSECustomerAlgorithm="AES256", SSECustomerKey=os.urandom(32))
        self.put("large", 300_000)
        upload = self.s3.create_multipart_upload(Bucket="box", Key="parts")["UploadId"]
        self.s3.upload_part(Bucket="box", Key="parts", UploadId=upload, PartNumber=1, Body=b"x")

    def test_all_is_well(self):
        self.fill()
        self.assertEqual(fsck(self.server.data, expect=3).count("stop it first"), 1, "the server is at it")
        data = self.stop()
        self.assertRegex(fsck(data, expect=0), r"8 contents of .* 0 findings")
        self.assertEqual(fsck("/nowhere/at/all", expect=3).count("no data directory"), 1)
        self.server.start()
        self.assertEqual(len(self.server.client("s3").get_object(Bucket="box", Key="large")["Body"].read()), 300_000)

    def test_bits_that_flipped(self):
        self.fill()
        data = self.stop()
        (blob,) = blobs(data)
        for at in (0, 65_536 + 20, blob.stat().st_size - 1 - 4):
            flip(blob, at)
            self.assertIn(f"damaged: blob {blob.name}: it does not match the tag", fsck(data, expect=1))
            flip(blob, at)
        fsck(data, expect=0)
        raw = blob.read_bytes()
        blob.write_bytes(raw[:-1])
        self.assertIn("not as long as its object says", fsck(data, expect=1))
        blob.unlink()
        self.assertIn(f"missing: blob {blob.name}", fsck(data, "--repair", expect=1))
        blob.write_bytes(raw)
        fsck(data, expect=0)

    def test_keys_that_fsck_has_not(self):
        key = self.server.client("kms").create_key()["KeyMetadata"]["Arn"]
        self.put("kms", 200_000, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        self.server.client("kms").disable_key(KeyId=key)
        data = self.stop()
        (blob,) = blobs(data)
        flip(blob, 70_000)
        self.assertIn("it does not match its checksum", fsck(data, expect=1))

    def test_documents(self):
        self.fill()
        data = self.stop()
        database = sqlite3.connect(data / "state.db")
        (table,) = [row[0] for row in database.execute("select name from sqlite_master where type='table'")
                    if {"key", "value"} <= {column[1] for column in database.execute(f"pragma table_info({row[0]})")}]
        def change(prefix, value):
            key, before = database.execute(f"select key, value from {table} where key >= ? order by key limit 1", (prefix,)).fetchone()
            database.execute(f"update {table} set value = ? where key = ?", (value(before), key))
            database.commit()
            return key, before
        key, before = change(b"s3/bytes/", lambda raw: raw[:-1])
        self.assertIn("damaged: s3/bytes/", fsck(data, expect=1))
        change(key, lambda _: before)
        key, before = change(b"s3/object/box/deep", lambda _: b"{")
        report = fsck(data, expect=1)
        self.assertIn("unreadable: s3/object/box/deep/er", report)
        self.assertIn("orphan: s3/bytes/", report)
        change(key, lambda _: before)
        fsck(data, expect=0)

    def test_what_nothing_names_goes(self):
        self.fill()
        data = self.stop()
        stray = data / "objects" / "ab" / ("ab" + "0" * 30)
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"left behind")
        self.assertIn(f"orphan: blob {stray.name}", fsck(data, expect=1))
        self.assertIn("1 of them repaired", fsck(data, "--repair", expect=0))
        self.assertFalse(stray.exists())
        fsck(data, expect=0)
        self.server.start()
        self.assertEqual(len(self.server.client("s3").get_object(Bucket="box", Key="large")["Body"].read()), 300_000)

    def test_a_journal_that_was_changed(self):
        self.fill()
        data = self.stop()
        segments = sorted((data / "journal").glob("*"))
        raw = bytearray(segments[0].read_bytes())
        middle = len(bytes(raw).rstrip(b"\0")) // 2
        raw[middle] ^= 1
        segments[0].write_bytes(raw)
        self.assertIn("damaged: journal", fsck(data, expect=1))

    def test_log_events_that_were_changed(self):
        logs = self.server.client("logs")
        logs.create_log_group(logGroupName="g")
        logs.create_log_stream(logGroupName="g", logStreamName="s")
        for _ in range(4):
            events = [{"timestamp": int(time.time() * 1000), "message": os.urandom(400).hex()} for _ in range(300)]
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
        self.server.settle()
        data = self.stop()
        segment = sorted((data / "logs").glob("*.segment"))[0]
        fsck(data, expect=0)
        flip(segment, segment.stat().st_size // 2)
        self.assertIn(f"damaged: logs/{segment.name}", fsck(data, expect=1))


class Reads(unittest.TestCase):
    def test_a_flipped_bit_is_never_read_and_is_said(self):
        with Server("--set", "scrub.bytes_per_second=0") as server:
            s3 = server.client("s3")
            s3.create_bucket(Bucket="box")
            body = os.urandom(300_000)
            s3.put_object(Bucket="box", Key="large", Body=body)
            (blob,) = blobs(server.data)
            flip(blob, 140_000)
            damaged = lambda: int(re.search(rb"^cairn_damaged_contents_total (\d+)", server.get("/_cairn/metrics")[1], re.M)[1])
            self.assertEqual(damaged(), 0)
            self.assertEqual(s3.get_object(Bucket="box", Key="large", Range="bytes=0-99")["Body"].read(), body[:100])
            with self.assertRaises(ClientError) as caught:
                s3.get_object(Bucket="box", Key="large", Range="bytes=140000-140010")
            self.assertEqual(caught.exception.response["Error"]["Code"], "InternalError")
            with self.assertRaises(Exception):
                s3.get_object(Bucket="box", Key="large")["Body"].read()
            self.assertGreaterEqual(damaged(), 2)
            self.assertIn("stored content is damaged", server.output())

    def test_the_scrubber_finds_it_by_itself(self):
        with Server("--set", "scrub.bytes_per_second=10MB") as server:
            s3 = server.client("s3")
            s3.create_bucket(Bucket="box")
            s3.put_object(Bucket="box", Key="large", Body=os.urandom(300_000))
            metric = lambda name: int(re.search(rf"^cairn_{name} (\d+)", server.get("/_cairn/metrics")[1].decode(), re.M)[1])
            rounds = metric("scrub_rounds_total")
            self.assertTrue(eventually(lambda: metric("scrub_rounds_total") > rounds + 1, timeout=30))
            self.assertGreater(metric("scrubbed_bytes_total"), 300_000)
            self.assertEqual(metric("damaged_contents_total"), 0)
            (blob,) = blobs(server.data)
            flip(blob, 1000)
            self.assertTrue(eventually(lambda: metric("damaged_contents_total") > 0, timeout=30))
            self.assertIn(blob.name, server.output())


if __name__ == "__main__":
    unittest.main()
