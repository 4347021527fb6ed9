from __future__ import annotations

import csv
import errno
import json
import re
import xml.etree.ElementTree as ElementTree
import zlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QLabel

from visualizer.core.errors import MissingFile, PictureTooLarge, UnknownChoice, WriteFailed
from visualizer.ui import export, style
from visualizer.ui import theme as themes
from visualizer.ui.heatmap import HeatmapWidget

TOKENS = ["私", "は", "図書館", "で", "本", "を", "読ん", "the cat", "<s>"]
CAPTION = "gpt-ja-en · layer 2 · head 3 · 私は図書館で本を読んだ"


@pytest.fixture
def theme() -> themes.Theme:
    return themes.named("light")


@pytest.fixture
def picture(qtbot, qapp, theme: themes.Theme) -> HeatmapWidget:
    before = themes.current()
    style.apply(qapp, theme)
    widget = HeatmapWidget()
    qtbot.addWidget(widget)
    widget.apply_theme(theme)
    widget.resize(600, 500)
    widget.set_data(np.tri(9, dtype=np.float32), row_labels=TOKENS, column_labels=TOKENS, mask=~np.tri(9, dtype=bool))
    yield widget
    style.apply(qapp, before)


def texts(svg: Path) -> list[str]:
    root = ElementTree.parse(svg).getroot()
    return [(element.text or "").strip("\n ") for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_svg_holds_every_token_as_text(picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    export.save_picture(picture, path, theme, caption=CAPTION)
    found = texts(path)
    for token in TOKENS:
        assert token in found, f"{token} is one text element"
    assert CAPTION in found


def test_joining_runs_keeps_separate_labels_separate(qapp) -> None:
    def element(x: float, text: str) -> str:
        return f'<text fill="#000" x="{x}" y="9" font-family="Noto Sans JP" font-size="12" >{text}</text>\n'

    joined = export.join_runs(element(10, "読") + element(22, "ん") + element(60, "だ"))
    assert ">読ん</text>" in joined
    assert ">だ</text>" in joined


def test_pdf_holds_text_that_can_be_found(picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path) -> None:
    path = tmp_path / "picture.pdf"
    export.save_picture(picture, path, theme, caption=CAPTION)
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/FontFile" in data or b"/FontFile2" in data, "the font is embedded"
    streams = [_inflate(s) for s in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)]
    mapped = b"".join(s for s in streams if b"beginbfrange" in s or b"beginbfchar" in s).decode("latin-1").lower()
    for char in "図書館読":
        assert f"{ord(char):04x}" in mapped, f"{char} can be searched for and copied"
    assert any(re.search(rb"T[jJ]", s) for s in streams), "text is drawn as text"


def _inflate(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_png_has_the_chosen_scale(picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path, scale: float) -> None:
    path = tmp_path / "picture.png"
    export.save_picture(picture, path, theme, scale=scale)
    image = QImage(str(path))
    assert (image.width(), image.height()) == (600 * scale, 500 * scale)
    at = picture.arrangement().cell_rect(5, 2).topLeft()
    color = image.pixelColor(int((at.x() + 3) * scale), int((at.y() + 3) * scale))
    assert list(color.getRgb()[:3]) == theme.attention_lut[-1, :3].tolist()


def test_a_caption_adds_a_line_below(picture: HeatmapWidget, theme: themes.Theme) -> None:
    plain = export.render(picture, theme, scale=1.0)
    captioned = export.render(picture, theme, scale=1.0, caption=CAPTION)
    assert captioned.height() > plain.height()
    assert captioned.copy(0, 0, 600, 500) == plain


def test_copying_puts_the_picture_into_the_clipboard(picture: HeatmapWidget, theme: themes.Theme) -> None:
    export.copy_picture(picture, theme, scale=1.0)
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (600, 500)


DATA = {
    "attention": np.array([[0.25, 0.75], [1 / 3, 2 / 3]], dtype=np.float32),
    "rows": ["は", "図書館"],
    "columns": ["私", "a,b"],
    "layer": 2,
}


def test_csv_has_labels_and_exact_numbers(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    export.save_data(DATA, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["", "私", "a,b"]
    assert [row[0] for row in rows[1:]] == ["は", "図書館"]
    numbers = np.array([[float(v) for v in row[1:]] for row in rows[1:]], dtype=np.float32)
    assert (numbers == DATA["attention"]).all(), "float32 survives the text"


def test_csv_of_lists_has_one_column_each(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    export.save_data({"token": ["a", "b"], "probability": np.array([0.5, 0.25])}, path)
    assert path.read_text(encoding="utf-8-sig").splitlines() == ["token,probability", "a,0.5", "b,0.25"]


def test_npz_and_json_hold_everything(tmp_path: Path) -> None:
    export.save_data(DATA, tmp_path / "numbers.npz")
    with np.load(tmp_path / "numbers.npz") as loaded:
        assert (loaded["attention"] == DATA["attention"]).all()
        assert loaded["rows"].tolist() == DATA["rows"]
    export.save_data(DATA, tmp_path / "numbers.json")
    read = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert read["columns"] == DATA["columns"]
    assert np.float32(read["attention"][1][0]) == DATA["attention"][1, 0]


def test_what_is_no_number_is_null_in_json_and_empty_in_csv(tmp_path: Path) -> None:
    data = {"scores": np.array([[0.5, np.nan], [-np.inf, 1.0]], dtype=np.float32), "best": float("nan")}
    export.save_data(data, tmp_path / "numbers.json")

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    text = (tmp_path / "numbers.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=refuse) == {"scores": [[0.5, None], [None, 1.0]], "best": None}
    export.save_data(data, tmp_path / "numbers.csv")
    assert (tmp_path / "numbers.csv").read_text(encoding="utf-8-sig").splitlines() == [",0,1", "0,0.5,", "1,,1.0"]


def test_the_rule_of_the_numbers_stands_in_the_corner_of_the_csv(tmp_path: Path) -> None:
    export.save_data({"attention": np.eye(2, dtype=np.float32), "rule": "renormalised"}, tmp_path / "numbers.csv")
    assert (tmp_path / "numbers.csv").read_text(encoding="utf-8-sig").startswith("renormalised,0,1")


@pytest.mark.parametrize("name", ["picture.png", "picture.svg", "picture.pdf"])
def test_a_missing_folder_is_named(picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingFile):
        export.save_picture(picture, tmp_path / "nowhere" / name, theme)


def test_unknown_formats_are_refused_before_anything_is_drawn(qtbot, theme: themes.Theme, tmp_path: Path) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    with pytest.raises(UnknownChoice):
        export.save_picture(label, tmp_path / "picture.gif", theme)
    with pytest.raises(UnknownChoice):
        export.save_data(DATA, tmp_path / "numbers.xlsx")
    with pytest.raises(UnknownChoice):
        export.save_data({"cube": np.zeros((2, 2, 2))}, tmp_path / "numbers.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["picture.png", "picture.svg", "picture.pdf", "numbers.csv", "numbers.npz"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    path.write_text("old")

    def full(*_args: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(WriteFailed):
        if name.startswith("picture"):
            export.save_picture(picture, path, theme)
        else:
            export.save_data(DATA, path)
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_svg_is_well_formed_whatever_the_labels_hold(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    path = tmp_path / "picture.svg"
    forbidden = "".join(map(chr, [*range(1, 9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]))
    strange = [f"a{c}b" for c in "\x00\x01\x08\x1b\ufffe\uffff<"] + ["&", "]]>"]
    picture.set_data(np.tri(9, dtype=np.float32), row_labels=strange, column_labels=strange)
    export.save_picture(picture, path, theme, caption=f"a{forbidden}b <s> & ]]>")
    assert any("\ufffd" in text for text in texts(path)), "what XML forbids is shown as missing"


def test_a_picture_that_is_too_large_is_refused_and_no_file_is_left(
    picture: HeatmapWidget, theme: themes.Theme, tmp_path: Path
) -> None:
    for scale in (60.0, 100.0):
        with pytest.raises(PictureTooLarge):
            export.save_picture(picture, tmp_path / "picture.png", theme, scale=scale)
    assert list(tmp_path.iterdir()) == []


def test_csv_holds_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    labels = ["=1+1", "@a", "-0.5"]
    export.save_data({"attention": -np.eye(3, dtype=np.float32), "rows": labels, "columns": labels}, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["", "'=1+1", "'@a", "-0.5"]
    assert rows[1][:2] == ["'=1+1", "-1.0"]
