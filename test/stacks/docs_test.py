"""docs/stacks.md: its commands, as they stand there; they deploy the examples."""
import pathlib
import re
import subprocess
import unittest

from server import Server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Docs(unittest.TestCase):
    def test_the_commands(self):
        with Server() as server:
            script = re.search(r"```sh\n(.*?)```", (ROOT / "docs/stacks.md").read_text(), re.S)[1].replace(
                "aws cloud", f"/usr/bin/python3 {ROOT}/test/stacks/impatient.py --endpoint-url {server.endpoint} cloud")
            for command in re.split(r"\n(?=/)", script):
                done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=server.environment(), capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}\n{server.output()}")
                if "--stack-name alarms --template" in command:
                    self.assertEqual(len(server.client("cloudwatch").describe_alarms()["MetricAlarms"]), 14)
            self.assertEqual(server.client("cloudtrail").describe_trails()["trailList"], [])
            self.assertEqual(len(server.client("s3").list_buckets()["Buckets"]), 2, "they are retained")


if __name__ == "__main__":
    unittest.main()
