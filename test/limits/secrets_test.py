"""No secret is found in anything that the server keeps or says, whatever it was used for."""
import base64
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from botocore.exceptions import ClientError

from kept import kept, where
from server import BINARY, Server


class Documents(unittest.TestCase):
    """What lies in the data directory."""

    def test_keys_and_seeds_lie_there_sealed(self):
        with Server() as server:
            iam = server.client("iam")
            secrets = {"the administrator's key": server.secret_key}
            secrets["the owner's key"] = re.search(r"\[owner\][^[]*aws_secret_access_key = (\S+)", (server.data / "credentials").read_text())[1]
            iam.create_user(UserName="alice")
            key = iam.create_access_key(UserName="alice")["AccessKey"]
            secrets["alice's key"] = key["SecretAccessKey"]
            seed = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["Base32StringSeed"]
            secrets["a seed in letters"] = seed
            secrets["a seed"] = base64.b32decode(seed)
            root = subprocess.run([BINARY, "root", "credentials", "--data", str(server.data)], capture_output=True, text=True, timeout=30, check=True)
            secrets["root's key"] = re.search(r"aws_secret_access_key = (\S+)", root.stdout)[1]
            server.settle()
            server.kill()
            self.assertEqual(where(secrets, kept(server.data)), [], "after a crash")
            server.start()
            self.assertEqual(server.client("sts", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
                             .get_caller_identity()["Arn"], "arn:aws:iam::000000000000:user/alice")
            server.stop()
            names = dict(kept(server.data))
            self.assertTrue({"state.db", "history/manifest"} <= set(names) and any(name.startswith("journal/") for name in names), names.keys())
            self.assertEqual(where(secrets, names.items()), [], "after a stop")
            # That the search finds what is there: the key's id is no secret.
            self.assertTrue(where({"id": key["AccessKeyId"]}, names.items()))


if __name__ == "__main__":
    unittest.main()
