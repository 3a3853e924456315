"""The page behind a launch link, in a real browser: opened, filled in, sent off. Needs Debian's chromium; without it, nothing is tested here."""
import pathlib
import subprocess
import tempfile
import unittest

import chromium
from server import BINARY, Server, eventually
from stacks import LAUNCHED, MARKUP

WHY_NOT = chromium.missing()
FORM = "!document.getElementById('form').hidden"
MESSAGE = "document.getElementById('message').textContent"
BAD = "document.getElementById('message').className === 'bad'"


@unittest.skipIf(WHY_NOT, f"no browser to look at the page with: {WHY_NOT}")
class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.place = tempfile.TemporaryDirectory()
        cls.template = pathlib.Path(cls.place.name) / "template.yaml"
        cls.template.write_text(LAUNCHED)

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()
        cls.place.cleanup()

    def link(self, *more):
        done = subprocess.run([BINARY, "launch-url", str(self.template), *more], capture_output=True, text=True, env=self.server.environment(), timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_a_stack_by_the_form(self):
        url = self.link("--stack-name", "audit", "--parameter", "Days=8")
        seen = chromium.run(
            ("open", url), ("until", FORM),
            ("read", "title", "document.title"), ("read", "address", "location.href"), ("read", "text", "document.body.innerText"),
            ("read", "images", "document.images.length"), ("read", "secret", "document.getElementById('p-Secret').type"),
            ("read", "days", "document.getElementById('p-Days').value"),
            # As somebody would: the box first forgotten, then a value that cannot be, then all as it should be.
            ("do", "document.querySelector('button').click()"),
            ("read", "stopped", "document.querySelector('form').checkValidity() === false && document.getElementById('message').className !== 'bad'"),
            ("do", "document.getElementById('CAPABILITY_IAM').click()"),
            ("do", "document.getElementById('p-Days').value = 'many'"), ("do", "document.querySelector('button').click()"), ("until", BAD), ("read", "refused", MESSAGE),
            ("do", "document.getElementById('p-Days').value = '7'"), ("do", "document.querySelector('button').click()"), ("until", MESSAGE + ".includes('being created')"),
            ("read", "done", MESSAGE), ("read", "is_bad", BAD), ("read", "hidden", "getComputedStyle(document.getElementById('form')).display"))
        self.assertEqual((seen["title"], seen["images"], seen["secret"], seen["days"]), ("Quick create stack", 0, "password", "8"))
        self.assertEqual(seen["address"], self.server.endpoint + "/_cairn/launch", "the token does not stay in the address")
        for words in ("How long " + MARKUP, "First " + MARKUP, "In days " + MARKUP, "AWS::Logs::LogGroup", "CAPABILITY_IAM", "user/admin"):
            self.assertIn(words, seen["text"])
        self.assertTrue(seen["stopped"])
        self.assertIn("must be a number", seen["refused"])
        self.assertIn("stack/audit/", seen["done"])
        self.assertEqual((seen["is_bad"], seen["hidden"]), (False, "none"))
        # The one thing to be reported is what the form was refused with; the page asks nobody else.
        self.assertEqual([p for p in seen["problems"] if "launch/create" not in p], [])
        self.assertEqual({r for r in seen["requests"] if not r.split(" ")[1].startswith(self.server.endpoint + "/_cairn/launch")}, set())
        stacks = self.server.client("cloudformation")
        self.assertTrue(eventually(lambda: stacks.describe_stacks(StackName="audit")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"))
        self.assertEqual(self.server.client("logs").describe_log_groups(logGroupNamePrefix="launched")["logGroups"][0]["retentionInDays"], 7)
        # It was good for one.
        again = chromium.run(("open", url), ("until", BAD), ("read", "told", MESSAGE), ("read", "hidden", "getComputedStyle(document.getElementById('form')).display"))
        self.assertIn("was used", again["told"])
        self.assertEqual(again["hidden"], "none")

    def test_without_a_link(self):
        seen = chromium.run(("open", self.server.endpoint + "/_cairn/launch"), ("until", BAD), ("read", "told", MESSAGE))
        self.assertIn("cairn launch-url", seen["told"])
        self.assertEqual(seen["problems"], [])


if __name__ == "__main__":
    unittest.main()
