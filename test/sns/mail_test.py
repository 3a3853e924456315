"""Topics and mail, through a real SMTP server on loopback (Debian's python3-aiosmtpd)."""
import email
import email.policy
import json
import re
import socket
import unittest
import urllib.request

from server import Server, eventually

try:
    from aiosmtpd.controller import Controller
except ImportError:
    Controller = None


class Mailbox:
    def __init__(self):
        self.mails = []
        self.refusals = []

    async def handle_DATA(self, server, session, envelope):
        if self.refusals:
            return self.refusals.pop(0)
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 OK"


@unittest.skipUnless(Controller, "python3-aiosmtpd is not on this machine")
class Mail(unittest.TestCase):
    def test_from_confirmation_to_the_end(self):
        mailbox = Mailbox()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(mailbox, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            with Server("--set", f"mail.server=smtp://127.0.0.1:{port}", "--set", "mail.from=cairn@example.com") as server:
                self.converse(server, mailbox)
        finally:
            controller.stop()

    def converse(self, server, mailbox):
        sns = server.client("sns")
        name = 'Stöne "alarms" of all quarries'
        topic = sns.create_topic(Name="alarms", Attributes={"DisplayName": name})["TopicArn"]
        for protocol, to in (("email", "person@example.com"), ("email-json", "program@example.com")):
            sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=to)
        self.assertTrue(eventually(lambda: len(mailbox.mails) == 2), server.output())
        for sender, to, mail in mailbox.mails:
            self.assertEqual(sender, "cairn@example.com")
            self.assertEqual(mail["Subject"], "AWS Notification - Subscription Confirmation")
            self.assertEqual([(one.display_name, one.addr_spec) for one in mail["From"].addresses], [(name, "cairn@example.com")])
            self.assertEqual(mail["From"].defects, ())
            text = mail.get_content() if to == ["person@example.com"] else json.loads(mail.get_payload(decode=True))["SubscribeURL"]
            link = re.search(r"http://\S+ConfirmSubscription\S+", text)[0]
            self.assertEqual(urllib.request.urlopen(link, timeout=10).status, 200)
        mailbox.mails.clear()
        sns.publish(TopicArn=topic, Message="It fell.\nAll of it, für immer.", Subject="A stone")
        self.assertTrue(eventually(lambda: len(mailbox.mails) == 2), server.output())
        by_receiver = {to[0]: mail for _, to, mail in mailbox.mails}
        person = by_receiver["person@example.com"]
        self.assertEqual(person["Subject"], "A stone")
        self.assertTrue(person.get_content().startswith("It fell.\nAll of it, für immer.\n"), person.get_content())
        unsubscribe = re.search(r"http://\S+Unsubscribe\S+", person.get_content())[0]
        program = json.loads(by_receiver["program@example.com"].get_payload(decode=True))
        self.assertEqual((program["Type"], program["Message"]), ("Notification", "It fell.\nAll of it, für immer."))
        mailbox.mails.clear()
        self.assertEqual(urllib.request.urlopen(unsubscribe, timeout=10).status, 200)
        self.assertTrue(eventually(lambda: mailbox.mails), server.output())
        self.assertEqual(len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]), 1)
        plain = 'Stone "alarms" \\ all'
        sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue=plain)
        mailbox.mails.clear()
        subject = "Es fällt " + "ü" * 80
        sns.publish(TopicArn=topic, Message="x", Subject=subject)
        self.assertTrue(eventually(lambda: mailbox.mails), server.output())
        mail = mailbox.mails[0][2]
        self.assertEqual([one.display_name for one in mail["From"].addresses], [plain])
        self.assertEqual((mail["Subject"], mail["Subject"].defects), (subject, ()))
        # A server that refuses for good is not asked again.
        mailbox.refusals = ["550 no such user"]
        sns.publish(TopicArn=topic, Message="x")
        self.assertTrue(eventually(lambda: b"cairn_outbox_dropped_total 1" in server.get("/_cairn/metrics")[1]), server.output())

    def test_without_a_server_mail_is_refused_by_name(self):
        with Server() as server:
            sns = server.client("sns")
            topic = sns.create_topic(Name="t")["TopicArn"]
            with self.assertRaisesRegex(sns.exceptions.ClientError, "mail.server"):
                sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="person@example.com")


if __name__ == "__main__":
    unittest.main()
