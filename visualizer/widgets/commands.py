"""Everything a person can do by name or key: one table, which menus, palette, tooltips, README and tests read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication

from visualizer.session.translation import QT_TRANSLATE_NOOP


class Reach(Enum):
    """Where a command's key works: everywhere, not while typing, or only where arrow keys have no work of their own."""

    ALWAYS = "always"
    NOT_TYPING = "not typing"
    NOT_EDITING = "not editing"


@dataclass(frozen=True, slots=True)
class Command:
    """id: what code calls it; text: source string in the context "Commands"; keys: of QKeySequence, first one shown."""

    id: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    reach: Reach = Reach.ALWAYS

    def label(self) -> str:
        """Its name in the interface's language."""
        return QCoreApplication.translate("Commands", self.text)


def _views() -> tuple[Command, ...]:
    named = (
        ("attention_map", QT_TRANSLATE_NOOP("Commands", "Attention map"), "map"),
        ("head_grid", QT_TRANSLATE_NOOP("Commands", "All heads"), "grid"),
        ("positions", QT_TRANSLATE_NOOP("Commands", "Positions"), "wave"),
        ("next_token", QT_TRANSLATE_NOOP("Commands", "Next token"), "bars"),
        ("attention_lines", QT_TRANSLATE_NOOP("Commands", "Attention lines"), "lines"),
        ("attention_stages", QT_TRANSLATE_NOOP("Commands", "Attention step by step"), "stages"),
        ("head_statistics", QT_TRANSLATE_NOOP("Commands", "Head statistics"), "table"),
        ("whole_model_attention", QT_TRANSLATE_NOOP("Commands", "Attention through all layers"), "network"),
        ("similar_heads", QT_TRANSLATE_NOOP("Commands", "Similar heads"), "scatter"),
    )
    return tuple(
        Command(f"view.{name}", text, (str(number),), icon, Reach.NOT_TYPING)
        for number, (name, text, icon) in enumerate(named, 1)
    )


VIEW_COMMANDS = _views()

COMMANDS: tuple[Command, ...] = (
    Command("text.focus", QT_TRANSLATE_NOOP("Commands", "Edit the text"), ("/",), "", Reach.NOT_TYPING),
    Command("model.choose", QT_TRANSLATE_NOOP("Commands", "Choose a model…"), ("Ctrl+M",), "model"),
    Command("model.card", QT_TRANSLATE_NOOP("Commands", "About this model"), ("Ctrl+I",), "info"),
    Command("layer.next", QT_TRANSLATE_NOOP("Commands", "Next layer"), ("Up",), "", Reach.NOT_EDITING),
    Command("layer.previous", QT_TRANSLATE_NOOP("Commands", "Previous layer"), ("Down",), "", Reach.NOT_EDITING),
    Command("head.next", QT_TRANSLATE_NOOP("Commands", "Next head"), ("Right",), "right", Reach.NOT_EDITING),
    Command("head.previous", QT_TRANSLATE_NOOP("Commands", "Previous head"), ("Left",), "left", Reach.NOT_EDITING),
    Command("kind.next", QT_TRANSLATE_NOOP("Commands", "Next kind of attention"), ("K",), "", Reach.NOT_TYPING),
    Command("unlock", QT_TRANSLATE_NOOP("Commands", "Unlock the token, leave the field"), ("Esc",), "lock"),
    *VIEW_COMMANDS,
    Command("view.second", QT_TRANSLATE_NOOP("Commands", "Second view beside the first"), ("Ctrl+B",), "second"),
    Command("view.dock", QT_TRANSLATE_NOOP("Commands", "Next token at the side"), ("Ctrl+J",), "bars"),
    Command("picture.save", QT_TRANSLATE_NOOP("Commands", "Save the picture…"), ("Ctrl+S",), "save"),
    Command("picture.copy", QT_TRANSLATE_NOOP("Commands", "Copy the picture"), ("Ctrl+Shift+C",), "copy"),
    Command("window.save", QT_TRANSLATE_NOOP("Commands", "Save the whole window as a picture…"), ("Ctrl+Shift+P",), ""),
    Command("trace.open", QT_TRANSLATE_NOOP("Commands", "Open a trace…"), ("Ctrl+O",), "open"),
    Command("trace.save", QT_TRANSLATE_NOOP("Commands", "Save the trace…"), ("Ctrl+Shift+S",), "save"),
    Command("run.cancel", QT_TRANSLATE_NOOP("Commands", "Stop loading or running"), ("Ctrl+.",), "stop"),
    Command("language.switch", QT_TRANSLATE_NOOP("Commands", "日本語 / English"), ("Ctrl+L",), "language"),
    Command("theme.switch", QT_TRANSLATE_NOOP("Commands", "Light or dark"), ("Ctrl+T",), "theme"),
    Command("lecture.switch", QT_TRANSLATE_NOOP("Commands", "Lecture mode"), ("F11",), "lecture"),
    Command("palette", QT_TRANSLATE_NOOP("Commands", "All commands and keys"), ("Ctrl+K", "?"), "keyboard"),
    Command("quit", QT_TRANSLATE_NOOP("Commands", "Quit"), ("Ctrl+Q",), "close"),
)

BY_ID = {command.id: command for command in COMMANDS}
