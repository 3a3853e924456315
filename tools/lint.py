"""The project's rules, as checks. Each prints what is wrong, where, and what to do instead."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
problems = []


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in out.stdout.splitlines() if (ROOT / line).is_file()]


def layers():
    """#include lines go downward only: what a module may use stands in CMakeLists.txt."""
    uses = {}
    for name, rest in re.findall(r"^cairn_module\((\w+)([^)]*)\)", (ROOT / "CMakeLists.txt").read_text(), re.M):
        direct = re.search(r"USES ((?:(?!LIBS)\w+\s*)+)", rest)
        uses[name] = set(direct.group(1).split()) if direct else set()
    def closure(name):
        seen, todo = set(), [name]
        while todo:
            for used in uses[todo.pop()]:
                if used not in seen:
                    seen.add(used)
                    todo.append(used)
        return seen
    for path in tracked("src/*.cc", "src/*.h"):
        parts = path.relative_to(ROOT / "src").parts
        module = parts[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include "(\w+)/(?:(\w+)/)?', line)
            if not match:
                continue
            target, folder = match.groups()
            is_twin_in_test = path.name.endswith("_test.cc") or "sim" in parts
            if target not in uses:
                problems.append(f"{path.relative_to(ROOT)}:{number}: includes unknown module '{target}'")
            elif target != module and target not in closure(module) and not is_twin_in_test:
                problems.append(f"{path.relative_to(ROOT)}:{number}: '{module}' may not use '{target}' (layers: CMakeLists.txt)")
            elif module == target == "services" and folder and folder != parts[1]:
                problems.append(f"{path.relative_to(ROOT)}:{number}: services never include each other; call through the API")


BANNED = [
    (r"system_clock::now|steady_clock::now|\bgettimeofday\(|\bclock_gettime\(", "take env::Clock by constructor", ("src/env/", "src/base/log.cc", "bench/")),
    (r"std::random_device|\brand\(\)", "take env::Random by constructor", ("src/env/",)),
    (r"sleep_for|sleep_until|\busleep\(", "wait for a condition, or use env::Tasks", ("src/env/", "bench/", "test/")),
    (r"co_await \w+\((?:\[|\{)", "gcc 12 destroys it twice: name the object first, then co_await f(std::move(x))", ()),
    (r"\b(?:TODO|FIXME|XXX)\b", "do it, or say in docs what is missing", ()),
]


def banned_calls():
    for path in tracked("src/*.cc", "src/*.h", "bench/*.cc", "test/*.cc", "fuzz/*.cc"):
        name = str(path.relative_to(ROOT))
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for pattern, instead, allowed in BANNED:
                if re.search(pattern, line) and not name.startswith(allowed) and not (name.endswith("_test.cc") and "sleep" in pattern):
                    problems.append(f"{name}:{number}: '{line.strip()[:60]}': {instead}")


def documents():
    """A document that names a file of the tree names one that exists."""
    for path in tracked("*.md"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for name in re.findall(r"`((?:src|docs|tools|test|bench|fuzz|models|cmake|examples|packaging)/[\w./-]+\.\w+)`", line):
                if not (ROOT / name).exists():
                    problems.append(f"{path.relative_to(ROOT)}:{number}: names {name}, which does not exist")


def large_files():
    for path in tracked():
        if path.stat().st_size > 1_500_000:
            problems.append(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes; generated data stays out of git")


for check in (layers, banned_calls, documents, large_files):
    check()
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
