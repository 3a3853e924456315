"""npm's aws-cdk, as docs/stacks.md says: bootstrapped with CDK's own template without its container registry, then an app with a bucket and a
trail: synthesized, its template uploaded, deployed by the roles of the bootstrap, destroyed. And the AWS CLI's deploy through a bucket."""
import json
import pathlib
import re
import subprocess
import unittest

import npm
from server import Server, all_records, build_directory, eventually, other_aws

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLACE = build_directory() / "cdk"
PACKAGES = ("aws-cdk", "aws-cdk-lib", "constructs")
ACCOUNT = "000000000000"

APP = """
const cdk = require("aws-cdk-lib");
const { aws_cloudtrail: cloudtrail, aws_s3: s3 } = cdk;
const stack = new cdk.Stack(new cdk.App(), "Audit", { env: { account: "000000000000", region: "us-east-1" } });
const bucket = new s3.Bucket(stack, "Logs", { versioned: true, removalPolicy: cdk.RemovalPolicy.DESTROY });
new cloudtrail.Trail(stack, "Trail", { bucket, isMultiRegionTrail: true, enableFileValidation: true });
"""

IMPORT = """
const cdk = require("aws-cdk-lib");
const stack = new cdk.Stack(new cdk.App(), "Taken", { env: { account: "000000000000", region: "us-east-1" } });
const bucket = (id, bucketName) => new cdk.aws_s3.CfnBucket(stack, id, { bucketName }).applyRemovalPolicy(cdk.RemovalPolicy.RETAIN);
bucket("Logs", "made-by-hand");
if (process.env.MORE) bucket("More", "made-by-hand-too");
"""


class Cdk(unittest.TestCase):
    def test_bootstrap_deploy_destroy(self):
        if reason := npm.install(PLACE, *PACKAGES):
            self.skipTest(reason)
        commands = re.search(r"## CDK.*?```sh\n(.*?)```", (ROOT / "docs/stacks.md").read_text(), re.S)[1]
        (PLACE / "app.js").write_text(APP)
        (PLACE / "cdk.json").write_text(json.dumps({"app": "node app.js"}))
        with Server("--dev") as server:  # CDK's bucket wants TLS
            def run(command):
                done = subprocess.run(["bash", "-c", "set -o pipefail; " + command], cwd=PLACE, capture_output=True, text=True, timeout=300,
                                      env=server.environment(PATH=f"{PLACE}/node_modules/.bin:/usr/bin:/bin", CI="true", CDK_OUTDIR=f"{server.data}/cdk.out"))
                self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}\n{server.output()}")
                return done.stdout + done.stderr

            run(commands)
            [trail] = server.client("cloudtrail").describe_trails()["trailList"]
            self.assertTrue(server.client("cloudtrail").get_trail_status(Name=trail["TrailARN"])["IsLogging"])
            self.assertEqual(server.client("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")["Parameter"]["Type"], "String")
            made = next(record for record in all_records(server) if record["eventName"] == "CreateTrail")
            self.assertEqual(made["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"], f"cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1")
            run("cdk destroy --force")
            self.assertEqual(server.client("cloudtrail").describe_trails()["trailList"], [])
            # What was made by hand, taken in: by the bootstrap's roles, also where the caller's own could not look at it.
            for name in ("made-by-hand", "made-by-hand-too"):
                server.client("s3").create_bucket(Bucket=name)
            (PLACE / "import.js").write_text(IMPORT)
            (PLACE / "mapping.json").write_text(json.dumps({"Logs": {"BucketName": "made-by-hand"}}))
            stacks = server.client("cloudformation")
            run("cdk --app 'node import.js' import --resource-mapping mapping.json")
            self.assertEqual(stacks.describe_stacks(StackName="Taken")["Stacks"][0]["StackStatus"], "IMPORT_COMPLETE")
            run("MORE=1 cdk --app 'node import.js' deploy --import-existing-resources --require-approval never")
            self.assertEqual(stacks.describe_stacks(StackName="Taken")["Stacks"][0]["StackStatus"], "UPDATE_COMPLETE")
            self.assertEqual({e["LogicalResourceId"] for e in stacks.describe_stack_events(StackName="Taken")["StackEvents"] if e["ResourceStatus"] == "IMPORT_COMPLETE"},
                             {"Taken", "Logs", "More"})


class Bucket(unittest.TestCase):
    def test_deploy_through_a_bucket(self):
        binary = other_aws()
        if binary is None:
            self.skipTest("Debian's AWS CLI uploads to AWS wherever its endpoint is, and there is no newer one on the path")
        with Server() as server:
            server.client("s3").create_bucket(Bucket="templates")
            template = pathlib.Path(server.data) / "large.json"  # more than a call may hold
            template.write_text(json.dumps({"Metadata": {"Padding": "x" * 60_000}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}))
            done = server.aws("cloudformation", "deploy", "--stack-name", "large", "--template-file", str(template), "--s3-bucket", "templates",
                              "--no-execute-changeset", binary=binary)
            self.assertEqual(len(server.client("s3").list_objects_v2(Bucket="templates")["Contents"]), 1)
            cloudformation = server.client("cloudformation")
            cloudformation.execute_change_set(ChangeSetName=re.search(r"arn:aws:cloudformation:\S+", done.stdout + done.stderr)[0])
            eventually(lambda: cloudformation.describe_stacks(StackName="large")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
            self.assertEqual(len(server.client("sns").list_topics()["Topics"]), 1)


if __name__ == "__main__":
    unittest.main()
