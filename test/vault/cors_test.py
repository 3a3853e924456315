"""Pages from elsewhere: a bucket's CORS rules, what a browser is told before it calls, and what its page sees of the answers."""
import json
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError

from server import Server, all_records

PAGE = "https://app.example"
RULES = {"CORSRules": [{"AllowedOrigins": [PAGE], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-amz-*", "content-type"],
                        "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 600}]}


class CorsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.s3 = cls.server.client("s3", signature_version="s3v4")
        cls.s3.create_bucket(Bucket="pages")
        cls.s3.put_object(Bucket="pages", Key="a", Body=b"bytes")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def ask(self, method, url, data=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method=method, data=data, headers=headers), timeout=10) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def test_a_page_uploads_and_reads(self):
        self.server.aws("s3api", "put-bucket-cors", "--bucket", "pages", "--cors-configuration", json.dumps(RULES))
        self.assertEqual(json.loads(self.server.aws("s3api", "get-bucket-cors", "--bucket", "pages").stdout), RULES)
        url = self.s3.generate_presigned_url("put_object", {"Bucket": "pages", "Key": "b", "ContentType": "text/plain"})
        # A browser asks with the very URL it is to call, signature and all, and signs nothing itself.
        status, headers, body = self.ask("OPTIONS", url, Origin=PAGE, Access_Control_Request_Method="PUT",
                                         Access_Control_Request_Headers="content-type")
        self.assertEqual((status, body), (200, ""))
        self.assertEqual(headers["Access-Control-Allow-Origin"], PAGE)
        self.assertEqual(headers["Access-Control-Allow-Methods"], "GET, PUT")
        self.assertEqual(headers["Access-Control-Allow-Headers"], "content-type")
        self.assertEqual(headers["Access-Control-Max-Age"], "600")
        self.assertEqual(headers["Access-Control-Allow-Credentials"], "true")
        self.assertEqual(headers["Vary"], "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
        status, headers, _ = self.ask("PUT", url, data=b"from a page", Origin=PAGE, Content_Type="text/plain")
        self.assertEqual((status, headers["Access-Control-Allow-Origin"], headers["Access-Control-Expose-Headers"]), (200, PAGE, "ETag"))
        self.assertEqual(self.s3.get_object(Bucket="pages", Key="b")["Body"].read(), b"from a page")

        # A page learns why it is refused, whatever the reason.
        read = self.s3.generate_presigned_url("get_object", {"Bucket": "pages", "Key": "absent"})
        for url, code in ((read, 404), (read[:-4] + "0000", 403), (f"{self.server.endpoint}/pages/a", 403)):
            status, headers, _ = self.ask("GET", url, Origin=PAGE)
            self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (code, PAGE), url)
        good = self.s3.generate_presigned_url("get_object", {"Bucket": "pages", "Key": "a"})
        for more in ({"Origin": "https://other.example"}, {}):
            status, headers, body = self.ask("GET", good, **more)
            self.assertEqual((status, body, headers["Access-Control-Allow-Origin"]), (200, "bytes", None))

        status, _, body = self.ask("OPTIONS", good, Origin=PAGE, Access_Control_Request_Method="DELETE")
        self.assertEqual(status, 403)
        self.assertIn("<Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.", body)
        self.assertIn("<Method>DELETE</Method><ResourceType>OBJECT</ResourceType>", body)

    def test_without_rules(self):
        self.s3.create_bucket(Bucket="plain")
        with self.assertRaises(ClientError) as refused:
            self.s3.get_bucket_cors(Bucket="plain")
        self.assertEqual(refused.exception.response["Error"]["Code"], "NoSuchCORSConfiguration")
        self.s3.delete_bucket_cors(Bucket="plain")
        status, headers, body = self.ask("OPTIONS", f"{self.server.endpoint}/plain", Origin=PAGE, Access_Control_Request_Method="GET")
        self.assertEqual((status, headers["Access-Control-Allow-Origin"]), (403, None))
        self.assertIn("CORSResponse: CORS is not enabled for this bucket.", body)
        self.assertEqual(self.ask("OPTIONS", f"{self.server.endpoint}/plain")[0], 400)
        self.assertEqual(self.ask("OPTIONS", f"{self.server.endpoint}/nowhere", Origin=PAGE)[0], 403)

    def test_a_preflight_is_a_data_event_of_the_buckets_owner(self):
        self.s3.create_bucket(Bucket="seen")
        self.s3.put_bucket_cors(Bucket="seen", CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]})
        self.ask("OPTIONS", f"{self.server.endpoint}/seen/key", Origin=PAGE, Access_Control_Request_Method="GET")
        event = next(e for e in all_records(self.server)
                     if e["eventName"] == "PreflightRequest" and e["requestParameters"]["bucketName"] == "seen")
        self.assertEqual((event["managementEvent"], event["readOnly"], event["userIdentity"]["accountId"]), (False, True, "ANONYMOUS_PRINCIPAL"))
        self.assertEqual(event["requestParameters"]["bucketName"], "seen")
        self.assertEqual([r["type"] for r in event["resources"]], ["AWS::S3::Object", "AWS::S3::Bucket"])


if __name__ == "__main__":
    unittest.main()
