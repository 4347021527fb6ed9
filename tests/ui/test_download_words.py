from __future__ import annotations

from visualizer.core.system.progress import download, downloaded
from visualizer.ui.download_words import WINDOW, Download


def filled(*known: tuple[float, int], total: int = 3_400_000_000) -> Download:
    found = Download()
    for now, done in known:
        found.add(now, done, total)
    return found


def test_bytes_are_said_at_once_and_speed_when_it_is_known() -> None:
    assert filled((0.0, 1_200_000_000)).words() == "1.2 GB of 3.4 GB"
    assert filled((0.0, 0), (0.2, 5_000_000)).words() == "5.0 MB of 3.4 GB"
    assert filled((0.0, 0), (2.0, 24_000_000)).words() == "24 MB of 3.4 GB · 12 MB/s · 5 min left"
    assert filled((0.0, 0), (2.0, 200_000_000)).words().endswith("100 MB/s · 32 s left")
    assert filled((0.0, 0), (2.0, 200_000)).words().endswith("100 kB/s · 9 h left")


def test_only_the_last_seconds_make_the_speed() -> None:
    slow = [(float(t), 1_000 * t) for t in range(100)]
    fast = [(100.0 + t, 99_000 + 1_000_000 * (t + 1)) for t in range(20)]
    speed = filled(*slow, *fast).speed
    assert speed is not None and abs(speed - 1_000_000) < 1
    assert len(filled(*slow)._known) <= WINDOW + 2


def test_a_line_that_is_down_is_said() -> None:
    assert filled((0.0, 50), (3.0, 50), total=100).words() == "50 B of 100 B · nothing is coming"


def test_the_next_download_begins_anew() -> None:
    found = filled((0.0, 0), (2.0, 900), total=1000)
    found.add(2.5, 10, 5000)
    assert found.words() == "10 B of 5.0 kB"


def test_the_step_of_a_download_is_read_again() -> None:
    assert downloaded(download(5, 70)) == (5, 70)
    for other in ("download", "weights", "download:x/7", "download:5", ""):
        assert downloaded(other) is None


def test_speed_falls_while_nothing_comes() -> None:
    found = filled((0.0, 0), (2.0, 900_000), total=10_000_000)
    for second in range(3, 20):
        found.wait(float(second))
    assert found.words() == "900 kB of 10 MB · nothing is coming"
