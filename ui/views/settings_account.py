"""Settings of the service, of the account with its devices, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPainter
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.domain.images import ImagePurpose
from app.i18n import Translator
from app.usecases.wishes import EndDevice, ForgetPlatform, RefreshDevices, SignOut, TryHere
from ui.keys import KeyAction
from ui.models.rows import ROW_ROLE, RowsModel
from ui.presenters.settings import PUBLIC_IMAGES, DeviceRow, SettingsView
from ui.theme.apply import set_look
from ui.theme.tokens import DARK, Tokens
from ui.views.images import ImageRow
from ui.views.settings_rows import SettingsSection
from ui.widgets.basics import Elided, box, column, label, row
from ui.widgets.marks import Toggle
from ui.widgets.thumbs import Thumbnails
from ui.widgets.trouble import TroubleLine

VERSION = "0.1.0"
ROW_PX, SHOWN = 52, 6
Index = QModelIndex | QPersistentModelIndex


class NetworkSection(SettingsSection):
    def __init__(self) -> None:
        super().__init__("network")
        card = box("settings.service_card", kind="card")
        inner = row(card, margins=(14, 10, 14, 10), gap=12)
        texts = column(gap=0)
        self.name = label("settings.service_name", type_="13b")
        self.url = Elided("settings.service_url", type_="12", tone="2")
        texts.addWidget(self.name)
        texts.addWidget(self.url)
        inner.addLayout(texts, 1)
        self.change_platform = self.button("settings.service_change", "settings.service_change")
        self.change_platform.clicked.connect(lambda: self.wished.emit(ForgetPlatform()))
        inner.addWidget(self.change_platform)
        self.locked = label("settings.platform_locked", type_="12", tone="warn", wraps=True)
        self.texts.bind(self.locked.setText, "settings.platform_locked")
        self.section.add("settings.service", card, hint_id="settings.service_hint", line=self.locked)
        self.lan = Toggle("settings.lan")
        self.named(self.lan, "settings.lan")
        self.lan.clicked.connect(lambda is_on: self.wished.emit(TryHere(on_lan=bool(is_on))))
        self.lan_text = label("settings.lan_line", tone="2", wraps=True)
        across = row(margins=(0, 5, 0, 5), gap=10)
        across.addWidget(self.lan)
        across.addWidget(self.lan_text, 1)
        self.lan_urls = label("settings.lan_urls", type_="12", tone="2", wraps=True)
        self.lan_urls.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.lan_row = self.section.add("settings.lan", across, hint_id="settings.lan_hint", line=self.lan_urls)
        self.section.add_rule()
        self.viewer_url = QLineEdit()
        self.viewer_url.setObjectName("settings.viewer_url")
        self.viewer_url.setReadOnly(True)
        self.named(self.viewer_url, "tile.watch")
        self.texts.bind(self.viewer_url.setPlaceholderText, "tile.viewer_before")
        self.copy_url = self.button("settings.copy_url", "action.copy", icon_name="copy")
        self.copy_url.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.viewer_url.text()))
        beside = row(gap=10)
        beside.addWidget(self.viewer_url, 1)
        beside.addWidget(self.copy_url)
        self.section.add("tile.watch", beside)
        self.codes = label("settings.codes")
        self.codes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.codes.setMinimumHeight(34)
        self.codes_row = self.section.add("tile.codes", self.codes)

    def draw(self, view: SettingsView) -> None:
        self.name.setText(view.platform)
        self.url.setText(view.platform_url)
        self.url.setVisible(view.platform_url != view.platform)
        self.change_platform.setEnabled(not view.is_platform_locked)
        self.locked.setVisible(view.is_platform_locked)
        self.lan_row.setVisible(view.is_embedded)
        self.lan.setEnabled(not view.is_platform_locked)
        self.lan.setChecked(view.is_on_lan)
        self.lan_text.setText(self._tr.text("settings.lan_on" if view.is_on_lan else "settings.lan_off"))
        self.lan_urls.setText("\n".join(view.lan_urls))
        self.lan_urls.setVisible(bool(view.lan_urls))
        self.viewer_url.setText(view.viewer_url)
        self.copy_url.setVisible(bool(view.viewer_url))
        self.codes_row.setVisible(view.is_embedded)
        codes = "\n".join(f"{phone}    {code}" for phone, code in view.codes)
        self.codes.setText(codes or self._tr.text("tile.codes_hint"))
        set_look(self.codes, tone="" if codes else "3")


class _DeviceDelegate(QStyledItemDelegate):
    """Two lines a device: its name, when it was last here."""

    tokens: Tokens = DARK

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        device: DeviceRow = index.data(ROW_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self.tokens.accent_soft))
            painter.drawRoundedRect(QRectF(option.rect), 6, 6)
        font = QFont(option.font)
        font.setPixelSize(13)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(self.tokens.text))
        area = option.rect.adjusted(12, 6, -12, -6)
        half = QRect(area.left(), area.top(), area.width(), area.height() // 2)
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(
            half, flags, painter.fontMetrics().elidedText(device.name, Qt.TextElideMode.ElideRight, area.width())
        )
        font.setPixelSize(12)
        font.setWeight(QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(self.tokens.text_2))
        half.translate(0, half.height())
        painter.drawText(half, flags, device.line)
        painter.restore()


class AccountSection(SettingsSection):
    def __init__(self) -> None:
        super().__init__("account")
        card = box("settings.account_card", kind="card")
        inner = row(card, margins=(14, 10, 14, 10), gap=12)
        self.account = Elided("settings.account", type_="13b")
        inner.addWidget(self.account, 1)
        self.sign_out = self.button("settings.sign_out", "settings.sign_out")
        self.sign_out.clicked.connect(lambda: self.wished.emit(SignOut()))
        inner.addWidget(self.sign_out)
        self.sign_in = self.button("settings.sign_in", "action.sign_in")
        self.sign_in.clicked.connect(lambda: self.acted.emit("sign_in"))
        inner.addWidget(self.sign_in)
        self.section.add("settings.account", card)
        self._add_scopes()
        self._add_images()
        self.section.add_rule()
        self.model = RowsModel(lambda item: item.id, lambda item: f"{item.name} {item.line}", self)
        self.devices = QListView()
        self.devices.setObjectName("settings.devices")
        self.devices.setProperty("kind", "list")
        self.named(self.devices, "settings.devices")
        self.devices.setModel(self.model)
        self._delegate = _DeviceDelegate(self.devices)
        self.devices.setItemDelegate(self._delegate)
        self.devices.selectionModel().currentChanged.connect(lambda *_: self._show_end())
        self.empty = label("settings.devices_empty", type_="12", tone="3")
        self.texts.bind(self.empty.setText, "settings.devices_empty")
        self.section.add("settings.devices", self.devices, hint_id="settings.devices_hint", line=self.empty)
        buttons = row(gap=8)
        self.refresh = self.button("settings.devices_refresh", "settings.refresh", icon_name="refresh")
        self.refresh.clicked.connect(lambda: self.wished.emit(RefreshDevices()))
        self.end = self.button("settings.device_end", "settings.device_end")
        self.end.clicked.connect(self._end)
        buttons.addStretch(1)
        buttons.addWidget(self.refresh)
        buttons.addWidget(self.end)
        self.section.add("", buttons)

    def _add_scopes(self) -> None:
        self.scopes = label("settings.scopes", wraps=True)
        self.scope_change = self.button("settings.scope_change", "settings.scope_change")
        self.scope_change.clicked.connect(lambda: self.acted.emit("change_scope"))
        self.records = self.button("settings.records", "settings.records", kind="ghost")
        self.records.clicked.connect(lambda: self.acted.emit("prepare"))
        across = row(gap=8)
        across.addWidget(self.scopes, 1)
        across.addWidget(self.scope_change)
        across.addWidget(self.records)
        self.scopes_row = self.section.add("settings.scopes", across)

    def _add_images(self) -> None:
        self.thumbnails = Thumbnails(self)
        self.images: dict[ImagePurpose, ImageRow] = {}
        self.image_rows: list[QWidget] = []
        for purpose in PUBLIC_IMAGES:
            name = f"settings.{purpose.value}"
            upload = ImageRow(name, purpose, self.thumbnails, name_id=name)
            upload.wished.connect(self.wished)
            self.images[purpose] = upload
            self.image_rows.append(self.section.add(name, upload))
            shown = self.image_rows[-1].findChild(QLabel, f"settings.{name}.name")
            if shown is not None:
                shown.setMinimumHeight(upload.thumb.height())
        self.image_trouble = TroubleLine("settings.image_trouble")
        self.section.add_wide(self.image_trouble)

    def retranslate(self, tr: Translator) -> None:
        super().retranslate(tr)
        for upload in self.images.values():
            upload.retranslate(tr)

    def set_tokens(self, tokens: Tokens) -> None:
        self._delegate.tokens = tokens
        self.devices.viewport().update()

    def _chosen(self) -> DeviceRow | None:
        row_data: DeviceRow | None = self.devices.currentIndex().data(ROW_ROLE)
        return row_data

    def _show_end(self) -> None:
        chosen = self._chosen()
        self.end.setEnabled(chosen is not None and not chosen.is_this)

    def _end(self) -> None:
        chosen = self._chosen()
        if chosen is not None and not chosen.is_this:
            self.wished.emit(EndDevice(chosen.id))

    def draw(self, view: SettingsView) -> None:
        self.account.setText(view.account_line)
        self.sign_out.setVisible(view.is_signed_in)
        self.sign_out.setEnabled(not view.is_platform_locked)
        self.sign_in.setVisible(view.can_sign_in)
        self.scopes.setText(view.scopes)
        self.scope_change.setVisible(view.can_change_scope)
        self.records.setVisible(view.is_signed_in)
        self.scopes_row.setVisible(view.is_signed_in)
        for image in view.images:
            self.images[image.purpose].draw(image)
        for shown in self.image_rows:
            shown.setVisible(bool(view.images))
        self.image_trouble.draw(view.image_trouble)
        self.model.follow(view.devices)
        self.devices.setFixedHeight(min(SHOWN, max(1, len(view.devices))) * ROW_PX + 10)
        self.devices.setVisible(bool(view.devices))
        self.empty.setVisible(not view.devices)
        self._show_end()


class AboutSection(SettingsSection):
    def __init__(self) -> None:
        super().__init__("about")
        self.name = QLabel()
        self.texts.bind(self.name.setText, "brand.name")
        self.version = QLabel(VERSION)
        self.platform = Elided("settings.about_platform")
        for message_id, value in (
            ("about.program", self.name),
            ("about.version", self.version),
            ("about.platform", self.platform),
        ):
            value.setMinimumHeight(34)
            self.section.add(message_id, value)
        self.help = self.button("settings.help", "about.help", tip="keys.help", key=KeyAction.HELP)
        self.help.clicked.connect(lambda: self.acted.emit("help"))
        beside = row()
        beside.addWidget(self.help)
        beside.addStretch(1)
        self.section.add("help.title", beside)

    def draw(self, view: SettingsView) -> None:
        self.platform.setText(view.platform)
