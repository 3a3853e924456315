"""Debian's AWS CLI, whose waiters look again after 20 ms instead of 30 s. As a program: the CLI's arguments follow."""
import subprocess
import sys


def aws(server, *arguments, check=True):
    done = subprocess.run(["/usr/bin/python3", __file__, "--endpoint-url", server.endpoint, *arguments], env=server.environment(),
                          capture_output=True, text=True, timeout=60)
    if check and done.returncode != 0:
        raise AssertionError(f"aws {' '.join(arguments)} gave {done.returncode}: {done.stdout}{done.stderr}\n{server.output()}")
    return done


if __name__ == "__main__":
    import time
    patient = time.sleep
    time.sleep = lambda seconds: patient(min(seconds, 0.02))
    import awscli.clidriver
    sys.exit(awscli.clidriver.main())
