"""`make demo` from its second line on: weeks pass in a folder that did not exist, and everything promised is shown at the end."""

import os
import re
import subprocess
import sys
from email import policy
from email.parser import BytesParser
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_weeks_pass_and_are_shown(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MAKEGOOD_"))}
    command = [sys.executable, "-m", "cli.main", "demo", str(tmp_path / "demo"), "--lang", "en"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean | {"PREFECT_HOME": str(tmp_path / "prefect")}, capture_output=True, text=True, timeout=600, check=False
    )
    said = done.stdout
    assert done.returncode == 0, said[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stderr and "Error:" not in said + done.stderr
    # what it did
    assert "61 cases opened" in said and said.count("complaints.csv, line ") == 4
    assert " 0 failed." in said and "Prefect flow runs" in said
    # a month of visits and calls: everything told was used, a target was missed, and that opened a corrective action
    counted = re.search(r"(\d+) events of visits and calls counted, (\d+) could not be used", said)
    assert counted is not None and int(counted[1]) > 5000 and counted[2] == "0"
    for command_shown in ("standard attainment call-centre", "standard judged restaurant-visit", "case show CA-"):
        assert f"$ makegood {command_shown}" in said, command_shown
    shown = said.split("Breaches and escalations of complaints", 1)[1].split("\n── ", 1)[0]
    assert set(re.findall(r"  ([A-Z]{2})-\d{6}-\d{4,}  ", shown)) == {"KS"}
    (page,) = (tmp_path / "demo" / "reports" / "month").glob("*.html")      # of the one whole month
    assert str(page) in said and page.read_text(encoding="utf-8").count("<svg") > 3
    # what it shows: the inbox, a case that was late with its history, breaches and escalations, notices, the whole chain
    for command_shown in ("inbox --as", "case show KS-", "case history KS-", "audit show --kind breach", "notice list", "audit verify"):
        assert f"$ makegood {command_shown}" in said, command_shown
    assert "not kept" in said and "escalated to: " in said and ": 0 problems" in said
    assert "Look further" in said.splitlines()[-1]
    # the notices lie there as files that a mail program can read
    messages = [BytesParser(policy=policy.default).parsebytes(file.read_bytes()) for file in (tmp_path / "demo" / "outbox").rglob("*.eml")]
    assert len(messages) > 100
    assert all(message["Subject"] and message["To"] and message["Message-ID"] for message in messages)
