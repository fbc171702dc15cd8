"""Telling a whole installation from one that is mixed with PyZMQ."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
from pathlib import Path

import pytest

from zmq.cli.commands.info import report_lines
from zmq.cli.installation import Diagnosis, Distribution, Findings, collect, damaged_files, diagnose

SITE = Path("/site")
OWN = Distribution("ohmq", "1.0", SITE)
THEIRS = Distribution("pyzmq", "27.3.0", SITE)


def findings(
    *distributions: Distribution, foreign: tuple[Path, ...] = (), imported_is_own: bool = True
) -> Findings:
    return Findings((SITE / "zmq",), distributions, foreign, imported_is_own)


def test_whole() -> None:
    assert diagnose(findings(OWN)) == Diagnosis()


def test_both_in_one_folder() -> None:
    diagnosis = diagnose(findings(OWN, THEIRS))
    assert diagnosis.problems == ["pyzmq 27.3.0 in /site owns files of the same zmq package"]
    assert diagnosis.fix == ["python -m zmq adopt"]


def test_pyzmq_elsewhere_on_the_path_is_only_noted() -> None:
    diagnosis = diagnose(findings(OWN, Distribution("pyzmq", "24.0", Path("/usr/lib/python3"))))
    assert diagnosis.problems == []
    assert diagnosis.notes == ["pyzmq 24.0 in /usr/lib/python3 is hidden behind this one"]


def test_pyzmq_without_files_is_only_noted() -> None:
    """Such a distribution satisfies what other distributions require, and has no module."""
    diagnosis = diagnose(findings(OWN, Distribution("pyzmq", "27.3.0", SITE, has_files=False)))
    assert diagnosis.problems == []
    assert diagnosis.notes == [
        "pyzmq 27.3.0 in /site is a stand-in without files: programs that require it get ohmq"
    ]
    # It stays when something else is wrong.
    broken = diagnose(
        findings(
            Distribution("ohmq", "1.0", SITE, ("zmq/error.py",)),
            Distribution("pyzmq", "27.3.0", SITE, has_files=False),
        )
    )
    assert broken.fix == ["python -m pip install --force-reinstall --no-deps ohmq"]


def install_metadata(site: Path, name: str, record: str | None, **more: str) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    if record is not None:
        (info / "RECORD").write_text(record)
    for file, text in more.items():
        (info / f"{file}.txt").write_text(text)


def test_files_of_a_distribution_are_those_that_it_has_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata_only, whole, unrecorded = (tmp_path / name for name in "abc")
    for site in (metadata_only, whole, unrecorded):
        site.mkdir()
    install_metadata(metadata_only, "pyzmq", "pyzmq-1.0.dist-info/METADATA,,\n")
    install_metadata(metadata_only, "other", "other/__init__.py,,\n")
    install_metadata(whole, "pyzmq", 'other.py,,\n"zmq/__init__.py",sha256=abc,3\n')
    install_metadata(unrecorded, "pyzmq", None, top_level="zmq\n")
    monkeypatch.setattr("sys.path", [str(metadata_only), str(whole), str(unrecorded)])
    distributions = collect(imported_is_own=True).distributions
    assert {(each.name, each.location, each.has_files) for each in distributions} == {
        ("pyzmq", metadata_only.resolve(), False),
        ("pyzmq", whole.resolve(), True),
        ("pyzmq", unrecorded.resolve(), True),
    }


def test_files_of_pyzmq_left_behind() -> None:
    left = SITE / "zmq/backend/cython/_zmq.so"
    diagnosis = diagnose(findings(OWN, foreign=(left,)))
    assert diagnosis.problems == [f"{left} belongs to PyZMQ"]
    assert diagnosis.fix == [f"rm -r {left}"]
    # Where others of its files lie over ours, both has to be done.
    damaged = Distribution("ohmq", "1.0", SITE, ("zmq/error.py",))
    (both,) = diagnose(findings(damaged, foreign=(left,))).fix
    assert both == f"rm -r {left} && python -m pip install --force-reinstall --no-deps ohmq"


def test_files_that_went_with_pyzmq() -> None:
    damaged = ("zmq/__init__.py", "zmq/error.py", "zmq/utils/z85.py", "zmq/ssh/tunnel.py")
    (problem,) = diagnose(findings(Distribution("ohmq", "1.0", SITE, damaged))).problems
    assert problem.startswith("4 files of ohmq are missing or overwritten: zmq/__init__.py, ")
    assert problem.endswith(", ...")


def test_programs_that_require_pyzmq() -> None:
    """`adopt` does all that is to do; a stand-in that is there need not be installed again."""
    damaged = Distribution("ohmq", "1.0", SITE, ("zmq/error.py",))
    standin = Distribution("pyzmq", "27.3.0", SITE, has_files=False)
    reinstall = "python -m pip install --force-reinstall --no-deps ohmq"

    def diagnosed(*distributions: Distribution, programs: tuple[str, ...] = ("one",)) -> Diagnosis:
        return diagnose(Findings((SITE / "zmq",), distributions, (), True, programs))

    (note,) = diagnosed(OWN).notes
    assert note.startswith("one requires pyzmq, which is not there: 'python -m zmq adopt'")
    (note,) = diagnosed(OWN, programs=("one", "two")).notes
    assert note.startswith("one, two require pyzmq")
    assert diagnosed(damaged).fix == ["python -m zmq adopt"]
    assert diagnosed(damaged, standin).fix == [reinstall]


def test_another_zmq_is_imported() -> None:
    assert diagnose(findings(OWN, imported_is_own=False)).fix == [
        "python -m pip install --force-reinstall --no-deps ohmq"
    ]


def test_without_pip_uv_fixes_it() -> None:
    damaged = Distribution("ohmq", "1.0", SITE, ("zmq/error.py",))
    found = Findings((SITE / "zmq",), (damaged,), (), True, has_pip=False)
    assert diagnose(found).fix == ["uv pip install --reinstall --no-deps ohmq"]


@pytest.mark.parametrize(
    ("origin", "taken_from"),
    [
        ('{"url": "file://FOLDER/a%20wheel.whl", "archive_info": {}}', "'FOLDER/a wheel.whl'"),
        ('{"url": "file://FOLDER/gone.whl", "archive_info": {}}', "ohmq"),
        ('{"url": "https://host/ohmq.whl", "archive_info": {}}', "https://host/ohmq.whl"),
        (
            '{"url": "https://host/ohmq", "vcs_info": {"vcs": "git", "commit_id": "abc"}}',
            "git+https://host/ohmq@abc",
        ),
        (None, "ohmq"),
    ],
)
def test_it_is_installed_again_from_where_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: str | None, taken_from: str
) -> None:
    """An index need not have what was installed from a file."""
    (tmp_path / "a wheel.whl").touch()
    install_metadata(tmp_path, "ohmq", "zmq/error.py,,\n")
    if origin is not None:
        origin = origin.replace("FOLDER", tmp_path.as_posix())
        (tmp_path / "ohmq-1.0.dist-info/direct_url.json").write_text(origin)
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    (own,) = collect(imported_is_own=True).distributions
    (command,) = diagnose(findings(own)).fix
    words = taken_from.replace("FOLDER", str(tmp_path))
    assert command == f"python -m pip install --force-reinstall --no-deps {words}"


def test_pyzmq_on_pythonpath_comes_first() -> None:
    first = Path("/lib")
    distributions = (OWN, Distribution("pyzmq", "26.0", first))
    found = Findings((first / "zmq",), distributions, (), False, python_path=(first,))
    assert diagnose(found).fix == ["unset PYTHONPATH"]
    # In one folder with ours it has to go.
    both = Findings((SITE / "zmq",), (OWN, THEIRS), (), False, python_path=(SITE,))
    assert diagnose(both).fix == ["python -m zmq adopt"]


UV = '[[package]]\nname = "pyzmq"\nversion = "27.3.0"\nsource = {{ {} }}\n'
UV_RELEASE = UV.format('registry = "https://index/simple"')
POETRY = '[[package]]\nname = "pyzmq"\nversion = "27.3.0"\n'


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        ("uv.lock", UV_RELEASE, "uv sync"),
        ("poetry.lock", POETRY, "poetry install"),
        ("uv.lock", UV.format('path = "pyzmq-27.3.0-py3-none-any.whl"'), None),
        ("poetry.lock", POETRY + '[package.source]\ntype = "file"\nurl = "x.whl"\n', None),
        ("uv.lock", f'[manifest]\noverrides = [{{ name = "pyzmq" }}]\n{UV_RELEASE}', None),
        ("uv.lock", '[[package]]\nname = "tornado"\n', None),
        ("uv.lock", "of a version that is [not known", None),
    ],
)
def test_a_project_that_would_put_pyzmq_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str, command: str | None
) -> None:
    (tmp_path / file).write_text(text)
    monkeypatch.setattr("sys.prefix", str(tmp_path / ".venv"))
    notes = [note for note in diagnose(collect(imported_is_own=True)).notes if file in note]
    assert [note.split("'")[1] for note in notes] == ([command] if command else [])


def test_damage_is_seen_by_hash(tmp_path: Path) -> None:
    files = {"zmq/whole.py": b"1", "zmq/changed.py": b"2", "zmq/gone.py": b"3", "other/x.py": b"4"}
    record = ""
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(content)}\n"
        if name not in {"zmq/gone.py", "other/x.py"}:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
    (tmp_path / "zmq/changed.py").write_bytes(b"of another distribution")
    info = tmp_path / "ohmq-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ohmq\nVersion: 1.0\n")
    (info / "RECORD").write_text(record)
    distribution = importlib.metadata.Distribution.at(info)
    assert list(damaged_files(distribution)) == ["zmq/changed.py", "zmq/gone.py"]
    # An editable installation is built again in place, which is no damage.
    (info / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')
    assert list(damaged_files(distribution)) == []


def test_report() -> None:
    whole = report_lines([("ohmq", "1.0"), ("libzmq", "4.3.4")], Diagnosis())
    assert whole == ["ohmq    1.0", "libzmq  4.3.4", "installation  whole"]
    mixed = report_lines([("ohmq", "1.0")], Diagnosis(["a problem"], ["a note"], ["a command"]))
    assert mixed[1].split(maxsplit=1) == ["note", "a note"]
    assert mixed[-5:] == [
        "This installation is mixed or damaged:",
        "  - a problem",
        "",
        "Fix it with:",
        "  a command",
    ]
