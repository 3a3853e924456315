"""Topics and HTTP endpoints: confirmation, signed messages, raw delivery, filters, retries, unsubscribing by the link."""
import base64
import json
import subprocess
import tempfile
import pathlib
import re
import unittest
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from receiver import Receiver
from server import Server, all_records, eventually


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def text_to_sign(message):
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    if message["Type"] == "Notification":
        names = [name for name in names if name not in ("SubscribeURL", "Token")]
    return "".join(f"{name}\n{message[name]}\n" for name in names if name in message).encode()


def check_signature(message):
    """As AWS's developer guide has it done."""
    status, pem = fetch(message["SigningCertURL"])
    assert status == 200 and re.search(r"/SimpleNotificationService-[0-9a-f]{32}\.pem$", message["SigningCertURL"]), message
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    hash_of = {"1": hashes.SHA1, "2": hashes.SHA256}[message["SignatureVersion"]]
    key.verify(base64.b64decode(message["Signature"]), text_to_sign(message), padding.PKCS1v15(), hash_of())


class Webhooks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.sns = cls.server.client("sns")
        cls.receiver = Receiver()

    @classmethod
    def tearDownClass(cls):
        cls.receiver.__exit__()
        cls.server.__exit__()

    def topic(self, **attributes):
        return self.sns.create_topic(Name=self._testMethodName, Attributes=attributes)["TopicArn"]

    def wait(self, path, count):
        got = eventually(lambda: len(self.receiver.got(path)) >= count and self.receiver.got(path))
        self.assertTrue(got, f"{len(self.receiver.got(path))} of {count} came; {self.server.output()}")
        return got

    def subscribe(self, topic, path, **attributes):
        """Confirmed by the link, as a program behind the endpoint would."""
        answer = self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.receiver.url + path, Attributes=attributes)
        self.assertEqual(answer["SubscriptionArn"], "pending confirmation")
        [request] = self.wait(path, 1)
        status, text = fetch(json.loads(request["body"])["SubscribeURL"])
        self.assertEqual(status, 200, text)
        return re.search("<SubscriptionArn>(.*)</SubscriptionArn>", text)[1]

    def test_confirmation_and_message(self):
        topic = self.topic()
        self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=self.receiver.url + "/confirm")
        [listed] = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual(listed["SubscriptionArn"], "PendingConfirmation")
        self.sns.publish(TopicArn=topic, Message="nobody hears this")
        [request] = self.wait("/confirm", 1)
        headers = request["headers"]
        self.assertEqual(headers["x-amz-sns-message-type"], "SubscriptionConfirmation")
        self.assertEqual(headers["x-amz-sns-topic-arn"], topic)
        self.assertEqual(headers["content-type"], "text/plain; charset=UTF-8")
        self.assertEqual(headers["user-agent"], "Amazon Simple Notification Service Agent")
        self.assertNotIn("x-amz-sns-subscription-arn", headers)
        confirmation = json.loads(request["body"])
        self.assertEqual(list(confirmation), ["Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp", "SignatureVersion", "Signature",
                                              "SigningCertURL"])
        self.assertEqual(headers["x-amz-sns-message-id"], confirmation["MessageId"])
        self.assertEqual(confirmation["Message"], f"You have chosen to subscribe to the topic {topic}.\nTo confirm the subscription, visit the SubscribeURL "
                                                  "included in this message.")
        check_signature(confirmation)

        self.assertIn("Invalid parameter: Token", fetch(confirmation["SubscribeURL"].replace(confirmation["Token"], "broken"))[1])
        self.assertIn("Invalid token", fetch(confirmation["SubscribeURL"].replace(confirmation["Token"], "ab" * 96))[1])
        arn = self.sns.confirm_subscription(TopicArn=topic, Token=confirmation["Token"])["SubscriptionArn"]
        attributes = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        self.assertEqual((attributes["PendingConfirmation"], attributes["ConfirmationWasAuthenticated"]), ("false", "true"))

        message_id = self.sns.publish(TopicArn=topic, Message='grüße, "world"', Subject="hello",
                                      MessageAttributes={"store": {"DataType": "String", "StringValue": "x"}})["MessageId"]
        request = self.wait("/confirm", 2)[1]
        self.assertEqual(request["headers"]["x-amz-sns-subscription-arn"], arn)
        self.assertEqual(request["headers"]["x-amz-sns-message-type"], "Notification")
        message = json.loads(request["body"])
        self.assertEqual(list(message), ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL",
                                         "UnsubscribeURL", "MessageAttributes"])
        self.assertEqual((message["MessageId"], message["Message"], message["Subject"]), (message_id, 'grüße, "world"', "hello"))
        self.assertEqual(message["MessageAttributes"], {"store": {"Type": "String", "Value": "x"}})
        self.assertEqual(message["SignatureVersion"], "1")
        self.assertTrue(request["body"].startswith('{\n  "Type" : "Notification",\n  "MessageId" : "'))
        check_signature(message)

        # The link ends it, and the endpoint may take it back.
        self.assertEqual(fetch(message["UnsubscribeURL"])[0], 200)
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])
        gone = json.loads(self.wait("/confirm", 3)[2]["body"])
        self.assertEqual(gone["Type"], "UnsubscribeConfirmation")
        check_signature(gone)
        self.assertEqual(fetch(gone["SubscribeURL"])[0], 200)
        [listed] = self.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual(listed["SubscriptionArn"], arn)
        names = [(record["eventName"], record["userIdentity"]["type"]) for record in all_records(self.server)
                 if record["eventSource"] == "sns.amazonaws.com" and record.get("requestParameters")]
        self.assertIn(("Publish", "IAMUser"), names)

    def test_signature_version_2(self):
        topic = self.topic(SignatureVersion="2")
        self.subscribe(topic, "/v2")
        self.sns.publish(TopicArn=topic, Message="x")
        message = json.loads(self.wait("/v2", 2)[1]["body"])
        self.assertEqual(message["SignatureVersion"], "2")
        check_signature(message)

    def test_raw_delivery_and_content_type(self):
        topic = self.topic()
        self.subscribe(topic, "/raw", RawMessageDelivery="true", DeliveryPolicy=json.dumps({"requestPolicy": {"headerContentType": "application/json"}}))
        self.sns.publish(TopicArn=topic, Message='{"a": 1}')
        request = self.wait("/raw", 2)[1]
        self.assertEqual(request["body"], '{"a": 1}')
        self.assertEqual((request["headers"]["x-amz-sns-rawdelivery"], request["headers"]["content-type"]), ("true", "application/json"))

    def test_a_text_for_each_protocol(self):
        topic = self.topic()
        self.subscribe(topic, "/json")
        self.sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "for all", "http": "for the web"}))
        self.assertEqual(json.loads(self.wait("/json", 2)[1]["body"])["Message"], "for the web")

    def test_filters(self):
        topic = self.topic()
        by_attributes = self.subscribe(topic, "/attributes", FilterPolicy=json.dumps({"price": [{"numeric": [">", 10]}], "store": ["a", {"prefix": "b"}]}))
        self.subscribe(topic, "/body", FilterPolicyScope="MessageBody", FilterPolicy=json.dumps({"detail": {"kind": [{"anything-but": "x"}]}}))

        def publish(message, **attributes):
            self.sns.publish(TopicArn=topic, Message=message,
                             MessageAttributes={name: {"DataType": "Number" if isinstance(value, int) else "String.Array" if isinstance(value, list) else "String",
                                                       "StringValue": json.dumps(value) if not isinstance(value, str) else value}
                                                for name, value in attributes.items()})
        publish('{"detail": {"kind": "x"}}', price=11, store="bee")
        publish('{"detail": {"kind": "y"}}', price=10, store="a")
        publish("no json", price=12, store=["z", "a"])
        publish('{"detail": {"kind": "last"}}', price=13, store="a")
        messages = sorted(json.loads(request["body"])["Message"] for request in self.wait("/attributes", 4)[1:])
        self.assertEqual(messages, sorted(['{"detail": {"kind": "x"}}', "no json", '{"detail": {"kind": "last"}}']))
        messages = sorted(json.loads(request["body"])["Message"] for request in self.wait("/body", 3)[1:])
        self.assertEqual(messages, ['{"detail": {"kind": "last"}}', '{"detail": {"kind": "y"}}'])
        self.sns.set_subscription_attributes(SubscriptionArn=by_attributes, AttributeName="FilterPolicy", AttributeValue="{}")
        self.assertNotIn("FilterPolicy", self.sns.get_subscription_attributes(SubscriptionArn=by_attributes)["Attributes"])

    def test_an_endpoint_that_fails_is_tried_again(self):
        topic = self.topic()
        answers = {"again": iter([200, 500, 429, 200]), "refused": iter([200, 403, 200])}
        with Receiver(lambda request: next(answers[request["path"][1:]])) as receiver:
            policy = json.dumps({"healthyRetryPolicy": {"numRetries": 3, "numNoDelayRetries": 3, "minDelayTarget": 1, "maxDelayTarget": 1}})
            for path in answers:
                self.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{receiver.url}/{path}", Attributes={"DeliveryPolicy": policy})
                request = eventually(lambda: receiver.got(f"/{path}"))
                fetch(json.loads(request[0]["body"])["SubscribeURL"])
            self.sns.publish(TopicArn=topic, Message="x")
            self.assertTrue(eventually(lambda: [r["status"] for r in receiver.got("/again")] == [200, 500, 429, 200]), receiver.got("/again"))
            self.assertTrue(eventually(lambda: b"cairn_outbox_dropped_total 1" in self.server.get("/_cairn/metrics")[1]))
            self.assertEqual([r["status"] for r in receiver.got("/refused")], [200, 403])

    def test_awscli(self):
        arn = json.loads(self.server.aws("sns", "create-topic", "--name", "by-cli", "--output", "json").stdout)["TopicArn"]
        self.server.aws("sns", "set-topic-attributes", "--topic-arn", arn, "--attribute-name", "DisplayName", "--attribute-value", "Stones")
        out = json.loads(self.server.aws("sns", "get-topic-attributes", "--topic-arn", arn, "--output", "json").stdout)["Attributes"]
        self.assertEqual((out["DisplayName"], out["Owner"], out["SubscriptionsConfirmed"]), ("Stones", "000000000000", "0"))
        self.assertRegex(self.server.aws("sns", "publish", "--topic-arn", arn, "--message", "x").stdout, "MessageId")
        self.server.aws("sns", "delete-topic", "--topic-arn", arn)


class PrivateAddresses(unittest.TestCase):
    def test_only_loopback_is_let_in_here(self):
        with Server() as server:
            sns = server.client("sns")
            topic = sns.create_topic(Name="t")["TopicArn"]
            policy = json.dumps({"healthyRetryPolicy": {"numRetries": 0}})
            for url in ("http://169.254.169.254/latest", "http://10.255.255.1/", "http://[fd00:ec2::254]/"):
                sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url, Attributes={"DeliveryPolicy": policy})
            self.assertTrue(eventually(lambda: b"cairn_outbox_dropped_total 3" in server.get("/_cairn/metrics")[1]), server.output())


class Validator(unittest.TestCase):
    def test_awss_own_for_node(self):
        """sns-validator, told our host, over TLS."""
        import shutil
        from server import build_directory
        place = build_directory() / "sns"
        if not shutil.which("node") or not shutil.which("npm"):
            self.skipTest("node and npm are not on this machine")
        if not (place / "node_modules/sns-validator").is_dir():
            place.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(place), "sns-validator"], cwd=place,
                                  capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                self.skipTest(f"npm cannot install it: {done.stderr[-300:]}")
        with tempfile.TemporaryDirectory() as directory:
            certificate, key = pathlib.Path(directory, "cert.pem"), pathlib.Path(directory, "key.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate,
                            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"], check=True, capture_output=True)
            with Receiver() as receiver, Server("--tls-cert", str(certificate), "--tls-key", str(key), ca=certificate) as server:
                sns = server.client("sns")
                for version in ("1", "2"):
                    topic = sns.create_topic(Name="v" + version, Attributes={"SignatureVersion": version})["TopicArn"]
                    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url + "/" + version)
                    request = eventually(lambda: receiver.got("/" + version))
                    sns.confirm_subscription(TopicArn=topic, Token=json.loads(request[0]["body"])["Token"])
                    sns.publish(TopicArn=topic, Message="for the validator", Subject="s")
                    request = eventually(lambda: receiver.got("/" + version)[1:])
                    script = ("const V = require('sns-validator'); const v = new V(/^127\\.0\\.0\\.1(:\\d+)?$/, 'utf8');"
                              "let m = JSON.parse(require('fs').readFileSync(0)); if (process.argv[1]) m.Message += '!';"
                              "v.validate(m, (e, ok) => { console.log(e ? 'refused: ' + e.message : 'valid'); });")
                    def validate(*arguments):
                        return subprocess.run(["node", "-e", script, *arguments], input=request[0]["body"], cwd=place, capture_output=True, text=True, timeout=60,
                                              env={**server.environment(), "NODE_EXTRA_CA_CERTS": str(certificate)}).stdout.strip()
                    self.assertEqual(validate(), "valid")
                    self.assertRegex(validate("changed"), "^refused")


if __name__ == "__main__":
    unittest.main()
