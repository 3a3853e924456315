"""Forms of browsers: boto3's presigned POST, what its policy allows and what not, the answers a browser gets, and what is recorded."""
import base64
import json
import os
import unittest
import urllib.error
import urllib.request

from server import Server, all_records


def form(fields, file, filename="f.txt", boundary="----boundary", after=()):
    """multipart/form-data as browsers write it; `after`: fields behind the file."""
    body = b""
    for name, value in list(fields.items()) + [(None, None)] + list(after):
        if name is None:
            name_of_file = "" if filename is None else f'; filename="{filename}"\r\nContent-Type: text/html'
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"{name_of_file}\r\n\r\n'.encode() + file + b"\r\n"
        else:
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def post(url, body, headers):
    try:
        with urllib.request.build_opener(NoRedirect).open(urllib.request.Request(url, data=body, headers=headers), timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


class FormTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.s3 = cls.server.client("s3", signature_version="s3v4")
        cls.s3.create_bucket(Bucket="drop")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def signed(self, key="k", bucket="drop", client=None, **more):
        return (client or self.s3).generate_presigned_post(bucket, key, **more)

    def send(self, signed, file=b"the file", **more):
        return post(signed["url"], *form(signed["fields"], file, **more))

    def test_a_file_comes_in(self):
        status, headers, body = self.send(self.signed("a/b"), b"the file")
        self.assertEqual((status, body), (204, ""))
        self.assertEqual(headers["Location"], f"{self.server.endpoint}/drop/a%2Fb")
        got = self.s3.get_object(Bucket="drop", Key="a/b")
        self.assertEqual((got["Body"].read(), got["ContentType"], got["ETag"]), (b"the file", "binary/octet-stream", headers["ETag"]))

    def test_files_of_any_size_and_content(self):
        for size in (0, 1, 65_535, 65_536, 65_537, 3_000_000):
            file = (b"\r\n------bound\r\n--" + os.urandom(size))[:size]
            status, headers, body = self.send(self.signed(f"size-{size}"), file)
            self.assertEqual(status, 204, body)
            self.assertEqual(self.s3.get_object(Bucket="drop", Key=f"size-{size}")["Body"].read(), file)

    def test_fields_are_what_headers_are_to_a_put(self):
        fields = {"Content-Type": "text/plain", "x-amz-meta-Colour": "red", "tagging": "<Tagging><TagSet><Tag><Key>a b</Key><Value>c d"
                  "</Value></Tag></TagSet></Tagging>", "x-amz-storage-class": "STANDARD_IA", "x-amz-server-side-encryption": "AES256",
                  "Cache-Control": "no-store", "x-amz-checksum-algorithm": "SHA256"}
        checksum = base64.b64encode(__import__("hashlib").sha256(b"the file").digest()).decode()
        fields["x-amz-checksum-sha256"] = checksum
        signed = self.signed("with-fields", Fields=fields, Conditions=[{name: value} for name, value in fields.items()])
        status, _, body = self.send(signed)
        self.assertEqual(status, 204, body)
        head = self.s3.head_object(Bucket="drop", Key="with-fields", ChecksumMode="ENABLED")
        self.assertEqual((head["ContentType"], head["Metadata"], head["StorageClass"], head["CacheControl"], head["ChecksumSHA256"]),
                         ("text/plain", {"colour": "red"}, "STANDARD_IA", "no-store", checksum))
        self.assertEqual(self.s3.get_object_tagging(Bucket="drop", Key="with-fields")["TagSet"], [{"Key": "a b", "Value": "c d"}])
        status, _, body = self.send(signed, b"other bytes")
        self.assertEqual(status, 400)
        self.assertIn("<Code>BadDigest</Code>", body)

    def test_the_files_name_is_filled_in(self):
        signed = self.signed("up/${filename}", Fields={"x-amz-meta-name": "${filename}"},
                             Conditions=[["starts-with", "$x-amz-meta-name", ""]])
        self.assertEqual(self.send(signed, filename="C:\\My Files\\cat.png")[0], 204)
        self.assertEqual(self.s3.head_object(Bucket="drop", Key="up/cat.png")["Metadata"], {"name": "cat.png"})

    def test_answers_as_the_form_wants_them(self):
        def answer(file=b"x", **fields):
            conditions = [{name: value} for name, value in fields.items()]
            return self.send(self.signed("answer", Fields=fields, Conditions=conditions), file)
        self.assertEqual(answer(success_action_status="200")[0], 200)
        status, headers, body = answer(success_action_status="201")
        self.assertEqual((status, headers["Content-Type"]), (201, "application/xml"))
        self.assertIn(f"<PostResponse><Location>{self.server.endpoint}/drop/answer</Location><Bucket>drop</Bucket><Key>answer</Key><ETag>",
                      body)
        self.assertEqual(answer(success_action_status="404")[0], 204)
        status, headers, _ = answer(success_action_redirect="https://app.example/done?x=1#top")
        self.assertEqual(status, 303)
        self.assertEqual(headers["Location"], "https://app.example/done?x=1&bucket=drop&key=answer&etag="
                         "%229dd4e461268c8034f5c8564e155c67a6%22#top")
        self.assertEqual(answer(success_action_redirect="/relative")[0], 204)

    def refused(self, status, code, signed, file=b"the file", message=None, **more):
        answer = self.send(signed, file, **more)
        self.assertEqual(answer[0], status, answer[2])
        self.assertIn(f"<Code>{code}</Code>", answer[2])
        if message:
            self.assertIn(f"<Message>{message}</Message>", answer[2])
        return answer[2]

    def test_what_the_policy_does_not_allow(self):
        denied = "Invalid according to Policy: "
        self.refused(403, "AccessDenied", self.signed(ExpiresIn=-1), message=denied + "Policy expired.")
        signed = self.signed("user/a")
        signed["fields"]["key"] = "other"
        self.refused(403, "AccessDenied", signed, message=denied + "Policy Condition failed: [&quot;eq&quot;, &quot;$key&quot;, &quot;user/a&quot;]")
        signed = self.signed()
        signed["fields"]["acl"] = "public-read"
        self.refused(403, "AccessDenied", signed, message=denied + "Extra input fields: acl")
        signed["fields"] = {**self.signed()["fields"], "x-ignore-me": "1"}
        self.assertEqual(self.send(signed)[0], 204)
        signed = self.signed("sized", Conditions=[["content-length-range", 5, 10]])
        body = self.refused(400, "EntityTooLarge", signed, b"a" * 12)
        self.assertIn("<ProposedSize>12</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>", body)
        body = self.refused(400, "EntityTooLarge", signed, b"a" * 200_000)
        self.assertIn("<ProposedSize>200000</ProposedSize>", body)
        body = self.refused(400, "EntityTooSmall", signed, b"a")
        self.assertIn("<ProposedSize>1</ProposedSize><MinSizeAllowed>5</MinSizeAllowed>", body)
        self.assertEqual(self.send(signed, b"a" * 10)[0], 204)
        other = self.signed()
        other["url"] = other["url"].replace("/drop", "/another")
        self.refused(403, "AccessDenied", other)

    def test_what_proves_nothing(self):
        signed = self.signed()
        signed["fields"]["policy"] = signed["fields"]["policy"][:-2]
        body = self.refused(403, "SignatureDoesNotMatch", signed)
        self.assertIn(f"<StringToSign>{signed['fields']['policy']}</StringToSign>", body)
        for name, shown in (("x-amz-signature", "X-Amz-Signature"), ("x-amz-algorithm", "X-Amz-Algorithm")):
            signed = self.signed()
            del signed["fields"][name]
            self.refused(400, "InvalidArgument", signed, message=f"Bucket POST must contain a field named '{shown}'.  If it is specified, "
                         "please check the order of the fields.")
        signed = self.signed()
        signed["fields"] = {name: signed["fields"][name] for name in ("key", "policy")}
        self.refused(403, "AccessDenied", signed, message="Access Denied")
        self.refused(403, "AccessDenied", {"url": signed["url"], "fields": {"key": "k"}}, message="Access Denied")
        signed = self.signed()
        signed["fields"]["x-amz-credential"] = "AKIANOSUCHKEY0000000" + signed["fields"]["x-amz-credential"][20:]
        self.refused(403, "InvalidAccessKeyId", signed)

    def test_what_is_no_such_form(self):
        signed = self.signed()
        status, _, body = post(signed["url"], b"x=1", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(status, 412)
        self.assertIn("<Condition>Bucket POST must be of the enclosure-type multipart/form-data</Condition>", body)
        whole, headers = form(signed["fields"], b"the file")
        for cut in (whole[:-30], whole[:200], b"nothing of the kind"):
            status, _, body = post(signed["url"], cut, headers)
            self.assertEqual(status, 400)
            self.assertIn("<Code>MalformedPOSTRequest</Code>", body)
        no_key = {name: value for name, value in signed["fields"].items() if name != "key"}
        self.refused(400, "InvalidArgument", {"url": signed["url"], "fields": no_key})
        no_file = whole.replace(b'name="file"', b'name="other"')
        self.assertIn("POST requires exactly one file upload per request.", post(signed["url"], no_file, headers)[2])
        self.refused(400, "MaxPostPreDataLengthExceededError", {"url": signed["url"], "fields": {**signed["fields"], "x-ignore-a": "a" * 21_000}})
        line = self.signed(Fields={"x-amz-meta-a": "b\r\nSet-Cookie: c"}, Conditions=[["starts-with", "$x-amz-meta-a", ""]])
        self.refused(400, "InvalidArgument", line)

    def test_the_signers_permissions_decide_and_the_event_is_post_object(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="web")
        key = iam.create_access_key(UserName="web")["AccessKey"]
        client = self.server.client("s3", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"], signature_version="s3v4")
        self.refused(403, "AccessDenied", self.signed("web/a", client=client))
        iam.put_user_policy(UserName="web", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::drop/web/*",
             "Condition": {"StringEquals": {"s3:authType": "POST"}}}]}))
        self.assertEqual(self.send(self.signed("web/a", client=client))[0], 204)
        self.refused(403, "AccessDenied", self.signed("elsewhere", client=client))
        self.server.settle()
        events = [e for e in all_records(self.server) if e["eventName"] == "PostObject" and e["requestParameters"].get("key") == "web/a"]
        denied, done = events
        self.assertEqual(denied["errorCode"], "AccessDenied")
        self.assertEqual((done["userIdentity"]["userName"], done["managementEvent"], done["readOnly"]), ("web", False, False))
        self.assertEqual(done["requestParameters"]["bucketName"], "drop")
        self.assertEqual(done["resources"][0]["ARN"], "arn:aws:s3:::drop/web/a")
        text = json.dumps(done)
        self.assertNotIn("x-amz-signature", text)

    def test_anyone_may_where_the_bucket_says_so(self):
        self.s3.create_bucket(Bucket="open")
        self.s3.delete_public_access_block(Bucket="open")
        self.s3.put_bucket_policy(Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::open/*"}]}))
        status, _, body = post(f"{self.server.endpoint}/open", *form({"key": "k"}, b"anyone's", after=[("submit", "Send")]))
        self.assertEqual(status, 204, body)
        self.assertEqual(self.s3.get_object(Bucket="open", Key="k")["Body"].read(), b"anyone's")

    def test_locks_and_versions_hold(self):
        self.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        fields = {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": "2099-01-01T00:00:00Z",
                  "x-amz-checksum-crc32": base64.b64encode(__import__("zlib").crc32(b"the file").to_bytes(4, "big")).decode()}
        signed = self.signed("k", "locked", Fields=fields, Conditions=[{name: value} for name, value in fields.items()])
        status, headers, body = self.send(signed)
        self.assertEqual(status, 204, body)
        retention = self.s3.get_object_retention(Bucket="locked", Key="k", VersionId=headers["x-amz-version-id"])["Retention"]
        self.assertEqual(retention["Mode"], "GOVERNANCE")


if __name__ == "__main__":
    unittest.main()
