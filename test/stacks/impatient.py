"""Debian's AWS CLI, whose waiters look again after 20 ms instead of 30 s, and whose `deploy` names change sets by the nanosecond
instead of the second, so that two of them in one have two names. As a program: the CLI's arguments follow."""
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
    import types
    patient = time.sleep
    time.sleep = lambda seconds: patient(min(seconds, 0.02))
    import awscli.clidriver
    import awscli.customizations.cloudformation.deployer as deployer
    deployer.time = types.SimpleNamespace(time=time.time_ns)
    sys.exit(awscli.clidriver.main())
