"""Packages of npm that tests use, where npm and its registry are there."""
import shutil
import subprocess


def install(place, *packages):
    """Into the directory `place`, where they stay from one run to the next. None if they are there, else why not."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not on this machine"
    if all((place / "node_modules" / package).is_dir() for package in packages):
        return None
    place.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(place), *packages], cwd=place,
                              capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        return f"npm did not install {packages[0]} in five minutes"
    return None if done.returncode == 0 else f"npm cannot install {packages[0]}: {done.stderr.strip()[-300:]}"
