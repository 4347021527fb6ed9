"""Everything a person can do by name or key: one table, which menus, palette, tooltips, README and tests read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication

from visualizer.session.translation import QT_TRANSLATE_NOOP
from visualizer.views.registry import GROUPS, VIEWS, ViewInfo


class Reach(Enum):
    """Where a command's key works: everywhere, not while typing, or only where arrow keys have no work of their own."""

    ALWAYS = "always"
    NOT_TYPING = "not typing"
    NOT_EDITING = "not editing"


@dataclass(frozen=True, slots=True)
class Command:
    """id: what code calls it; text: source string in `context`; keys: of QKeySequence, first one shown.

    masked_text: its text with a model that fills blanks, where that is another one.
    """

    id: str
    text: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    reach: Reach = Reach.ALWAYS
    context: str = "Commands"
    masked_text: str = ""

    def label(self, task: str = "") -> str:
        """Its name in the interface's language. task: of the model that is looked at, where there is one."""
        return QCoreApplication.translate(self.context, (task == "masked" and self.masked_text) or self.text)


_GROUP_TEXTS = {
    "text": QT_TRANSLATE_NOOP("Commands", "Text views"),
    "attention": QT_TRANSLATE_NOOP("Commands", "Attention views"),
    "heads": QT_TRANSLATE_NOOP("Commands", "Head views"),
    "layers": QT_TRANSLATE_NOOP("Commands", "Layer views"),
    "laboratory": QT_TRANSLATE_NOOP("Commands", "Laboratory views"),
}

GROUP_COMMANDS = tuple(
    Command(f"group.{group.id}", _GROUP_TEXTS[group.id], (str(number),), group.icon, Reach.NOT_TYPING)
    for number, group in enumerate(GROUPS.values(), 1)
)

_NOT_TYPING, _ARROWS = Reach.NOT_TYPING, Reach.NOT_EDITING

_OWN_COMMANDS: tuple[Command, ...] = (
    Command("text.focus", QT_TRANSLATE_NOOP("Commands", "Edit the text"), ("/",), "", Reach.NOT_TYPING),
    Command("texts.open", QT_TRANSLATE_NOOP("Commands", "History of texts…"), ("Ctrl+H",), "history"),
    Command("texts.older", QT_TRANSLATE_NOOP("Commands", "Text before this one"), ("Alt+Up",)),
    Command("texts.newer", QT_TRANSLATE_NOOP("Commands", "Text after this one"), ("Alt+Down",)),
    Command("undo", QT_TRANSLATE_NOOP("Commands", "Undo"), ("Ctrl+Z",), "undo"),
    Command("redo", QT_TRANSLATE_NOOP("Commands", "Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo"),
    Command("examples", QT_TRANSLATE_NOOP("Commands", "Examples…"), ("Ctrl+E",), "examples"),
    Command("examples.keep", QT_TRANSLATE_NOOP("Commands", "Keep as an example…"), (), "add"),
    Command("model.choose", QT_TRANSLATE_NOOP("Commands", "Choose a model…"), ("Ctrl+M",), "model"),
    Command("model.card", QT_TRANSLATE_NOOP("Commands", "About this model"), ("Ctrl+I",), "info"),
    Command("device.choose", QT_TRANSLATE_NOOP("Commands", "Choose device and number type…")),
    Command("adapter.switch", QT_TRANSLATE_NOOP("Commands", "Adapter on or off"), ("A",), "", _NOT_TYPING),
    Command("adapter.compare", QT_TRANSLATE_NOOP("Commands", "Compare with and without the adapter")),
    Command("layer.next", QT_TRANSLATE_NOOP("Commands", "Next layer"), ("Up",), "", Reach.NOT_EDITING),
    Command("layer.previous", QT_TRANSLATE_NOOP("Commands", "Previous layer"), ("Down",), "", Reach.NOT_EDITING),
    Command("head.next", QT_TRANSLATE_NOOP("Commands", "Next head"), ("Right",), "right", Reach.NOT_EDITING),
    Command("head.previous", QT_TRANSLATE_NOOP("Commands", "Previous head"), ("Left",), "left", Reach.NOT_EDITING),
    Command("kind.next", QT_TRANSLATE_NOOP("Commands", "Next kind of attention"), ("K",), "", Reach.NOT_TYPING),
    Command("unlock", QT_TRANSLATE_NOOP("Commands", "Unlock the token, leave the field"), ("Esc",), "lock"),
    Command("off.head", QT_TRANSLATE_NOOP("Commands", "Switch the head off or on"), ("X",), "off", Reach.NOT_TYPING),
    Command("off.layer", QT_TRANSLATE_NOOP("Commands", "Switch all heads of the layer off or on")),
    Command("off.feed_forward", QT_TRANSLATE_NOOP("Commands", "Switch the layer's feed-forward part off or on")),
    Command("off.how", QT_TRANSLATE_NOOP("Commands", "Switch off by zero or by the mean over the text")),
    Command("off.nothing", QT_TRANSLATE_NOOP("Commands", "Switch everything on again"), ("Shift+X",), "", _NOT_TYPING),
    *GROUP_COMMANDS,
    Command("view.second", QT_TRANSLATE_NOOP("Commands", "Second view beside the first"), ("Ctrl+B",), "second"),
    Command("compare", QT_TRANSLATE_NOOP("Commands", "Compare with…"), ("Ctrl+D",), "compare"),
    Command(
        "view.dock",
        QT_TRANSLATE_NOOP("Commands", "Next token at the side"),
        ("Ctrl+J",),
        "bars",
        masked_text=QT_TRANSLATE_NOOP("Commands", "Fill the blank at the side"),
    ),
    Command("picture.save", QT_TRANSLATE_NOOP("Commands", "Save the picture…"), ("Ctrl+S",), "save"),
    Command("copy", QT_TRANSLATE_NOOP("Commands", "Copy what is pointed at"), ("Ctrl+C",), "copy", _NOT_TYPING),
    Command("picture.copy", QT_TRANSLATE_NOOP("Commands", "Copy the picture"), ("Ctrl+Shift+C",), "copy"),
    Command("window.save", QT_TRANSLATE_NOOP("Commands", "Save the whole window as a picture…"), ("Ctrl+Shift+P",), ""),
    Command("trace.open", QT_TRANSLATE_NOOP("Commands", "Open a trace…"), ("Ctrl+O",), "open"),
    Command("trace.save", QT_TRANSLATE_NOOP("Commands", "Save the trace…"), ("Ctrl+Shift+S",), "save"),
    Command("trace.model", QT_TRANSLATE_NOOP("Commands", "Load the model of the opened trace"), (), "model"),
    Command("session.save", QT_TRANSLATE_NOOP("Commands", "Save the session…"), ("Ctrl+Alt+S",), "save"),
    Command("session.open", QT_TRANSLATE_NOOP("Commands", "Open a session…"), ("Ctrl+Alt+O",), "open"),
    Command("session.recent", QT_TRANSLATE_NOOP("Commands", "Open a recent session…"), ("Ctrl+Alt+R",), "open"),
    Command("session.restore", QT_TRANSLATE_NOOP("Commands", "Restore what was open before a crash")),
    Command("run.cancel", QT_TRANSLATE_NOOP("Commands", "Stop loading or running"), ("Ctrl+.",), "stop"),
    Command("language.switch", QT_TRANSLATE_NOOP("Commands", "日本語 / English"), ("Ctrl+L",), "language"),
    Command("theme.switch", QT_TRANSLATE_NOOP("Commands", "Light or dark"), ("Ctrl+T",), "theme"),
    Command("lecture.switch", QT_TRANSLATE_NOOP("Commands", "Lecture mode"), ("F11",), "lecture"),
    Command("lecture.bar", QT_TRANSLATE_NOOP("Commands", "Bar of lecture mode"), ("F10",), "lecture"),
    Command("present.pointer", QT_TRANSLATE_NOOP("Commands", "Large pointer"), ("L",), "pointer", _NOT_TYPING),
    Command("present.spotlight", QT_TRANSLATE_NOOP("Commands", "Spotlight"), ("S",), "spotlight", _NOT_TYPING),
    Command("present.pen", QT_TRANSLATE_NOOP("Commands", "Draw on the picture"), ("D",), "pen", _NOT_TYPING),
    Command("present.color", QT_TRANSLATE_NOOP("Commands", "Next colour of the pen"), ("C",), "pen", _NOT_TYPING),
    Command("present.undo", QT_TRANSLATE_NOOP("Commands", "Last stroke back"), ("Backspace",), "undo", _NOT_TYPING),
    Command("present.erase", QT_TRANSLATE_NOOP("Commands", "Erase all marks"), ("E",), "erase", _NOT_TYPING),
    Command("present.larger", QT_TRANSLATE_NOOP("Commands", "Larger pointer"), ("Shift+Up",), "", _ARROWS),
    Command("present.smaller", QT_TRANSLATE_NOOP("Commands", "Smaller pointer"), ("Shift+Down",), "", _ARROWS),
    Command("present.freeze", QT_TRANSLATE_NOOP("Commands", "Freeze the picture"), ("F",), "freeze", _NOT_TYPING),
    Command("present.black", QT_TRANSLATE_NOOP("Commands", "Black screen"), ("B", "."), "black", _NOT_TYPING),
    Command("present.two_screens", QT_TRANSLATE_NOOP("Commands", "Window of controls and notes"), ("F9",), "screens"),
    Command("text.larger", QT_TRANSLATE_NOOP("Commands", "Larger text"), ("Ctrl++", "Ctrl+="), "text"),
    Command("text.smaller", QT_TRANSLATE_NOOP("Commands", "Smaller text"), ("Ctrl+-",), "text"),
    Command("text.normal", QT_TRANSLATE_NOOP("Commands", "Ordinary size of text"), ("Ctrl+0",), "text"),
    Command("palette", QT_TRANSLATE_NOOP("Commands", "All commands and keys"), ("Ctrl+K",), "keyboard"),
    Command("help.view", QT_TRANSLATE_NOOP("Commands", "What am I looking at?"), ("F1", "?"), "help"),
    Command("help.glossary", QT_TRANSLATE_NOOP("Commands", "Glossary"), ("Shift+F1",), "help"),
    Command("quit", QT_TRANSLATE_NOOP("Commands", "Quit"), ("Ctrl+Q",), "close"),
)

_TAKEN = {key for command in _OWN_COMMANDS for key in command.keys}


def _view_command(info: ViewInfo) -> Command:
    """A view's command; a key that is taken stays with the one who had it."""
    keys = (info.key,) if info.key and info.key not in _TAKEN else ()
    _TAKEN.update(keys)
    return Command(f"view.{info.id}", info.title, keys, info.icon, Reach.NOT_TYPING, "Views", info.masked_title)


VIEW_COMMANDS = tuple(_view_command(info) for info in VIEWS.values())

_PLACE = next(i for i, command in enumerate(_OWN_COMMANDS) if command.id == "view.second")

COMMANDS = (*_OWN_COMMANDS[:_PLACE], *VIEW_COMMANDS, *_OWN_COMMANDS[_PLACE:])

BY_ID = {command.id: command for command in COMMANDS}
