"""Launch links: `cairn launch-url`, the page behind it, and those who would misuse them."""
import concurrent.futures
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request

from server import BINARY, Server, all_records, eventually
from stacks import LAUNCHED, MARKUP

ACCOUNT = "000000000000"
# As much of a browser as the page needs: text goes in as text, and markup has no way in.
BROWSER = r"""
class Node {
  constructor(name) { this.name = name; this.children = []; this.listeners = {}; }
  append(...more) { this.children.push(...more); }
  addEventListener(event, listener) { this.listeners[event] = listener; }
  set innerHTML(value) { throw new Error("markup"); }
  set outerHTML(value) { throw new Error("markup"); }
  all() { return [this, ...this.children.flatMap((each) => (each instanceof Node ? each.all() : []))]; }
}
const [script, origin, hash] = process.argv.slice(2);
const form = new Node("form"), message = new Node("p");
globalThis.document = { getElementById: (id) => (id === "form" ? form : message), createElement: (name) => new Node(name) };
globalThis.location = { hash, pathname: "/_cairn/launch" };
globalThis.history = { replaceState: (state, title, url) => { globalThis.address = url; } };
const real = globalThis.fetch;
globalThis.fetch = (path, options) => real(origin + "/_cairn/" + path, options);
(async () => {
  (0, eval)(require("fs").readFileSync(script, "utf8"));
  const until = async (what) => { while (!what()) await new Promise((done) => setTimeout(done, 5)); };
  await until(() => form.hidden === false || message.className === "bad");
  const nodes = form.all();
  const before = { address, message: message.textContent, names: [...new Set(nodes.map((each) => each.name))],
                   texts: nodes.map((each) => each.textContent).filter(Boolean),
                   fields: Object.fromEntries(nodes.filter((each) => each.id).map((each) => [each.id, each.value ?? null])) };
  if (form.listeners.submit) {
    for (const each of nodes) if (each.type === "checkbox") each.checked = true;
    await form.listeners.submit({ preventDefault() {} });
  }
  console.log(JSON.stringify({ before, after: message.textContent, bad: message.className === "bad" }));
})();
"""


class Launch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.start()
        cls.directory = pathlib.Path(tempfile.mkdtemp())
        (cls.directory / "template.yaml").write_text(LAUNCHED)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        shutil.rmtree(cls.server.data, ignore_errors=True)
        shutil.rmtree(cls.directory, ignore_errors=True)

    def link(self, *more, template=None, **credentials):
        done = subprocess.run([BINARY, "launch-url", str(template or self.directory / "template.yaml"), *more], capture_output=True, text=True,
                              env=self.server.environment(**credentials), timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        url = urllib.parse.urlsplit(done.stdout.strip())
        self.assertEqual(f"{url.scheme}://{url.netloc}{url.path}", self.server.endpoint + "/_cairn/launch")
        self.assertTrue(url.fragment.startswith("/stacks/create/review?"))
        return dict(urllib.parse.parse_qsl(url.fragment.partition("?")[2])), "#" + url.fragment

    def post(self, what, token, body, **headers):
        request = urllib.request.Request(self.server.endpoint + "/_cairn/launch/" + what, method="POST", data=json.dumps(body).encode(), headers={
            "Content-Type": "application/json", **({"X-Cairn-Launch": token} if token else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()}})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers

    def gone(self, name):
        stacks = self.server.client("cloudformation")
        self.assertTrue(eventually(lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"))
        stacks.delete_stack(StackName=name)
        stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})

    def test_a_stack_by_a_link(self):
        asked, _ = self.link("--stack-name", "audit", "--parameter", "Days=7")
        self.assertEqual((asked["stackName"], asked["param_Days"]), ("audit", "7"))
        status, shown, _ = self.post("summary", asked["token"], {})
        self.assertEqual(status, 200, shown)
        self.assertEqual((shown["Region"], shown["Principal"]), ("us-east-1", f"arn:aws:iam::{ACCOUNT}:user/admin"))
        self.assertEqual(shown["Summary"]["ResourceTypes"], ["AWS::Logs::LogGroup", "AWS::IAM::Role"])
        self.assertEqual(shown["Summary"]["Capabilities"], ["CAPABILITY_IAM"])
        self.assertNotIn("hunter2hunter2", json.dumps(shown))
        # What the form would not let through is refused by CloudFormation, and the link stays good.
        status, refused, _ = self.post("create", asked["token"], {"StackName": "audit", "Parameters": {"Days": "7"}})
        self.assertEqual((status, refused["message"]), (400, "Requires capabilities : [CAPABILITY_IAM]"))
        body = {"StackName": "audit", "Parameters": {"Days": "7"}, "Capabilities": ["CAPABILITY_IAM"]}
        status, made, _ = self.post("create", asked["token"], body, User_Agent="Browser/1")
        self.assertEqual(status, 200, made)
        self.assertTrue(made["StackId"].startswith(f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/audit/"))
        # Once.
        for what in ("summary", "create"):
            self.assertEqual(self.post(what, asked["token"], {**body, "StackName": "again"})[0], 403)
        self.gone("audit")
        records = [r for r in all_records(self.server) if r["eventName"] == "CreateStack" and "errorCode" not in r
                   and r["requestParameters"]["stackName"] == "audit"]
        self.assertEqual(len(records), 1)
        self.assertEqual((records[0]["userIdentity"]["arn"], records[0]["userAgent"], records[0]["sourceIPAddress"]),
                         (f"arn:aws:iam::{ACCOUNT}:user/admin", "Browser/1", "127.0.0.1"))
        self.assertNotIn("invokedBy", records[0]["userIdentity"])
        self.assertNotIn(asked["token"][12:], json.dumps(all_records(self.server)))

    def test_it_acts_by_the_rights_of_who_made_it(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="reader")
        iam.put_user_policy(UserName="reader", PolicyName="links", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["cairn:CreateLaunchLink", "cloudformation:GetTemplateSummary"], "Resource": "*"}]}))
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        asked, _ = self.link(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
        self.assertEqual(self.post("summary", asked["token"], {})[0], 200)
        status, refused, _ = self.post("create", asked["token"], {"StackName": "audit", "Capabilities": ["CAPABILITY_IAM"]})
        self.assertEqual(status, 403)
        self.assertIn("user/reader is not authorized to perform: cloudformation:CreateStack", refused["message"])
        iam.update_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"], Status="Inactive")
        self.assertEqual(self.post("summary", asked["token"], {})[0], 403)

    def test_one_stack_however_many_ask(self):
        token = self.link()[0]["token"]

        def create(number):
            return self.post("create", token, {"StackName": f"one{number}", "Capabilities": ["CAPABILITY_IAM"]})[0]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(create, range(8)))
        self.assertEqual(answers.count(200), 1, answers)
        self.assertLessEqual(set(answers), {200, 403, 409})
        stacks = self.server.client("cloudformation")
        names = [each["StackName"] for each in stacks.describe_stacks()["Stacks"] if each["StackName"].startswith("one")]
        self.assertEqual(names, [f"one{answers.index(200)}"])
        self.gone(names[0])

    def test_a_template_in_a_bucket(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="templates")
        s3.put_object(Bucket="templates", Key="a b.yaml", Body=LAUNCHED.encode())
        for url in ("https://s3.us-east-1.amazonaws.com/templates/a%20b.yaml", self.server.endpoint + "/templates/a%20b.yaml"):
            asked, _ = self.link(template=url)
            self.assertEqual(asked["templateURL"], url)
            status, shown, _ = self.post("summary", asked["token"], {})
            self.assertEqual((status, shown.get("TemplateURL")), (200, "https://s3.us-east-1.amazonaws.com/templates/a%20b.yaml"))

        button = ("https://console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/create/review?templateURL="
                  + urllib.parse.quote("https://templates.s3.us-east-1.amazonaws.com/a%20b.yaml", safe="") + "&stackName=audit&param_Days=3&param_Colour=red")
        asked, _ = self.link("--parameter", "Days=5", template=button)
        self.assertEqual((asked["stackName"], asked["param_Days"], asked["param_Colour"]), ("audit", "5", "red"))
        self.assertEqual(self.post("summary", asked["token"], {})[0], 200)

    def test_other_sites_reach_nothing(self):
        token = self.link()[0]["token"]
        body = {"StackName": "theirs", "Capabilities": ["CAPABILITY_IAM"]}
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}):
            status, _, answer = self.post("create", token, body, **headers)
            self.assertEqual(status, 403, headers)
            self.assertIsNone(answer["Access-Control-Allow-Origin"])
        # What a form can send: no header of ours, and no JSON.
        self.assertEqual(self.post("create", None, body)[0], 403)
        self.assertEqual(self.post("create", token, body, Content_Type="text/plain")[0], 415)
        self.assertEqual(self.server.get("/_cairn/launch/create")[0], 404)
        self.assertEqual(self.server.get("/_cairn/launch", method="OPTIONS")[0], 404)
        for odd in ([], "x", {"StackName": 1}, {}, {"StackName": "a", "Parameters": []}, {"StackName": "a", "Parameters": {"A": {}}},
                    {"StackName": "a", "Capabilities": [1]}):
            self.assertEqual(self.post("create", token, odd)[0], 400, odd)
        self.assertEqual(self.post("create", token, {"StackName": "a", "TemplateURL": "https://elsewhere", "RoleARN": "x"})[1]["message"],
                         "Requires capabilities : [CAPABILITY_IAM]", "only what the page asks for is passed on")

    def test_the_page_itself(self):
        for path in ("", ".js", ".css"):
            with urllib.request.urlopen(self.server.endpoint + "/_cairn/launch" + path) as answer:
                policy, text = answer.headers["Content-Security-Policy"], answer.read().decode()
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
            self.assertTrue(policy.startswith("default-src 'none';") and "unsafe" not in policy and "frame-ancestors 'none'" in policy)
            for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "http:", "https:", " on", "style="):
                if not (way == " on" and path != ""):
                    self.assertNotIn(way, text)

    @unittest.skipUnless(shutil.which("node"), "there is no node on this machine")
    def test_nothing_of_a_template_is_markup(self):
        script = self.directory / "launch.js"
        script.write_bytes(self.server.get("/_cairn/launch.js")[1])
        browser = self.directory / "browser.js"
        browser.write_text(BROWSER)
        _, fragment = self.link("--stack-name", "page", "--parameter", "Days=14", "--parameter", f"Colour={MARKUP}")
        def visit():
            done = subprocess.run(["node", str(browser), str(script), self.server.endpoint, fragment], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)
        seen = visit()
        before = seen["before"]
        self.assertEqual(before["address"], "/_cairn/launch")
        self.assertLessEqual(set(before["names"]), {"form", "fieldset", "legend", "p", "label", "input", "select", "option", "ul", "li", "button"})
        for text in (f"A group {MARKUP}", f"In days {MARKUP}", MARKUP, f"First {MARKUP}", f"How long {MARKUP} (Days)", "Other parameters", "AWS::IAM::Role", "Secret"):
            self.assertIn(text, before["texts"])
        self.assertEqual((before["fields"]["stack-name"], before["fields"]["p-Days"], before["fields"]["p-Colour"]), ("page", "14", MARKUP))
        self.assertFalse(seen["bad"], seen["after"])
        self.assertIn("stack/page/", seen["after"])
        self.assertIn("This link was used", visit()["before"]["message"])
        self.gone("page")


if __name__ == "__main__":
    unittest.main()
