"""The stand-in for the distribution pyzmq that `ohmq adopt` writes."""

from __future__ import annotations

import email
import tomllib
import zipfile
from pathlib import Path

import zmq
from helpers.interpreters import ROOT
from zmq.cli.adoption.standin import VERSION, write_standin


def test_it_has_the_metadata_of_its_project(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "compat/pyzmq/pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(write_standin(tmp_path)) as wheel:
        (name,) = (each for each in wheel.namelist() if each.endswith("/METADATA"))
        metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["Name"] == project["name"]
    assert metadata["Version"] == project["version"]
    assert metadata["Summary"] == project["description"]
    assert metadata["License"] == project["license"]
    assert metadata["Requires-Python"] == project["requires-python"]
    assert metadata.get_all("Requires-Dist") == project["dependencies"]


def test_its_version_is_that_of_the_api() -> None:
    assert zmq.__version__ == VERSION
