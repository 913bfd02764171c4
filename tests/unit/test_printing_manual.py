"""The manual of printing does what it says."""

import re
from pathlib import Path

import pytest

from tests.printed import page_texts

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "printing.md"


def test_the_example_of_the_manual_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "printing.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "2 labels done\n"
    (text,) = page_texts((tmp_path / "labels.pdf").read_bytes())
    assert "0A9K2M7QX41TVBC" in text
    assert "VietGAP" in text
