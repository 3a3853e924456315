"""The newest boto3 from the package index: it sends checksums in trailers by itself, signs through newer code, reads newer models.

The other boto3 tests run again under it; here is only what they cannot ask of an older one."""
import base64
import importlib.util
import os
import pathlib
import subprocess
import sys
import unittest
import zlib

from server import Server, build_directory

PLACE = build_directory() / "newest-boto3"
HERE = pathlib.Path(__file__).resolve().parent


def install():
    """None if it is there, else why not."""
    if (PLACE / "boto3").is_dir() and (PLACE / "awscrt").is_dir():
        return None
    if importlib.util.find_spec("pip") is None:
        return "pip is not on this machine"
    try:
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(PLACE), "boto3[crt]"],
                              capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return "pip did not install boto3 in five minutes"
    return None if done.returncode == 0 else f"pip cannot install boto3: {done.stderr.strip()[-300:]}"


class NewestBoto3(unittest.TestCase):
    def setUp(self):
        if reason := install():
            self.skipTest(reason)

    def run_under_it(self, *arguments):
        env = dict(os.environ, PYTHONPATH=os.pathsep.join([str(PLACE), os.environ.get("PYTHONPATH", "")]), CAIRN_NEWEST_BOTO3="1")
        done = subprocess.run([sys.executable, "-B", "-W", "ignore", *arguments], env=env, capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_it_is_newer(self):
        version = self.run_under_it("-c", "import boto3; print(boto3.__version__)").strip()
        self.assertGreaterEqual(tuple(int(part) for part in version.split(".")[:2]), (1, 36), "checksums by default came with 1.36")

    def test_s3(self):
        self.run_under_it(str(HERE / "s3_test.py"))

    def test_records_and_lookups(self):
        self.run_under_it(str(HERE / "lookup_test.py"))

    def test_authentication(self):
        self.run_under_it(str(HERE / "auth_test.py"))

    def test_queues_by_json(self):
        self.run_under_it(str(HERE / "sqs_test.py"))

    def test_default_checksums(self):
        self.run_under_it(str(pathlib.Path(__file__).resolve()), "DefaultChecksums")


@unittest.skipUnless(os.environ.get("CAIRN_NEWEST_BOTO3"), "run by NewestBoto3")
class DefaultChecksums(unittest.TestCase):
    def test_bodies_with_trailers(self):
        import io
        with Server() as server:
            sent = []
            s3 = server.client("s3")
            s3.meta.events.register("before-send.s3", lambda request, **_: sent.append(dict(request.headers)))
            s3.create_bucket(Bucket="stones")
            crc32 = base64.b64encode(zlib.crc32(b"granite").to_bytes(4, "big")).decode()
            self.assertEqual(s3.put_object(Bucket="stones", Key="small", Body=b"granite")["ChecksumCRC32"], crc32)
            for algorithm in ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"):
                for size in (0, 7, 100_000, 3_000_000):
                    body = os.urandom(size)
                    put = s3.put_object(Bucket="stones", Key="k", Body=io.BytesIO(body), ChecksumAlgorithm=algorithm)
                    got = s3.get_object(Bucket="stones", Key="k", ChecksumMode="ENABLED")
                    self.assertEqual(got["Body"].read(), body)
                    self.assertEqual(put[f"Checksum{algorithm}"], got[f"Checksum{algorithm}"])
                    self.assertEqual(got["ChecksumType"], "FULL_OBJECT")
            s3.put_object(Bucket="stones", Key="k", Body=b"123456789", ChecksumAlgorithm="CRC64NVME")
            # The check value of CRC-64/NVME, big-endian: 0xAE8B14860A799888.
            self.assertEqual(s3.head_object(Bucket="stones", Key="k", ChecksumMode="ENABLED")["ChecksumCRC64NVME"],
                             base64.b64encode(0xAE8B14860A799888.to_bytes(8, "big")).decode())
            with self.assertRaises(s3.exceptions.ClientError) as caught:
                s3.put_object(Bucket="stones", Key="k", Body=b"granite", ChecksumCRC32="AAAAAA==")
            self.assertEqual(caught.exception.response["Error"]["Code"], "BadDigest")

    def test_trailers_over_tls(self):
        """Over TLS the SDK leaves chunks unsigned and puts the checksum behind them."""
        import io
        import shutil
        import tempfile
        from tls_test import make_certificate
        directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-tls-"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        certificate, key = make_certificate(directory)
        with Server("--tls-cert", certificate, "--tls-key", key, ca=certificate) as server:
            sent = []
            s3 = server.client("s3")
            s3.meta.events.register("before-send.s3", lambda request, **_: sent.append({k.lower(): v for k, v in request.headers.items()}))
            s3.create_bucket(Bucket="stones")
            for algorithm in ("CRC32", "CRC64NVME", "SHA256"):
                for size in (0, 7, 65_536, 3_000_000):
                    body = os.urandom(size)
                    s3.put_object(Bucket="stones", Key="k", Body=io.BytesIO(body), ChecksumAlgorithm=algorithm)
                    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in sent[-1].items()}
                    self.assertEqual(headers["x-amz-content-sha256"], "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
                    self.assertIn("aws-chunked", headers["content-encoding"])
                    self.assertEqual(headers["x-amz-trailer"], f"x-amz-checksum-{algorithm.lower()}")
                    got = s3.get_object(Bucket="stones", Key="k", ChecksumMode="ENABLED")
                    self.assertEqual(got["Body"].read(), body)
                    self.assertNotIn("ContentEncoding", got)


if __name__ == "__main__":
    unittest.main()
