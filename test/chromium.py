"""A real browser without a window, where Debian's chromium is installed: driven over the protocol of its developer tools."""
import json
import pathlib
import shutil
import subprocess
import tempfile

DRIVER = pathlib.Path(__file__).with_name("chromium.js")


def missing():
    """None if there is one to drive, else why not."""
    if not shutil.which("chromium"):
        return "chromium is not on this machine: apt-get install chromium"
    return None if shutil.which("node") else "node is not on this machine"


def run(*steps, timeout=60):
    """Does the steps in one page: ("open", url), ("until", expression), ("do", expression), ("read", name, expression). Expressions are the
    page's JavaScript. Returns what was read, and as "problems" what the browser reported: errors of scripts, of the console, refusals of
    the page's Content-Security-Policy, requests that failed; as "requests" where it asked."""
    place = tempfile.mkdtemp(prefix="cairn-chromium-")
    try:
        done = subprocess.run(["node", str(DRIVER), place, json.dumps(steps)], capture_output=True, text=True, timeout=timeout)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if done.returncode != 0:
        raise AssertionError(f"the browser did not come to the end of its steps: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)
