"""docs/query.md: its commands, as they stand there, against a server."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import logs
from logs import BINARY, ROOT
from server import Server

SKIP = logs.why_not()


@unittest.skipIf(SKIP, SKIP)
class Docs(unittest.TestCase):
    def test_the_commands(self):
        script = re.search(r"```sh\n(.*?)```", (ROOT / "docs/query.md").read_text(), re.S)[1]
        with Server() as server, tempfile.TemporaryDirectory() as directory:
            environment = server.environment(PATH=f"{pathlib.Path(BINARY).resolve().parent}:/usr/bin:/bin")
            for command in script.splitlines()[2:]:  # the program is on the path, and the library there
                done = subprocess.run(["bash", "-c", command.replace("aws s3", f"/usr/bin/aws --endpoint-url {server.endpoint} s3")], cwd=directory,
                                      env=environment, capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")
                if "LIMIT 10" in command:
                    self.assertIn("CreateBucket", done.stdout)
            self.assertEqual(os.listdir(directory), ["events.parquet"])
            described = {line.split(",")[0] for line in done.stdout.splitlines()[1:]}
            table = re.search(r"## The table\n(.*?)\n- ", (ROOT / "docs/query.md").read_text(), re.S)[1]
            named = set(re.findall(r"[a-z]+", " ".join(re.sub(r"\(.*?\)", "", row.split("|")[1]) for row in table.splitlines() if row.startswith("| "))))
            self.assertEqual(described - {"columns"}, named - {"columns"})


if __name__ == "__main__":
    unittest.main()
