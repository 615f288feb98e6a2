"""Menus of choices (sources of picture and sound), and the question for a media file. Nothing here blocks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QDir, QPoint, QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from ui.presenters.sources import Choice


def open_menu(owner: QWidget, name: str, choices: tuple[Choice, ...], taken: Callable[[Choice], None]) -> QMenu:
    """Show ``choices`` above or below ``owner``; ``taken`` gets the one a person takes."""
    menu = QMenu(owner)
    menu.setObjectName(name)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for choice in choices:
        if choice.is_header and menu.actions():
            menu.addSeparator()
        action = menu.addAction(choice.label)
        action.setObjectName(f"{name}.{choice.id}")
        can_take = choice.wish is not None or choice.asks_file or choice.is_own
        action.setEnabled(not choice.is_header and can_take)
        if not choice.is_header:
            action.setCheckable(True)
            action.setChecked(choice.is_checked)
            action.triggered.connect(lambda _=False, chosen=choice: taken(chosen))
    above = owner.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 4))
    below = owner.mapToGlobal(QPoint(0, owner.height() + 4))
    screen = owner.screen().availableGeometry()
    menu.popup(below if below.y() + menu.sizeHint().height() <= screen.bottom() else above)
    return menu


def ask_file(owner: QWidget, title: str, filters: str, taken: Callable[[str], None]) -> QFileDialog:
    """Ask for a media file."""
    dialog = QFileDialog(owner, title)
    dialog.setObjectName("ask_file")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(filters)
    return _opened(dialog, taken)


def ask_save(owner: QWidget, title: str, name: str, suffix: str, taken: Callable[[str], None]) -> QFileDialog:
    """Ask where to write a file; ``name`` is proposed, with or without its folder."""
    dialog = QFileDialog(owner, title)
    dialog.setObjectName("ask_save")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(name)
    return _opened(dialog, taken)


def document_path(name: str) -> str:
    """Where a document of this name is proposed to be written."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or QDir.homePath()
    return f"{folder}/{name}"


def ask_folder(owner: QWidget, title: str, taken: Callable[[str], None]) -> QFileDialog:
    """Ask for a folder."""
    dialog = QFileDialog(owner, title)
    dialog.setObjectName("ask_folder")
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
    return _opened(dialog, taken)


def _opened(dialog: QFileDialog, taken: Callable[[str], None]) -> QFileDialog:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(taken)
    dialog.open()
    return dialog
