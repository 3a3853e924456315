"""AssumeRoleWithWebIdentity through boto3, against an OpenID Connect provider of our own that speaks TLS."""
import base64
import hashlib
import http.server
import json
import pathlib
import random
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from compat.iam_test import allow, policy
from server import Server, all_records

ACCOUNT = "000000000000"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n):
    return encode(n.to_bytes((n.bit_length() + 7) // 8, "big"))


class Provider:
    """Serves /.well-known/openid-configuration and its keys over TLS, with a certificate that only its thumbprint vouches for."""

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cairn-oidc-"))
        certificate, key = self.directory / "cert.pem", self.directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key,
                        "-out", certificate, "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True, timeout=60)
        self.thumbprint = hashlib.sha1(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()
        self.rsa, self.ec = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
        self.asked, self.documents = [], {}
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                provider.asked.append(self.path)
                document = provider.documents.get(self.path)
                body = json.dumps(document or {}).encode()
                self.send_response(200 if document is not None else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.name = f"localhost:{self.server.server_port}/id/ONE"
        self.url = f"https://{self.name}"
        self.documents["/id/ONE/.well-known/openid-configuration"] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.publish("one")
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def publish(self, key_id):
        public, point = self.rsa.public_key().public_numbers(), self.ec.public_key().public_numbers()
        self.documents["/id/ONE/keys"] = {"keys": [
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id, "n": number(public.n), "e": number(public.e)},
            {"kty": "EC", "use": "sig", "crv": "P-256", "kid": key_id + "-ec", "x": encode(point.x.to_bytes(32, "big")),
             "y": encode(point.y.to_bytes(32, "big"))}]}
        self.key_id = key_id

    def token(self, algorithm="RS256", key=None, header=None, **claims):
        now = int(time.time())
        claims = {"iss": self.url, "aud": "sts.amazonaws.com", "sub": "app", "iat": now, "exp": now + 600, **claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        head = {"alg": algorithm, "kid": self.key_id + ("-ec" if algorithm == "ES256" else ""), **(header or {})}
        signed = f"{encode(json.dumps(head).encode())}.{encode(json.dumps(claims).encode())}"
        if algorithm == "ES256":
            r, s = utils.decode_dss_signature(self.ec.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        else:
            signature = (key or self.rsa).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encode(signature)}"


class WebIdentity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.iam = cls.server.client("iam")
        cls.sts = boto3.client("sts", endpoint_url=cls.server.endpoint, region_name="us-east-1",
                               config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0}))

    def setUp(self):
        self.provider = Provider().__enter__()
        self.addCleanup(self.provider.__exit__)
        self.arn = self.iam.create_open_id_connect_provider(Url=self.provider.url, ClientIDList=["sts.amazonaws.com", "other"],
                                                            ThumbprintList=[self.provider.thumbprint])["OpenIDConnectProviderArn"]
        self.addCleanup(self.iam.delete_open_id_connect_provider, OpenIDConnectProviderArn=self.arn)
        self.role = self.make_role({f"{self.provider.name}:aud": "sts.amazonaws.com"})

    def make_role(self, equals, *actions):
        name = f"web-{random.randrange(1 << 40)}"
        statement = {"Effect": "Allow", "Principal": {"Federated": self.arn}, "Action": ["sts:AssumeRoleWithWebIdentity", *actions],
                     "Condition": {"StringEquals": equals}}
        return self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(statement))["Role"]["Arn"]

    def assume(self, token, role=None, **more):
        return self.sts.assume_role_with_web_identity(RoleArn=role or self.role, RoleSessionName="app-1", WebIdentityToken=token, **more)

    def refused(self, code, token, role=None, **more):
        with self.assertRaises(ClientError) as caught:
            self.assume(token, role, **more)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception)
        return caught.exception.response["Error"]["Message"]

    def test_a_token_for_a_session(self):
        for algorithm in ("RS256", "ES256"):
            answer = self.assume(self.provider.token(algorithm), DurationSeconds=900)
            self.assertEqual((answer["SubjectFromWebIdentityToken"], answer["Audience"], answer["Provider"]), ("app", "sts.amazonaws.com", self.arn))
            key = answer["Credentials"]
            mine = boto3.client("sts", endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=key["AccessKeyId"],
                                aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key["SessionToken"])
            self.assertEqual(mine.get_caller_identity()["Arn"], answer["AssumedRoleUser"]["Arn"])
        record = [r for r in all_records(self.server) if r["eventName"] == "AssumeRoleWithWebIdentity" and r["requestParameters"]
                  and r["requestParameters"]["roleArn"] == self.role][-1]
        self.assertEqual(list(record["userIdentity"]), ["type", "principalId", "userName", "identityProvider"])
        self.assertEqual(record["requestParameters"], {"roleArn": self.role, "roleSessionName": "app-1", "durationSeconds": 900})
        self.assertEqual(record["recipientAccountId"], ACCOUNT)
        self.assertEqual(record["resources"], [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": self.role}])
        self.assertEqual(record["responseElements"]["provider"], self.arn)
        self.assertLessEqual(len(self.provider.asked), 4, "the keys are kept")

    def test_what_the_token_says_decides(self):
        message = self.refused("AccessDenied", self.provider.token(aud="other"))
        self.assertEqual(message, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        denied = [r for r in all_records(self.server) if r["eventName"] == "AssumeRoleWithWebIdentity" and r.get("errorCode")][-1]
        self.assertEqual((denied["errorCode"], denied["userIdentity"]["type"], denied["userIdentity"]["userName"]),
                         ("AccessDenied", "WebIdentityUser", "app"))
        by_subject = self.make_role({f"{self.provider.name}:sub": "repo:me/mine:ref:refs/heads/main"})
        self.refused("AccessDenied", self.provider.token(sub="repo:me/mine:ref:refs/heads/other"), by_subject)
        self.assume(self.provider.token(sub="repo:me/mine:ref:refs/heads/main"), by_subject)
        self.refused("AccessDenied", self.provider.token(), f"arn:aws:iam::{ACCOUNT}:role/nobody-knows-it")

    def test_tokens_that_are_none(self):
        before = len(all_records(self.server))
        now = int(time.time())
        token = self.provider.token()
        self.assertIn("not a valid JWT", self.refused("InvalidIdentityToken", "an access token"))
        self.assertEqual(self.refused("InvalidIdentityToken", self.provider.token(aud="unknown")), "Incorrect token audience")
        self.assertIn("No OpenIDConnect provider found in your account for https://elsewhere",
                      self.refused("InvalidIdentityToken", self.provider.token(iss="https://elsewhere")))
        self.refused("ExpiredTokenException", self.provider.token(exp=now - 1))
        self.refused("InvalidIdentityToken", self.provider.token(nbf=now + 3600))
        self.refused("InvalidIdentityToken", self.provider.token(iat=now + 3600))
        for claim in ("exp", "iat", "sub", "aud"):
            self.assertEqual(self.refused("InvalidIdentityToken", self.provider.token(**{claim: None})), f"Missing a required claim: {claim}")
        self.refused("InvalidIdentityToken", self.provider.token(key=rsa.generate_private_key(65537, 2048)))
        self.refused("InvalidIdentityToken", self.provider.token(header={"kid": "another"}))
        head, claims, signature = token.split(".")
        none = encode(json.dumps({"alg": "none"}).encode())
        for forged in (f"{none}.{claims}.", f"{none}.{claims}.{signature}", f"{head}.{claims}.", f"{head}.{claims}.{encode(b'x' * 256)}"):
            self.refused("InvalidIdentityToken", forged)
        # A shared secret that everybody knows is no secret: HS256 with the public key as its key.
        self.refused("InvalidIdentityToken", f"{encode(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{claims}.{signature}")
        chance, letters = random.Random(5), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for _ in range(500):
            at = chance.randrange(len(token) - 2)  # the last letter has bits to spare
            letter = chance.choice(letters)
            if letter == token[at] or token[at] == ".":
                continue
            self.refused("InvalidIdentityToken", token[:at] + letter + token[at + 1:])
        self.assertEqual(len(all_records(self.server)), before, "who proves nothing leaves no record")
        self.assume(token)
        self.assertLessEqual(len(self.provider.asked), 4, "strangers cannot make the server ask again and again")

    def test_whom_to_believe(self):
        self.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=self.arn, ThumbprintList=["0" * 40])
        self.assertIn("certificate doesn't match configured thumbprint", self.refused("InvalidIdentityToken", self.provider.token()))
        self.iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=self.arn, ThumbprintList=[self.provider.thumbprint])
        self.assume(self.provider.token())

    def test_a_provider_that_says_nothing_of_use(self):
        self.provider.documents["/id/ONE/.well-known/openid-configuration"]["issuer"] = "https://somebody.else"
        self.assertIn("Couldn't retrieve verification key", self.refused("InvalidIdentityToken", self.provider.token()))

    def test_a_provider_that_is_gone(self):
        self.provider.server.shutdown()
        self.provider.server.server_close()
        self.refused("IDPCommunicationError", self.provider.token())

    def test_tags_and_source_identity_of_the_token(self):
        claims = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]},
                  "https://aws.amazon.com/source_identity": "Alice"}
        self.refused("AccessDenied", self.provider.token(**claims))
        role = self.make_role({f"{self.provider.name}:aud": "sts.amazonaws.com"}, "sts:TagSession", "sts:SetSourceIdentity")
        self.iam.put_role_policy(RoleName=role.split("/")[-1], PolicyName="p", PolicyDocument=policy(
            allow("s3:ListAllMyBuckets", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "Alice"}})))
        answer = self.assume(self.provider.token(**claims), role)
        self.assertEqual(answer["SourceIdentity"], "Alice")
        key = answer["Credentials"]
        boto3.client("s3", endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=key["AccessKeyId"],
                     aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key["SessionToken"]).list_buckets()
        record = [r for r in all_records(self.server) if r["eventName"] == "AssumeRoleWithWebIdentity" and not r.get("errorCode")][-1]
        self.assertEqual(record["requestParameters"]["principalTags"], {"team": "blue"})
        self.assertEqual(record["requestParameters"]["transitiveTagKeys"], ["team"])

    def test_only_this_operation_needs_no_signature(self):
        for call, arguments in (("get_caller_identity", {}), ("get_session_token", {}),
                                ("assume_role", {"RoleArn": self.role, "RoleSessionName": "no"})):
            with self.assertRaises(ClientError) as caught:
                getattr(self.sts, call)(**arguments)
            self.assertEqual(caught.exception.response["Error"]["Code"], "MissingAuthenticationToken")


if __name__ == "__main__":
    unittest.main()
