"""Every member of every record, and LookupEvents itself, as boto3 sees them.

What is expected is what AWS documents and what its own records show (docs/formats/record.md)."""
import datetime
import json
import re
import unittest
import urllib.request

from botocore.exceptions import ClientError

from server import Server, all_records

# "CloudTrail record contents", in the order in which AWS delivers them.
MEMBERS = ["eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode",
           "errorMessage", "requestParameters", "responseElements", "additionalEventData", "requestID", "eventID", "readOnly", "resources",
           "eventType", "apiVersion", "managementEvent", "recipientAccountId", "eventCategory", "tlsDetails"]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ACCOUNT = "000000000000"


def java_buckets(names):
    """Where java.util.HashMap, copied once, puts its keys: S3's maps are in that order, ties as they come."""
    def spread(name):
        h = 0
        for unit in name.encode("utf-16-be")[1::2]:
            h = (h * 31 + unit) & 0xFFFFFFFF
        return h ^ (h >> 16)
    table = 1
    while table < int(len(names) / 0.75 + 1):
        table *= 2
    return [spread(name) & (table - 1) for name in names]


class Calls:
    """A client that remembers the user agent it sent last."""

    def __init__(self, server, service, **more):
        self.client = server.client(service, **more)
        self.client.meta.events.register("before-send.*", self.remember)

    def remember(self, request, **_):
        agent = request.headers["User-Agent"]
        self.agent = agent.decode() if isinstance(agent, bytes) else agent

    def __call__(self, operation, **arguments):
        """The answer of a call, refused or not."""
        try:
            return getattr(self.client, operation)(**arguments)
        except ClientError as error:
            return error.response


class Recorded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.host = cls.server.endpoint.split("//")[1]
        cls.s3 = Calls(cls.server, "s3")
        cls.s3("create_bucket", Bucket="stones")
        cls.user_id = cls.server.client("sts").get_caller_identity()["UserId"]

    def record(self, request_id):
        """The one record of a call."""
        found = [record for record in all_records(self.server) if record["requestID"] == request_id]
        self.assertEqual(len(found), 1, "one call, one record")
        return found[0]

    def check(self, calls, operation, arguments, *, source, name=None, region="us-east-1", read, data=False, parameters, response=None,
              error=None, resources=None, additional=None):
        """Makes the call and looks at every member of its record."""
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
        answer = calls(operation, **arguments)
        meta = answer["ResponseMetadata"]
        record = self.record(meta["RequestId"])
        is_s3 = source == "s3.amazonaws.com"

        expected = {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "principalId": self.user_id, "arn": f"arn:aws:iam::{ACCOUNT}:user/admin", "accountId": ACCOUNT,
                             "accessKeyId": self.server.access_key, "userName": "admin"},
            "eventSource": source, "eventName": name or "".join(word.title() for word in operation.split("_")), "awsRegion": region,
            "sourceIPAddress": "127.0.0.1", "userAgent": f"[{calls.agent}]" if is_s3 else calls.agent,
            "requestParameters": parameters, "responseElements": response, "readOnly": read, "eventType": "AwsApiCall",
            "managementEvent": not data, "recipientAccountId": ACCOUNT, "eventCategory": "Data" if data else "Management",
        }
        if error:
            expected["errorCode"], expected["errorMessage"] = error
            if error[1] is None:
                expected["errorMessage"] = answer["Error"]["Message"]
        if resources:
            expected["resources"] = resources
        if is_s3:
            expected["additionalEventData"] = {"SignatureVersion": "SigV4", "AuthenticationMethod": "AuthHeader", "x-amz-id-2": meta["HostId"],
                                               "bytesTransferredIn": 0, "bytesTransferredOut": 0, **(additional or {})}
            if additional is None:
                for size in ("bytesTransferredIn", "bytesTransferredOut"):
                    value = expected["additionalEventData"][size] = record["additionalEventData"][size]
                    self.assertIs(type(value), int)
            for part in ("requestParameters", "responseElements", "additionalEventData"):
                if record[part]:
                    buckets = java_buckets(list(record[part]))
                    self.assertEqual(buckets, sorted(buckets), (part, list(record[part])))
        rest = {member: value for member, value in record.items() if member not in ("eventTime", "requestID", "eventID")}
        self.assertEqual(rest, expected)
        self.assertEqual(list(record), [member for member in MEMBERS if member in record], "in AWS's order")
        self.assertEqual(list(record["userIdentity"]), ["type", "principalId", "arn", "accountId", "accessKeyId", "userName"])
        self.assertRegex(record["requestID"], r"^[0-9A-Z]{16}$" if is_s3 else f"^{UUID}$")
        self.assertRegex(record["eventID"], f"^{UUID}$")
        time = datetime.datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")
        self.assertTrue(before <= time <= before + datetime.timedelta(seconds=30), time)
        return answer, record

    def check_s3(self, operation, arguments, parameters, calls=None, **more):
        bucket = arguments.get("Bucket")
        named = {"bucketName": bucket, "Host": self.host} if bucket else {"Host": self.host}
        if not more.get("error", [""])[0] == "NoSuchBucket" and operation not in ("create_bucket", "list_buckets"):
            of_bucket = {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}
            if "Key" in arguments:
                more.setdefault("resources", [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{arguments['Key']}"}, of_bucket])
            elif more.get("data"):
                more.setdefault("resources", [{"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{bucket}/{arguments.get('Prefix', '')}"}, of_bucket])
            else:
                more.setdefault("resources", [of_bucket])
        return self.check(calls or self.s3, operation, arguments, source="s3.amazonaws.com", parameters={**named, **parameters}, **more)

    # ------------------------------------------------------------------ S3, management

    def test_buckets(self):
        self.check_s3("create_bucket", {"Bucket": "made-here"}, {}, read=False)
        self.check_s3("list_buckets", {}, {}, read=True)
        self.check_s3("get_bucket_location", {"Bucket": "stones"}, {"location": ""}, read=True)
        self.check_s3("delete_bucket", {"Bucket": "made-here"}, {}, read=False)

    def test_subresources_of_buckets(self):
        xmlns = "http://s3.amazonaws.com/doc/2006-03-01/"
        self.check_s3("put_bucket_tagging", {"Bucket": "stones", "Tagging": {"TagSet": [{"Key": "team", "Value": "true"}]}},
                      {"tagging": "", "Tagging": {"xmlns": xmlns, "TagSet": {"Tag": {"Key": "team", "Value": True}}}}, read=False)
        self.check_s3("get_bucket_tagging", {"Bucket": "stones"}, {"tagging": ""}, read=True)
        policy = {"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                                                          "Action": "s3:GetObject", "Resource": "arn:aws:s3:::stones/*"}]}
        _, record = self.check_s3("put_bucket_policy", {"Bucket": "stones", "Policy": json.dumps(policy)},
                                  {"policy": "", "bucketPolicy": policy}, read=False)
        self.assertEqual(list(record["requestParameters"]["bucketPolicy"]), ["Version", "Statement"])
        self.check_s3("delete_bucket_policy", {"Bucket": "stones"}, {"policy": ""}, read=False)
        # Names of events that are not the operation's.
        self.check_s3("get_bucket_accelerate_configuration", {"Bucket": "stones"}, {"accelerate": ""}, name="GetAccelerateConfiguration", read=True)
        self.check_s3("get_public_access_block", {"Bucket": "stones"}, {"publicAccessBlock": ""}, name="GetBucketPublicAccessBlock", read=True)
        self.check_s3("get_bucket_notification_configuration", {"Bucket": "stones"}, {"notification": ""}, name="GetBucketNotification", read=True)

    def test_refused_management_calls(self):
        self.check_s3("get_bucket_policy", {"Bucket": "stones"}, {"policy": ""}, read=True,
                      error=("NoSuchBucketPolicy", "The bucket policy does not exist"))
        self.check_s3("get_object_lock_configuration", {"Bucket": "stones"}, {"object-lock": ""}, name="GetBucketObjectLockConfiguration", read=True,
                      error=("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"))
        self.check_s3("get_bucket_lifecycle_configuration", {"Bucket": "stones"}, {"lifecycle": ""}, name="GetBucketLifecycle", read=True,
                      error=("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"))
        self.check_s3("delete_bucket", {"Bucket": "no-such-bucket"}, {}, read=False, error=("NoSuchBucket", "The specified bucket does not exist"))
        self.s3("create_bucket", Bucket="full")
        self.s3("put_object", Bucket="full", Key="k")
        self.check_s3("delete_bucket", {"Bucket": "full"}, {}, read=False, error=("BucketNotEmpty", "The bucket you tried to delete is not empty"))

    def test_what_is_not_implemented_is_recorded_as_such(self):
        xmlns = "http://s3.amazonaws.com/doc/2006-03-01/"
        self.check_s3("put_bucket_request_payment", {"Bucket": "stones", "RequestPaymentConfiguration": {"Payer": "Requester"}},
                      {"requestPayment": "", "RequestPaymentConfiguration": {"xmlns": xmlns, "Payer": "Requester"}}, read=False,
                      error=("NotImplemented", None))

    # ------------------------------------------------------------------ S3, data

    def test_objects(self):
        at = {"Bucket": "stones", "Key": "a b/é"}
        sse = {"x-amz-server-side-encryption": "AES256"}
        self.check_s3("put_object", {**at, "Body": b"granite", "Metadata": {"secret": "x"}, "StorageClass": "STANDARD", "ContentType": "text/plain"},
                      {"key": "a b/é", "x-amz-storage-class": "STANDARD"}, read=False, data=True, response=sse,
                      additional={"bytesTransferredIn": 7, "SSEApplied": "Default_SSE_S3"})
        self.check_s3("put_object", {"Bucket": "stones", "Key": "asked", "Body": b"", "ServerSideEncryption": "AES256"}, {"key": "asked", **sse},
                      read=False, data=True, response=sse, additional={"SSEApplied": "SSE_S3"})
        self.check_s3("get_object", at, {"key": "a b/é"}, read=True, data=True, additional={"bytesTransferredOut": 7})
        self.check_s3("get_object", {**at, "Range": "bytes=1-2"}, {"key": "a b/é"}, read=True, data=True, additional={"bytesTransferredOut": 2})
        self.check_s3("head_object", at, {"key": "a b/é"}, read=True, data=True, additional={})
        self.check_s3("get_object_tagging", at, {"key": "a b/é", "tagging": ""}, read=True, data=True)
        self.check_s3("copy_object", {"Bucket": "stones", "Key": "copy", "CopySource": {"Bucket": "stones", "Key": "a b/é"}},
                      {"key": "copy", "x-amz-copy-source": "stones/a%20b/%C3%A9"}, read=False, data=True, response=sse,
                      additional={"SSEApplied": "Default_SSE_S3", "bytesTransferredOut": self.size_of_answer()},
                      resources=[{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::stones/copy"},
                                 {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::stones"},
                                 {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::stones/a b/é"}])
        self.check_s3("delete_object", {"Bucket": "stones", "Key": "copy"}, {"key": "copy"}, read=False, data=True, additional={})

    def size_of_answer(self):
        """A value equal to whatever integer above zero the record has."""
        class Positive(int):
            __eq__ = lambda _, other: type(other) is int and other > 0
            __ne__ = lambda self, other: not self == other
            __hash__ = None
        return Positive()

    def test_listings_and_deletions_of_many(self):
        self.check_s3("head_bucket", {"Bucket": "stones"}, {}, read=True, data=True, additional={})
        self.check_s3("list_objects_v2", {"Bucket": "stones", "Prefix": "a", "Delimiter": "/", "MaxKeys": 3},
                      {"list-type": "2", "prefix": "a", "delimiter": "/", "max-keys": "3", "encoding-type": "url"}, name="ListObjects", read=True, data=True)
        self.check_s3("list_objects", {"Bucket": "stones"}, {"encoding-type": "url"}, read=True, data=True)
        _, record = self.check_s3("delete_objects", {"Bucket": "stones", "Delete": {"Objects": [{"Key": "hidden-name"}]}}, {"delete": ""}, read=False, data=True)
        self.assertNotIn("hidden-name", json.dumps(record), "keys to delete are never shown")

    def test_multipart_uploads(self):
        at = {"Bucket": "stones", "Key": "large"}
        sse = {"x-amz-server-side-encryption": "AES256"}
        answer, _ = self.check_s3("create_multipart_upload", at, {"key": "large", "uploads": ""}, read=False, data=True, response=sse,
                                  additional={"SSEApplied": "Default_SSE_S3", "bytesTransferredOut": self.size_of_answer()})
        upload = answer["UploadId"]
        part, _ = self.check_s3("upload_part", {**at, "UploadId": upload, "PartNumber": 1, "Body": b"x" * 100_000},
                                {"key": "large", "uploadId": upload, "partNumber": "1"}, read=False, data=True, response=sse,
                                additional={"SSEApplied": "Default_SSE_S3", "bytesTransferredIn": 100_000})
        self.check_s3("list_parts", {**at, "UploadId": upload}, {"key": "large", "uploadId": upload}, read=True, data=True)
        _, record = self.check_s3("complete_multipart_upload",
                                  {**at, "UploadId": upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}},
                                  {"key": "large", "uploadId": upload}, read=False, data=True, response=sse,
                                  additional={"SSEApplied": "Default_SSE_S3", "bytesTransferredIn": self.size_of_answer(),
                                              "bytesTransferredOut": self.size_of_answer()})
        other = self.s3("create_multipart_upload", **at)["UploadId"]
        self.check_s3("abort_multipart_upload", {**at, "UploadId": other}, {"key": "large", "uploadId": other}, read=False, data=True, additional={})

    def test_refused_data_calls(self):
        self.check_s3("get_object", {"Bucket": "stones", "Key": "none"}, {"key": "none"}, read=True, data=True,
                      error=("NoSuchKey", "The specified key does not exist."))
        self.check_s3("head_object", {"Bucket": "stones", "Key": "none"}, {"key": "none"}, read=True, data=True,
                      error=("NoSuchKey", "The specified key does not exist."), additional={})
        self.check_s3("head_bucket", {"Bucket": "no-such-bucket"}, {}, read=True, data=True,
                      error=("NoSuchBucket", "The specified bucket does not exist"), additional={})

    def test_an_anonymous_read_is_its_buckets_business(self):
        far = Calls(self.server, "s3", region="eu-west-1")
        far("create_bucket", Bucket="far-stones", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        far("put_object", Bucket="far-stones", Key="k", Body=b"x")
        status, _ = self.server.get("/far-stones/k?x-id=GetObject")
        self.assertEqual(status, 403)
        record = all_records(self.server)[-1]
        self.assertEqual(record["userIdentity"], {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"})
        self.assertEqual((record["eventName"], record["errorCode"], record["errorMessage"]), ("GetObject", "AccessDenied", "Access Denied"))
        self.assertEqual(record["awsRegion"], "eu-west-1")
        self.assertEqual(record["recipientAccountId"], ACCOUNT)
        self.assertEqual(record["requestParameters"], {"bucketName": "far-stones", "Host": self.host, "key": "k", "x-id": "GetObject"})
        self.assertEqual([one.get("ARN") for one in record["resources"]], ["arn:aws:s3:::far-stones/k", "arn:aws:s3:::far-stones"])
        self.assertEqual(set(record["additionalEventData"]), {"x-amz-id-2", "bytesTransferredIn", "bytesTransferredOut"})
        self.assertEqual((record["managementEvent"], record["eventCategory"]), (False, "Data"))

    def test_presigned_urls(self):
        for operation, method, body in (("put_object", "PUT", b"flint"), ("get_object", "GET", None)):
            url = self.server.client("s3", signature_version="s3v4").generate_presigned_url(operation, {"Bucket": "stones", "Key": "presigned"}, ExpiresIn=300)
            request = urllib.request.Request(url, data=body, method=method, headers={"User-Agent": "a browser", "Content-Type": ""})
            with urllib.request.urlopen(request) as answer:
                got, headers = answer.read(), answer.headers
            record = self.record(headers["x-amz-request-id"])
            self.assertEqual(record["eventName"], {"PUT": "PutObject", "GET": "GetObject"}[method])
            self.assertEqual(record["userAgent"], "[a browser]")
            self.assertEqual(record["userIdentity"]["accessKeyId"], self.server.access_key)
            self.assertEqual(record["additionalEventData"]["AuthenticationMethod"], "QueryString")
            self.assertEqual(record["additionalEventData"]["SignatureVersion"], "SigV4")
            shown = record["requestParameters"]
            self.assertEqual(set(shown), {"bucketName", "Host", "key", "X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"})
            self.assertEqual(shown["X-Amz-Expires"], "300")
            self.assertNotIn(re.search("X-Amz-Signature=([0-9a-f]+)", url)[1], json.dumps(record))
        self.assertEqual(got, b"flint")

    # ------------------------------------------------------------------ others

    def test_sts(self):
        sts = Calls(self.server, "sts")
        self.check(sts, "get_caller_identity", {}, source="sts.amazonaws.com", read=True, parameters=None)
        regional = Calls(self.server, "sts", region="eu-central-1")
        self.check(regional, "get_caller_identity", {}, source="sts.amazonaws.com", region="eu-central-1", read=True, parameters=None)

    def test_cloudtrail_itself(self):
        trail = Calls(self.server, "cloudtrail", parameter_validation=False)
        self.check(trail, "lookup_events", {}, source="cloudtrail.amazonaws.com", read=True, parameters=None)
        # The form of dates is that of Java's medium dates, second comma included.
        self.check(trail, "lookup_events", {"MaxResults": 2, "StartTime": datetime.datetime(2026, 1, 2, 3, 4, 5),
                                            "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "X"}]},
                   source="cloudtrail.amazonaws.com", read=True,
                   parameters={"lookupAttributes": [{"attributeKey": "EventName", "attributeValue": "X"}], "startTime": "Jan 2, 2026, 3:04:05 AM", "maxResults": 2})
        # What is refused before the operation looks at it is recorded without its parameters.
        self.check(trail, "lookup_events", {"MaxResults": 51}, source="cloudtrail.amazonaws.com", read=True, parameters=None,
                   error=("InvalidMaxResultsException", None))
        self.check(trail, "create_trail", {"Name": "tee", "S3BucketName": "no-such-stones", "IsMultiRegionTrail": True, "TagsList": []},
                   source="cloudtrail.amazonaws.com", read=False, error=("S3BucketDoesNotExistException", None),
                   parameters={"name": "tee", "s3BucketName": "no-such-stones", "isMultiRegionTrail": True, "tagsList": []})

    def test_calls_of_services_that_are_only_known(self):
        iam = Calls(self.server, "iam", region="eu-west-1")
        self.check(iam, "create_user", {"UserName": "admin", "Path": "/x/", "Tags": [{"Key": "k", "Value": ""}]}, source="iam.amazonaws.com", read=False,
                   parameters={"userName": "admin", "path": "/x/", "tags": [{"key": "k", "value": ""}]}, error=("EntityAlreadyExistsException", None))
        self.check(iam, "create_login_profile", {"UserName": "bob", "Password": "hunter22"}, source="iam.amazonaws.com", read=False,
                   parameters={"userName": "bob"}, error=("NoSuchEntityException", None))
        self.check(iam, "get_user", {"UserName": "no such!"}, source="iam.amazonaws.com", read=True,
                   parameters=None, error=("ValidationException", None))
        kms = Calls(self.server, "kms", region="ap-southeast-2")
        self.check(kms, "sign", {"KeyId": "alias/k", "Message": b"do not tell", "SigningAlgorithm": "RSASSA_PSS_SHA_256"}, source="kms.amazonaws.com",
                   region="ap-southeast-2", read=True, parameters={"keyId": "alias/k", "signingAlgorithm": "RSASSA_PSS_SHA_256"},
                   error=("NotImplemented", None))
        lamb = Calls(self.server, "lambda")
        self.check(lamb, "get_function", {"FunctionName": "f"}, source="lambda.amazonaws.com", name="GetFunction20150331v2", read=True,
                   parameters={"functionName": "f"}, error=("NotImplemented", None))
        sns = Calls(self.server, "sns")
        topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
        hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"
        self.check(sns, "publish", {"TopicArn": topic, "Message": "do not tell", "Subject": "s"}, source="sns.amazonaws.com", read=False, data=True,
                   parameters={"topicArn": topic, "message": hidden, "subject": hidden}, error=("NotFoundException", None))

    def test_nothing_secret_is_in_any_record(self):
        history = json.dumps(all_records(self.server))
        for secret in (self.server.secret_key, "hunter22", "do not tell"):
            self.assertNotIn(secret, history)


class Lookup(unittest.TestCase):
    def setUp(self):
        self.server = Server().__enter__()
        self.addCleanup(self.server.__exit__)
        self.trail = self.server.client("cloudtrail", parameter_validation=False)
        self.s3 = self.server.client("s3")

    def names(self, client=None, **arguments):
        self.server.settle()
        return [event["EventName"] for event in (client or self.trail).lookup_events(**arguments)["Events"]]

    def where(self, key, value, **more):
        self.server.settle()
        return self.trail.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **more)["Events"]

    def refused(self, exception, **arguments):
        with self.assertRaises(getattr(self.trail.exceptions, exception)) as caught:
            self.trail.lookup_events(**arguments)
        self.assertEqual(caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)

    def test_an_event_has_the_documented_members(self):
        answer = self.s3.create_bucket(Bucket="stones")
        event = self.where("EventName", "CreateBucket")[0]
        record = json.loads(event["CloudTrailEvent"])
        self.assertEqual(record["requestID"], answer["ResponseMetadata"]["RequestId"])
        time = event.pop("EventTime")
        self.assertEqual(time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), record["eventTime"])
        self.assertEqual(event, {"EventId": record["eventID"], "EventName": "CreateBucket", "ReadOnly": "false", "AccessKeyId": self.server.access_key,
                                 "EventSource": "s3.amazonaws.com", "Username": "admin", "CloudTrailEvent": event["CloudTrailEvent"],
                                 "Resources": [{"ResourceType": "AWS::S3::Bucket", "ResourceName": "stones"}]})

    def test_data_events_are_not_shown(self):
        self.s3.create_bucket(Bucket="stones")
        self.s3.put_object(Bucket="stones", Key="k", Body=b"x")
        self.s3.list_objects_v2(Bucket="stones")
        self.assertEqual(self.names(), ["CreateBucket"])
        self.assertEqual(self.names(), ["LookupEvents", "CreateBucket"])

    def test_pages_stay_what_they_were_while_events_arrive(self):
        for i in range(60):
            self.s3.create_bucket(Bucket=f"stone-{i:03}")
        arguments = {"LookupAttributes": [{"AttributeKey": "EventSource", "AttributeValue": "s3.amazonaws.com"}]}
        self.server.settle()
        page = self.trail.lookup_events(MaxResults=7, **arguments)
        seen = [page["Events"]]
        while "NextToken" in page:
            self.s3.list_buckets()
            token = page["NextToken"]
            page = self.trail.lookup_events(MaxResults=7, NextToken=token, **arguments)
            again = self.trail.lookup_events(MaxResults=7, NextToken=token, **arguments)
            self.assertEqual(page["Events"], again["Events"], "a token gives its page as often as one likes")
            seen.append(page["Events"])
        self.assertTrue(all(len(events) == 7 for events in seen[:-1]))
        names = [event["Resources"][0]["ResourceName"] for events in seen for event in events]
        self.assertEqual(names, [f"stone-{i:03}" for i in reversed(range(60))])
        self.server.settle()
        pages = self.trail.get_paginator("lookup_events").paginate(**arguments)
        self.assertEqual(len([event for page in pages for event in page["Events"]]), 60 + len(seen) - 1)

    def test_the_usual_page_is_the_largest(self):
        for i in range(51):
            self.s3.list_buckets()
        self.server.settle()
        page = self.trail.lookup_events()
        self.assertEqual(len(page["Events"]), 50)
        self.assertIn("NextToken", page)

    def test_all_eight_attributes(self):
        self.s3.create_bucket(Bucket="stones")
        self.server.client("sts").get_caller_identity()
        [created] = self.where("EventName", "CreateBucket")
        self.assertEqual(self.where("EventId", created["EventId"]), [created])
        self.assertEqual(self.where("ResourceName", "stones"), [created])
        self.assertEqual(self.where("ResourceType", "AWS::S3::Bucket"), [created])
        self.assertEqual(self.where("EventSource", "s3.amazonaws.com"), [created])
        self.assertEqual(self.where("ReadOnly", "false"), [created])
        self.assertIn("GetCallerIdentity", [event["EventName"] for event in self.where("ReadOnly", "true")])
        for attribute, value in (("Username", "admin"), ("AccessKeyId", self.server.access_key)):
            self.assertEqual({event["EventName"] for event in self.where(attribute, value)}, {"CreateBucket", "GetCallerIdentity", "LookupEvents"})
        for key in ("EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"):
            self.assertEqual(self.where(key, "createbucket"), [], "values are compared as they are")

    def test_time_range(self):
        self.s3.create_bucket(Bucket="stones")
        [created] = self.where("EventName", "CreateBucket")
        time, second = created["EventTime"], datetime.timedelta(seconds=1)
        only = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateBucket"}]}
        for found, start, end in ((1, time, time), (1, time - second, time + second), (1, time, None), (1, None, time),
                                  (0, time + second, None), (0, None, time - second), (0, time - 2 * second, time - second)):
            arguments = {name: value for name, value in (("StartTime", start), ("EndTime", end)) if value}
            self.assertEqual(len(self.names(**only, **arguments)), found, arguments)

    def test_errors(self):
        for count in (0, 51, -1):
            self.refused("InvalidMaxResultsException", MaxResults=count)
        self.refused("InvalidNextTokenException", NextToken="not-a-token")
        now = datetime.datetime.now(datetime.timezone.utc)
        self.refused("InvalidTimeRangeException", StartTime=now, EndTime=now - datetime.timedelta(hours=1))
        self.refused("InvalidLookupAttributesException", LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "a"},
                                                                           {"AttributeKey": "Username", "AttributeValue": "b"}])
        self.refused("InvalidLookupAttributesException", LookupAttributes=[{"AttributeKey": "Colour", "AttributeValue": "a"}])
        self.refused("InvalidEventCategoryException", EventCategory="data")
        self.assertEqual(self.trail.lookup_events(EventCategory="insight")["Events"], [])
        self.s3.create_bucket(Bucket="stones")
        self.server.settle()
        token = self.trail.lookup_events(MaxResults=1)["NextToken"]
        self.refused("InvalidNextTokenException", MaxResults=1, NextToken=token, LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "a"}])
        other_region = self.server.client("cloudtrail", region="eu-west-1")
        with self.assertRaises(other_region.exceptions.InvalidNextTokenException):
            other_region.lookup_events(MaxResults=1, NextToken=token)
        # Refused calls are calls, too.
        codes = [json.loads(event["CloudTrailEvent"]).get("errorCode") for event in self.where("EventName", "LookupEvents")]
        self.assertEqual(codes.count("InvalidNextTokenException"), 2)
        self.assertEqual(codes.count("InvalidMaxResultsException"), 3)

    def test_each_region_has_its_own_history(self):
        for region in ("us-east-1", "eu-west-1", "ap-southeast-2"):
            self.server.client("sts", region=region).get_caller_identity()
        self.server.settle()
        for region in ("eu-west-1", "ap-southeast-2"):
            [event] = self.server.client("cloudtrail", region=region).lookup_events()["Events"]
            self.assertEqual(json.loads(event["CloudTrailEvent"])["awsRegion"], region)
        self.assertEqual(self.names(self.server.client("cloudtrail", region="sa-east-1")), [])
        # A global service's events are in us-east-1, wherever the client is.
        self.server.client("iam", region="eu-west-1").list_users()
        self.assertEqual(self.names()[0], "ListUsers")

    def test_it_survives_a_crash(self):
        self.s3.create_bucket(Bucket="stones")
        self.server.settle()
        before = self.trail.lookup_events()["Events"]
        self.assertEqual(len(before), 1)
        self.server.kill()
        self.server.start()
        self.trail = self.server.client("cloudtrail")
        self.assertEqual(self.trail.lookup_events()["Events"][-1:], before[-1:])


class Accounts(unittest.TestCase):
    def test_each_account_has_its_own_history(self):
        with Server("--dev") as server:
            def client(service, account):
                return server.client(service, access_key=account, secret_key="any")
            client("s3", "111111111111").create_bucket(Bucket="stones")
            client("sts", "222222222222").get_caller_identity()
            server.settle()
            one, two = (client("cloudtrail", account).lookup_events()["Events"] for account in ("111111111111", "222222222222"))
            self.assertEqual([event["EventName"] for event in one], ["CreateBucket"])
            self.assertEqual([event["EventName"] for event in two], ["GetCallerIdentity"])
            record = json.loads(one[0]["CloudTrailEvent"])
            self.assertEqual(record["recipientAccountId"], "111111111111")
            self.assertEqual(record["userIdentity"]["arn"], "arn:aws:iam::111111111111:user/dev")
            # Whose bucket it is decides, and a stranger is not told the owner's account.
            with self.assertRaises(ClientError) as caught:
                client("s3", "222222222222").get_object(Bucket="stones", Key="k")
            self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied")
            record = all_records(server, access_key="222222222222")[-1]
            self.assertEqual(record["eventName"], "GetObject")
            self.assertEqual(record["recipientAccountId"], "222222222222")
            self.assertEqual(record["resources"][1], {"accountId": "", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::stones"})


if __name__ == "__main__":
    unittest.main()
