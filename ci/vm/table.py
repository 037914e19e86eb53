"""Makes results.json and results.md from the guests' folders of a matrix. A guest without results is "not run", never a pass."""

import datetime
import json
import os
import pathlib
import re
import sys

BACKENDS = ["landlock", "bubblewrap"]
NOT_RUN = 125
TRIED = [step for step in ("short", "verify") if step in os.environ["RINGFENCE_VM_STEPS"].split()]


def text(path):
    return path.read_text(errors="replace").strip() if path.is_file() else ""


def number(path):
    found = text(path)
    return int(found) if found.lstrip("-").isdigit() else None


def counts(path):
    try:
        cases = json.loads(path.read_text())["cases"]
    except (OSError, ValueError, KeyError):
        return None
    found = {"PASS": 0, "FAIL": 0, "NOT_APPLICABLE": 0, "SKIPPED": 0}
    for case in cases:
        found[case["outcome"]] = found.get(case["outcome"], 0) + 1
    found["failed"] = [case["id"] for case in cases if case["outcome"] == "FAIL"]
    return found


def guest(folder):
    kernel, arch, user = folder.name.rsplit("-", 2)
    code = number(folder / "code")
    release = re.search(r"^vm: (\S+) \S+, up", text(folder / "console"), re.MULTILINE)
    said = {
        "kernel": kernel,
        "release": release.group(1) if release else None,
        "arch": arch,
        "user": user,
        "code": code,
        "seconds": number(folder / "seconds"),
        "problem": text(folder / "problem") if code else "",
        "backends": {},
    }
    for backend in BACKENDS:
        said["backends"][backend] = {
            "run": number(folder / f"run-{backend}.exit"),
            "build": number(folder / f"build-{backend}.exit"),
            "verify": number(folder / f"verify-{backend}.exit"),
            "short": number(folder / f"short-{backend}.exit"),
            "attacks": counts(folder / f"short-{backend}.json"),
            "cases": counts(folder / f"{backend}.json"),
        }
    return said


def ended(value):
    return "not run" if value is None else "passed" if value == 0 else f"exit {value}"


def shown(cases, code):
    if cases is None:
        # 126 is a refusal.
        return ("not run" if code is None else f"none, exit {code}"), []
    return f"{cases['PASS']} passed, {cases['FAIL']} failed, {cases['NOT_APPLICABLE']} n/a, {cases['SKIPPED']} skipped", cases["failed"]


def row(said, backend):
    found = said["backends"][backend]
    attacks, failed = shown(found["attacks"], found["short"])
    cases, more = shown(found["cases"], found["verify"])
    place = f"{said['release'] or said['kernel']} {said['arch']}"
    cells = [place, said["user"], backend, ended(found["run"]), attacks, cases, " ".join(failed + more), ended(found["build"])]
    return f"| {' | '.join(cells)} |"


def main():
    folder = pathlib.Path(sys.argv[1])
    guests = [guest(each) for each in sorted(folder.iterdir()) if each.is_dir()]
    today = datetime.date.today().isoformat()
    (folder / "results.json").write_text(json.dumps({"date": today, "guests": guests}, indent=2) + "\n")
    lines = [f"Run on {today}.", "", "| kernel | user | backend | `run -- true` | short list | cases | failed | build with make |", "|---|---|---|---|---|---|---|---|"]
    lines += [row(said, backend) for said in guests for backend in BACKENDS]
    lines += [f"\n{said['kernel']} {said['arch']} {said['user']}: {said['problem']}" for said in guests if said["code"] == NOT_RUN]
    (folder / "results.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    failed = any(
        said["code"] not in (0, NOT_RUN) or any((each[kind] or {}).get("FAIL") for each in said["backends"].values() for kind in ("attacks", "cases")) for said in guests
    )
    complete = bool(guests) and all(
        said["code"] == 0 and all(each[step] is not None for each in said["backends"].values() for step in TRIED) for said in guests
    )
    return 1 if failed else 0 if complete else 3


if __name__ == "__main__":
    sys.exit(main())
