"""Where the model computes, and with which numbers: only what this machine has."""

from __future__ import annotations

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from visualizer.core.heavy import import_models
from visualizer.core.names import DTYPES
from visualizer.session.jobs import Progress, ShouldStop
from visualizer.session.loading import Wish
from visualizer.session.session import Session
from visualizer.widgets.status_line import device_name


def find_devices(should_stop: ShouldStop, progress: Progress) -> tuple[str, ...]:
    """The devices of this machine; imports torch, so on the worker thread."""
    return import_models().devices()


class DeviceMenu(QMenu):
    """Choosing reloads the model. Devices beyond the processor appear when the worker has found them."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._devices: tuple[str, ...] = ("cpu",)
        self.aboutToShow.connect(self._fill)

    def look_for_devices(self) -> None:
        """Ask the worker which devices there are."""
        self.session.jobs.submit("devices", find_devices, self._on_devices_found, lambda _error: None, urgent=True)

    def _on_devices_found(self, devices: tuple[str, ...]) -> None:
        self._devices = devices

    def _fill(self) -> None:
        self.clear()
        model, settings = self.session.model, self.session.settings
        device = model.device if model is not None else settings.device
        dtype = model.dtype if model is not None else settings.dtype
        devices = {name: device_name(name) for name in self._devices}
        self._add(self.tr("Device"), devices, device, "device")
        self._add(self.tr("Number type"), {name: name for name in DTYPES}, dtype, "dtype")

    def _add(self, title: str, choices: dict[str, str], chosen: str, setting: str) -> None:
        heading = self.addAction(title)
        heading.setEnabled(False)
        group = QActionGroup(self)
        for value, text in choices.items():
            action = self.addAction(text)
            action.setCheckable(True)
            action.setChecked(value == chosen)
            action.triggered.connect(lambda _checked=False, value=value: self._choose(setting, value))
            group.addAction(action)

    def _choose(self, setting: str, value: str) -> None:
        setattr(self.session.settings, setting, value)
        model = self.session.model
        if model is not None:
            is_on = model.card.adapter != "off"
            then_run = not self.session.showing.is_saved  # a saved trace is not the loaded model's, and stays
            self.session.load(Wish(model.origin, then_run=then_run, base=model.base_source, adapter=is_on))
