"""TLS, seen from boto3 and the AWS CLI, and what records say of it."""
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest

import botocore.exceptions
from botocore.exceptions import ClientError

from server import Server, all_records, other_aws


def make_certificate(directory):
    """(certificate, key) for 127.0.0.1, signed by itself."""
    certificate, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", certificate,
                    "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True, capture_output=True, timeout=60)
    return str(certificate), str(key)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-tls-"))
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.certificate, key = make_certificate(directory)
        cls.server = Server("--tls-cert", cls.certificate, "--tls-key", key, ca=cls.certificate).__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.host = cls.server.endpoint.split("//")[1]

    def record(self, request_id):
        [record] = [record for record in all_records(self.server) if record["requestID"] == request_id]
        return record

    def test_boto3(self):
        self.assertTrue(self.server.endpoint.startswith("https://"))
        s3 = self.server.client("s3")
        created = s3.create_bucket(Bucket="stones")["ResponseMetadata"]["RequestId"]
        put = s3.put_object(Bucket="stones", Key="k", Body=b"granite" * 50_000)["ResponseMetadata"]["RequestId"]
        self.assertEqual(s3.get_object(Bucket="stones", Key="k")["Body"].read(), b"granite" * 50_000)
        called = self.server.client("sts").get_caller_identity()["ResponseMetadata"]["RequestId"]
        for request_id in (created, put, called):
            record = self.record(request_id)
            self.assertEqual(record["tlsDetails"], {"tlsVersion": "TLSv1.3", "cipherSuite": record["tlsDetails"]["cipherSuite"],
                                                    "clientProvidedHostHeader": self.host})
            self.assertRegex(record["tlsDetails"]["cipherSuite"], "^TLS_(AES|CHACHA20)_")
            self.assertEqual(list(record)[-1], "tlsDetails")
            if request_id != called:
                self.assertEqual(record["additionalEventData"]["CipherSuite"], record["tlsDetails"]["cipherSuite"])
        [event] = self.server.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateBucket"}])["Events"]
        self.assertEqual(json.loads(event["CloudTrailEvent"])["tlsDetails"], self.record(created)["tlsDetails"])

    def test_versions(self):
        for version, name, cipher in ((ssl.TLSVersion.TLSv1_2, "TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3", None)):
            context = ssl.create_default_context(cafile=self.certificate)
            context.minimum_version = context.maximum_version = version
            if cipher:
                context.set_ciphers(cipher)
            with socket.create_connection(self.host.split(":"), timeout=10) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                self.assertEqual(secure.version(), name)
                used = secure.cipher()[0]
                secure.sendall(self.signed_call())
                answer = secure.recv(65536).decode()
            self.assertTrue(answer.startswith("HTTP/1.1 200"), answer)
            request_id = next(line.split(": ")[1] for line in answer.split("\r\n") if line.lower().startswith("x-amzn-requestid"))
            self.assertEqual(self.record(request_id)["tlsDetails"], {"tlsVersion": name, "cipherSuite": used, "clientProvidedHostHeader": self.host})

    def signed_call(self):
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        request = AWSRequest("POST", self.server.endpoint + "/", data=body, headers={"Host": self.host, "Content-Type": "application/x-www-form-urlencoded"})
        SigV4Auth(Credentials(self.server.access_key, self.server.secret_key), "sts", "us-east-1").add_auth(request)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        return f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def test_old_versions_are_refused(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with socket.create_connection(self.host.split(":"), timeout=10) as plain, self.assertRaises(ssl.SSLError):
            context.wrap_socket(plain)

    def test_plain_http_gets_no_answer(self):
        with socket.create_connection(self.host.split(":"), timeout=10) as plain:
            plain.sendall(b"GET /_cairn/health HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                self.assertNotIn(b" 200 ", plain.recv(4096))
            except ConnectionResetError:
                pass
        self.assertEqual(self.server.get("/_cairn/health")[0], 200)

    def test_a_client_that_does_not_trust_the_certificate_stays_away(self):
        import boto3
        stranger = boto3.client("sts", endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        with self.assertRaises(botocore.exceptions.SSLError):
            stranger.get_caller_identity()
        with self.assertRaises(ClientError):
            self.server.client("sts", access_key="AKIAIOSFODNN7EXAMPLE").get_caller_identity()

    def run_cli(self, binary):
        answer = json.loads(self.server.aws("sts", "get-caller-identity", "--output", "json", binary=binary).stdout)
        self.assertEqual(answer["Arn"], "arn:aws:iam::000000000000:user/admin")
        bucket = "cli-" + ("new" if binary != "/usr/bin/aws" else "debian")
        self.server.aws("s3", "mb", f"s3://{bucket}", binary=binary)
        self.server.aws("s3", "cp", self.certificate, f"s3://{bucket}/cert.pem", binary=binary)
        out = self.server.aws("s3", "cp", f"s3://{bucket}/cert.pem", "-", binary=binary).stdout
        self.assertEqual(out, pathlib.Path(self.certificate).read_text())

    def test_debian_cli(self):
        self.run_cli("/usr/bin/aws")

    @unittest.skipUnless(other_aws(), "no newer AWS CLI on this machine")
    def test_newer_cli(self):
        self.run_cli(other_aws())

    def test_our_own_client(self):
        from server import BINARY
        env = self.server.environment(CAIRN_DATA=str(self.server.data))
        done = subprocess.run([BINARY, "lookup", "--output", "json"], env=env, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        del env["AWS_CA_BUNDLE"]
        done = subprocess.run([BINARY, "lookup"], env=env, capture_output=True, text=True, timeout=30)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("certificate", done.stderr)


if __name__ == "__main__":
    unittest.main()
