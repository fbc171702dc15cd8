"""The examples for systemd and Kubernetes are what these take, and what the command takes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("tree_sitter_toml", reason="needs the extra ohmq[cli]")

from helpers.command import run
from helpers.interpreters import ROOT

UNIT = ROOT / "examples" / "systemd" / "ohmq.service"
MANIFESTS = ROOT / "examples" / "kubernetes" / "queue.yaml"


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze")
    # It looks whether the program is there.
    text = UNIT.read_text().replace("/opt/ohmq/bin/ohmq", sys.executable)
    assert sys.executable in text
    (tmp_path / UNIT.name).write_text(text)
    command = [tool, "verify", str(tmp_path / UNIT.name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # Units of the system may have warnings of their own.
    assert UNIT.name not in done.stderr


def test_kubernetes_takes_the_manifests() -> None:
    # Not among the pinned tools: it has 17,000 files.
    pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    command = [sys.executable, "-m", "kubernetes_validate", "--strict", str(MANIFESTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed for resource") == 4


def test_the_command_takes_the_configuration_of_the_manifests(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="pyyaml")
    config, deployment, *_ = yaml.safe_load_all(MANIFESTS.read_text())
    file = tmp_path / "devices.toml"
    file.write_text(config["data"]["devices.toml"])
    done = run("device", "--config", str(file), "--check")
    assert done.returncode == 0, done.stderr
    assert b"good, 1 device" in done.stdout
    # Kubernetes kills what has not ended by then.
    drain_s = int(file.read_text().split("drain_s = ")[1].split()[0])
    assert deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > drain_s + 3
