from __future__ import annotations

import graphlib
import subprocess
import sys
import zipfile
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "visualizer"
LIMIT = 420  # "about 400 lines", and a little room
HEAVY = ("torch", "transformers", "janome", "sentencepiece", "gguf", "accelerate", "pandas", "scipy", "matplotlib")


def test_no_module_grows_too_long() -> None:
    lengths = {p.relative_to(ROOT): len(p.read_text(encoding="utf-8").splitlines()) for p in PACKAGE.rglob("*.py")}
    long = {str(path): n for path, n in lengths.items() if n > LIMIT}
    assert not long, f"split these, a new idea gets a new file: {long}"


def test_no_circle_of_imports_in_the_core_not_even_a_late_one() -> None:
    graph = grimp.build_graph("visualizer")
    core = [name for name in graph.modules if name.startswith("visualizer.core")]
    imports = {name: graph.find_modules_directly_imported_by(name) & set(core) for name in core}
    # A package's face hands on what lies inside; what lies inside may not ask the face.
    graphlib.TopologicalSorter(imports).prepare()


def _imported_by(statement: str) -> set[str]:
    """Top-level packages that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys\nprint(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import visualizer.app",
        "import visualizer.cli",
        "import visualizer.widgets.main_window",
        "from visualizer.views.registry import VIEWS, view_class; [view_class(name) for name in VIEWS]",
    ],
)
def test_the_window_opens_before_anything_heavy_is_imported(statement: str) -> None:
    heavy = _imported_by(statement) & set(HEAVY)
    assert not heavy, f"`{statement}` imports {sorted(heavy)}; import them where they are used, on the worker thread"


@pytest.mark.parametrize("module", ["visualizer.core.capture", "visualizer.core.models", "visualizer.core.export"])
def test_the_core_runs_where_no_qt_is_installed(module: str) -> None:
    block = "import sys; sys.modules['PySide6'] = None; sys.modules['pyqtgraph'] = None"
    assert "visualizer" in _imported_by(f"{block}; import {module}")


def test_an_installed_wheel_finds_its_fonts_translations_and_models(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("transformer_visualizer-*.whl")
    assets = {p.relative_to(ROOT).as_posix() for p in (ROOT / "assets").rglob("*") if p.is_file()}
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        missing = {f"visualizer/{name}" for name in assets} - inside
        assert not missing, f"these files stay behind when the wheel is built: {sorted(missing)}"
        archive.extractall(tmp_path / "site")
    code = "from visualizer.core.system.paths import assets; print(assets())"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()) == tmp_path / "site" / "visualizer" / "assets"
