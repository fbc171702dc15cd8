"""Certificate files: made, read, and exchanged with PyZMQ."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

import zmq
import zmq.auth
from helpers.processes import run_python

ours_only = pytest.mark.skipif(
    not hasattr(zmq, "ohmq_version"), reason="PyZMQ leaks, hangs or lets the client wait here"
)
needs_curve = pytest.mark.skipif(not zmq.has("curve"), reason="libzmq was built without CURVE")


@needs_curve
class TestCertificates:
    def test_files(self, tmp_path: Path) -> None:
        public_file, secret_file = zmq.auth.create_certificates(tmp_path, "anna")
        assert public_file == str(tmp_path / "anna.key")
        assert secret_file == str(tmp_path / "anna.key_secret")
        public, nothing = zmq.auth.load_certificate(public_file)
        assert nothing is None
        same, secret = zmq.auth.load_certificate(secret_file)
        assert same == public
        assert secret is not None
        assert zmq.curve_public(secret) == public
        assert secret not in Path(public_file).read_bytes()
        assert sorted(os.listdir(tmp_path)) == ["anna.key", "anna.key_secret"]

    def test_replaces(self, tmp_path: Path) -> None:
        first = zmq.auth.load_certificate(zmq.auth.create_certificates(str(tmp_path), "a")[1])
        second = zmq.auth.load_certificate(zmq.auth.create_certificates(str(tmp_path), "a")[1])
        assert first != second

    def test_metadata(self, tmp_path: Path) -> None:
        _, secret_file = zmq.auth.create_certificates(tmp_path, "a", {"name": "Änna", "x": "1"})
        text = Path(secret_file).read_text("utf-8")
        assert "    name = Änna\n    x = 1\n" in text
        assert zmq.auth.load_certificate(secret_file)[1] is not None

    def test_missing_directory(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="none"):
            zmq.auth.create_certificates(tmp_path / "none", "a")

    @ours_only
    def test_no_other_user_can_ever_read_the_secret_file(self, tmp_path: Path) -> None:
        # The mode is asked at every open, by an audit hook in a process of its own.
        lines = run_python(
            """
            import os, stat, sys
            os.umask(0)
            import zmq.auth
            modes = []
            def hook(event, args):
                if event == "open" and "key_secret" in str(args[0]):
                    modes.append(args[0])
                if event == "os.rename":
                    modes.append(oct(stat.S_IMODE(os.stat(args[0]).st_mode)))
            open(sys.argv[1] + "/a.key_secret", "w").close()
            os.chmod(sys.argv[1] + "/a.key_secret", 0o666)
            sys.addaudithook(hook)
            _, secret = zmq.auth.create_certificates(sys.argv[1], "a")
            print(modes[1])
            print(oct(stat.S_IMODE(os.stat(secret).st_mode)))
            real = os.open
            seen = []
            def spy(path, flags, mode=0o777, **kwargs):
                fd = real(path, flags, mode, **kwargs)
                seen.append((path, oct(stat.S_IMODE(os.fstat(fd).st_mode))))
                return fd
            os.open = spy
            zmq.auth.create_certificates(sys.argv[1], "b")
            print([mode for path, mode in seen if "key_secret" in path])
            """,
            str(tmp_path),
        )
        assert lines == ["0o600", "0o600", "['0o600']"]

    @ours_only
    def test_metadata_that_would_break_the_file(self, tmp_path: Path) -> None:
        for metadata in ({"a": "b\ncurve"}, {"a\n": "b"}):
            with pytest.raises(ValueError, match="metadata"):
                zmq.auth.create_certificates(tmp_path, "a", metadata)
        assert os.listdir(tmp_path) == []

    def test_load_what_others_write(self, tmp_path: Path) -> None:
        public, secret = zmq.curve_keypair()
        path = tmp_path / "a.key"
        for text in (
            b'# a comment\ncurve\n    public-key = "%s"\n',
            b'public-key="%s"',
            b"public-key = '%s'\n",
            b'\tpublic-key\t=   "%s"\r\n',
            b"public-key = %s",
            b'metadata\n    \xff = x\ncurve\n    public-key = "%s"\n',
        ):
            path.write_bytes(text % public)
            assert zmq.auth.load_certificate(path) == (public, None)
        path.write_bytes(b'public-key = "%s"\nsecret-key = "%s"\n' % (public, secret))
        assert zmq.auth.load_certificate(path) == (public, secret)

    def test_load_failures(self, tmp_path: Path) -> None:
        path = tmp_path / "a.key"
        with pytest.raises(OSError, match=r"a\.key"):
            zmq.auth.load_certificate(path)
        secret = zmq.curve_keypair()[1]
        for text in (b"", b"junk", b'# public-key = "%s"' % secret, b'secret-key = "%s"' % secret):
            path.write_bytes(text)
            with pytest.raises(ValueError, match="public key") as caught:
                zmq.auth.load_certificate(path)
            assert "a.key" in str(caught.value)

    def test_keys_are_not_checked(self, tmp_path: Path) -> None:
        # A socket that gets them does that; tests of programs have keys that are none.
        path = tmp_path / "a.key"
        for key in ("short", "x" * 39 + ",", "é"):
            path.write_text(f'public-key = "{key}"\nsecret-key = "hush"', encoding="utf-8")
            assert zmq.auth.load_certificate(path) == (key.encode(), b"hush")

    @ours_only
    def test_metadata_is_no_place_for_keys(self, tmp_path: Path) -> None:
        path = tmp_path / "a.key"
        path.write_text(f'metadata\n    public-key = "{"x" * 40}"\n')
        with pytest.raises(ValueError, match="No public key"):
            zmq.auth.load_certificate(path)

    def test_texts_of_errors(self, tmp_path: Path) -> None:
        for given, function, text in (
            (tmp_path / "no.key", zmq.auth.load_certificate, "Invalid certificate file: {}"),
            (tmp_path / "no", zmq.auth.load_certificates, "Invalid certificate directory: {}"),
        ):
            with pytest.raises(OSError, match="Invalid") as caught:
                function(given)
            assert type(caught.value) is OSError
            assert str(caught.value) == text.format(given)
        (tmp_path / "a.key").touch()
        with pytest.raises(ValueError, match="No public key") as failed:
            zmq.auth.load_certificate(tmp_path / "a.key")
        assert str(failed.value) == f"No public key found in {tmp_path / 'a.key'}"
        with pytest.raises(FileNotFoundError) as missing:
            zmq.auth.create_certificates(tmp_path / "no", "a")
        assert missing.value.errno == errno.ENOENT
        assert missing.value.filename == str(tmp_path / "no" / "a.key")

    def test_load_a_directory(self, tmp_path: Path) -> None:
        assert zmq.auth.load_certificates(tmp_path) == {}
        for name in ("a", "b"):
            zmq.auth.create_certificates(tmp_path, name)
        (tmp_path / "c.key_secret").write_text("not looked at")
        keys = {zmq.auth.load_certificate(tmp_path / f"{name}.key")[0] for name in "ab"}
        assert zmq.auth.load_certificates(str(tmp_path)) == dict.fromkeys(keys, True)
        (tmp_path / "c.key").write_text("junk")
        with pytest.raises(ValueError, match=r"c\.key"):
            zmq.auth.load_certificates(tmp_path)
        for wrong in ("none", "a.key"):
            with pytest.raises(OSError, match="directory"):
                zmq.auth.load_certificates(tmp_path / wrong)

    WRITE = """
        import sys, zmq.auth
        zmq.auth.create_certificates(sys.argv[1], sys.argv[2], metadata={"name": "x"})
    """
    READ = """
        import sys, zmq.auth
        for name in sys.argv[1:]:
            for key in zmq.auth.load_certificate(name):
                print(key.decode() if key else "-")
    """

    @pytest.mark.parametrize("theirs_first", [True, False])
    def test_pyzmq_reads_ours_and_writes_what_we_read(
        self, tmp_path: Path, pyzmq: Path, theirs_first: bool
    ) -> None:
        writer, reader = (pyzmq, sys.executable) if theirs_first else (sys.executable, pyzmq)
        # Our own package must not be found by the other interpreter.
        env = {"PYTHONPATH": ""}
        run_python(self.WRITE, str(tmp_path), "x", python=writer, env=env if theirs_first else None)
        files = [str(tmp_path / "x.key"), str(tmp_path / "x.key_secret")]
        lines = run_python(self.READ, *files, python=reader, env=None if theirs_first else env)
        written = Path(files[1]).read_text()
        public, nothing, same, secret = lines
        assert nothing == "-"
        assert public == same
        assert zmq.curve_public(secret.encode()) == public.encode()
        assert f'"{public}"' in written
        assert f'"{secret}"' in written
