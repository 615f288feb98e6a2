"""The one style sheet of the program, a template filled from the tokens. Pure."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from string import Template

from ui.theme.tokens import Tokens

_TEMPLATE = Template("""
QWidget { color: $text; font-size: 13px; }
QWidget:disabled { color: $text_3; }
[ground="bg"] { background: $bg; }
[ground="surface"] { background: $surface; }
[ground="rail"] { background: $surface; border-right: 1px solid $line_soft; }
[ground="header"] { background: $bg; border-bottom: 1px solid $line_soft; }
[ground="side"] { background: $surface; border-left: 1px solid $line_soft; }
[ground="aside"] { background: $bg; border-left: 1px solid $line_soft; }
[ground="panel-head"] { background: $surface; border-bottom: 1px solid $line_soft; }
[ground="foot"] { background: $surface; border-top: 1px solid $line_soft; }
[ground="nav"] { background: $bg; border-right: 1px solid $line_soft; }
[kind="card"] { background: $surface; border: 1px solid $line_soft; border-radius: 8px; }
[kind="tile"] { background: $raised; border: 0; border-radius: 6px; }
[kind="sheet"] { background: $surface; border: 1px solid $line; border-radius: 8px; }
[kind="tile-on"] { background: $accent_soft; border: 0; border-radius: 6px; }
[kind="dashed"] { background: transparent; border: 1px dashed $text_3; border-radius: 6px; }
[kind="strip-warn"] { background: $warn_soft; border: 0; border-radius: 6px; }
[kind="strip-warn"] QLabel { color: $warn; }
[kind="group"] { background: $raised; border: 1px solid $line; border-radius: 6px; }
[kind="field"] { background: $field; border: 1px solid $line; border-radius: 6px; }
[kind="field"][focused="true"] { border: 1px solid $accent; }
[kind="rule"] { background: $line_soft; border: 0; max-height: 1px; min-height: 1px; }
[kind="rule-v"] { background: $line_soft; border: 0; max-width: 1px; min-width: 1px; }
[kind="toast"] { background: $raised; border: 1px solid $line; border-left: 3px solid $warn; border-radius: 8px; }
[kind="toast"][tone="bad"] { border-left: 3px solid $on_air; }

QLabel { background: transparent; border: 0; }
QLabel[tone="2"] { color: $text_2; }
QLabel[tone="3"] { color: $text_3; }
QLabel[tone="good"] { color: $good; }
QLabel[tone="warn"] { color: $warn; }
QLabel[tone="bad"] { color: $bad; }
QLabel[tone="accent"] { color: $accent; }
QLabel[type="11"] { font-size: 11px; }
QLabel[type="12"] { font-size: 12px; }
QLabel[type="13b"] { font-weight: 600; }
QLabel[type="15"] { font-size: 15px; }
QLabel[type="15b"] { font-size: 15px; font-weight: 600; }
QLabel[type="h1"] { font-size: 16px; font-weight: 600; }
QLabel[type="title"] { font-size: 22px; font-weight: 600; }
QLabel[type="code"] { font-size: 22px; font-weight: 600; letter-spacing: 4px; }
QLabel[kind="chip"] { background: $chip; color: #FFFFFF; border-radius: 12px; padding: 0 10px; font-size: 12px;
  min-height: 24px; max-height: 24px; }
QLabel[kind="key"] { background: $raised; border: 1px solid $line; border-radius: 4px; padding: 0 6px; font-size: 12px;
  min-height: 20px; }
[kind="banner"] { background: $chip; border: 0; border-radius: 6px; }
[kind="banner"] QLabel { color: #FFFFFF; }
QLabel[brand="name"] { color: $brand_text; font-size: 18px; font-weight: 600; }
QLabel[brand="slogan"] { color: $brand_text; font-size: 30px; font-weight: 600; }
QLabel[brand="text"] { color: $brand_text_2; font-size: 15px; }
QLabel[brand="foot"] { color: $brand_text_3; font-size: 12px; }

QPushButton { background: $raised; border: 1px solid $line; border-radius: 6px; padding: 0 14px; color: $text;
  min-height: 32px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border: 2px solid $accent; padding: 0 13px; min-height: 30px; }
QPushButton:disabled { color: $text_3; background: $raised; border-color: $line_soft; }
QPushButton:checked { background: $accent_soft; color: $accent; }
QPushButton[kind="primary"] { background: $accent_fill; border-color: $accent_fill; color: $on_fill; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: #2864D2; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled { background: $raised; border-color: $line; color: $text_3; }
QPushButton[size="big"] { min-height: 38px; }
QPushButton[size="big"]:focus { min-height: 36px; }
QPushButton[kind="stop"] { background: $on_air_fill; border-color: $on_air_fill; color: $on_fill; font-weight: 600; }
QPushButton[kind="stop"]:hover { background: #C4332C; }
QPushButton[kind="stop"]:focus { border: 2px solid $text; }
QPushButton[kind="stop"]:disabled { background: $raised; border-color: $line; color: $text_3; }
QPushButton[kind="ghost"] { background: transparent; }
QPushButton[kind="ghost"]:hover { background: $hover; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 0;
  color: $accent; font-size: 12px; min-height: 22px; text-align: left; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 1px solid $accent; }
QPushButton[kind="link"]:disabled { color: $text_3; }
QPushButton[kind="link"][tone="2"] { color: $text_2; }
QPushButton[kind="small"] { min-height: 24px; padding: 0 10px; font-size: 12px; border-radius: 4px; }
QPushButton[kind="small"]:focus { min-height: 22px; padding: 0 9px; }
QPushButton[kind="quiet"] { background: transparent; border: 1px solid transparent; min-height: 24px; padding: 0 8px;
  font-size: 12px; border-radius: 4px; color: $text_2; }
QPushButton[kind="quiet"]:hover { background: $hover; }
QPushButton[kind="quiet"]:focus { border: 1px solid $accent; }
QPushButton[kind="quiet-bad"] { background: transparent; border: 1px solid transparent; min-height: 24px;
  padding: 0 8px; font-size: 12px; border-radius: 4px; color: $bad; }
QPushButton[kind="quiet-bad"]:hover { background: $on_air_soft; }
QPushButton[kind="small-bad"] { min-height: 24px; padding: 0 10px; font-size: 12px; border-radius: 4px; color: $bad; }
QPushButton[kind="small-bad"]:hover { background: $on_air_soft; }
QPushButton[kind="small-bad"]:focus { min-height: 22px; padding: 0 9px; }
QPushButton[kind="small-on"] { min-height: 24px; padding: 0 10px; font-size: 12px; border-radius: 4px;
  background: $accent_fill; border-color: $accent_fill; color: $on_fill; }
QPushButton[kind="small-on"]:focus { border: 2px solid $text; min-height: 22px; padding: 0 9px; }
QPushButton[kind="tab"] { background: transparent; border: 0; border-bottom: 2px solid transparent; border-radius: 0;
  padding: 0 8px; min-height: 42px; color: $text_2; }
QPushButton[kind="tab"]:hover { color: $text; }
QPushButton[kind="tab"]:checked { background: transparent; color: $text; border-bottom: 2px solid $accent; }
QPushButton[kind="tab"]:focus { background: $hover; }
QPushButton[kind="icon"]:checked { background: $accent_soft; }
QPushButton[kind="flat"] { background: transparent; border: 1px solid transparent; padding: 0 8px; min-height: 30px; }
QPushButton[kind="flat"]:hover { background: $hover; }
QPushButton[kind="flat"]:focus { border: 1px solid $accent; }
QPushButton[kind="flat"]:checked { background: transparent; color: $text; }
QPushButton[kind="icon"] { background: transparent; border: 1px solid transparent; padding: 0; min-height: 24px;
  max-height: 24px; min-width: 24px; max-width: 24px; border-radius: 4px; }
QPushButton[kind="icon"]:hover { background: $hover; }
QPushButton[kind="icon"]:focus { border: 1px solid $accent; }
QPushButton[kind="nav"] { background: transparent; border: 1px solid transparent; text-align: left; padding: 0 11px;
  color: $text_2; min-height: 32px; }
QPushButton[kind="nav"]:hover { background: $hover; }
QPushButton[kind="nav"]:checked { background: $accent_soft; color: $accent; }
QPushButton[kind="nav"]:focus { border: 1px solid $accent; }
QPushButton[kind="chip"] { background: transparent; border-radius: 16px; padding: 0 11px; min-height: 30px; }
QPushButton[kind="chip"]:hover { background: $hover; }
QPushButton[kind="chip"]:checked { background: $accent_soft; border-color: $accent; color: $accent; }
QPushButton[kind="chip"]:focus { border: 2px solid $accent; padding: 0 10px; min-height: 28px; }
QPushButton[kind="chip"]:disabled { background: transparent; color: $text_2; }
QPushButton[kind="chip"]:checked:disabled { background: $accent_soft; color: $accent; }
QPushButton[kind="segment"] { border-radius: 0; border: 0; border-right: 1px solid $line; padding: 0 16px;
  background: transparent; color: $text_2; min-height: 32px; }
QPushButton[kind="segment"][place="last"] { border-right: 0; border-top-right-radius: 5px;
  border-bottom-right-radius: 5px; }
QPushButton[kind="segment"][place="first"] { border-top-left-radius: 5px; border-bottom-left-radius: 5px; }
QPushButton[kind="segment"]:hover { background: $hover; }
QPushButton[kind="segment"]:checked { background: $accent_soft; color: $accent; }
QPushButton[kind="segment"]:disabled { color: $text_3; }
QPushButton[kind="segment"]:focus { border: 1px solid $accent; padding: 0 15px; min-height: 30px; }
QToolButton[kind="rail"] { background: transparent; border: 1px solid transparent; border-radius: 8px;
  color: $text_2; font-size: 11px; padding: 5px 0 3px 0; }
QToolButton[kind="rail"]:hover { background: $hover; }
QToolButton[kind="rail"]:checked { background: $accent_soft; color: $accent; }
QToolButton[kind="rail"]:focus { border: 1px solid $accent; }

QLineEdit { background: $field; border: 1px solid $line; border-radius: 6px; padding: 0 11px; min-height: 32px;
  selection-background-color: $accent_fill; selection-color: #FFFFFF; placeholder-text-color: $text_3; }
QLineEdit:focus { border: 1px solid $accent; }
QLineEdit[kind="bare"] { background: transparent; border: 0; padding: 0; }
QLineEdit[kind="big"] { min-height: 38px; }
QLineEdit[kind="fixed"] { min-height: 38px; background: $raised; color: $text_2; }
QLineEdit[kind="chat"] { background: $bg; min-height: 34px; }
QLineEdit:read-only { color: $text_2; }
QLineEdit[invalid="true"] { border: 1px solid $on_air; }
QPlainTextEdit[kind="area"] { background: $field; border: 1px solid $line; border-radius: 6px; padding: 6px 8px;
  selection-background-color: $accent_fill; selection-color: #FFFFFF; placeholder-text-color: $text_3; }
QPlainTextEdit[kind="area"]:focus { border: 1px solid $accent; }
QPlainTextEdit[kind="area"]:read-only { color: $text_2; }
QPlainTextEdit[kind="area"][invalid="true"] { border: 1px solid $on_air; }
QLabel[link="true"] { text-decoration: underline; }
QLabel[link="true"]:focus { background: $accent_soft; }
QKeySequenceEdit QLineEdit { min-height: 32px; }
QComboBox { background: $field; border: 1px solid $line; border-radius: 6px; padding: 0 12px; min-height: 32px; }
QComboBox:focus { border: 1px solid $accent; }
QComboBox::drop-down { border: 0; width: 28px; }
QComboBox::down-arrow { image: none; width: 0; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $line; selection-background-color: $accent_soft;
  selection-color: $accent; outline: 0; padding: 4px; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 8px; }
QSlider { min-height: 24px; background: transparent; }
QSlider::groove:horizontal { height: 4px; background: $line; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent_fill; border-radius: 2px; }
QSlider::handle:horizontal { width: 16px; height: 16px; margin: -6px 0; border-radius: 8px; background: #FFFFFF;
  border: 1px solid $text_3; }
QSlider::handle:horizontal:focus { border: 2px solid $accent; margin: -7px 0; width: 16px; height: 16px;
  border-radius: 9px; }
QListView { background: transparent; border: 0; outline: 0; }
QAbstractItemView[kind="feed"] { background: transparent; border: 0; outline: 0; }
QListView[kind="list"] { background: $surface; border: 1px solid $line_soft; border-radius: 8px; padding: 4px; }
QListView[kind="list"]:focus { border: 1px solid $accent; }
QTableView[kind="month"] { background: $surface; border: 0; border-radius: 8px; outline: 0; }
QTableView[kind="month"] QHeaderView { background: transparent; border: 0; }
QTableView[kind="month"] QHeaderView::section { background: transparent; color: $text_2; font-size: 12px; border: 0;
  border-bottom: 1px solid $line_soft; padding: 0; }
QScrollArea { background: transparent; border: 0; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar::handle:vertical { background: $line; border-radius: 4px; min-height: 28px; }
QScrollBar::handle:vertical:hover { background: $text_3; }
QScrollBar:horizontal { background: transparent; height: 6px; margin: 0; }
QScrollBar::handle:horizontal { background: $line; border-radius: 3px; min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { height: 0; width: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QMenu { background: $surface; border: 1px solid $line; border-radius: 6px; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 4px; min-width: 160px; }
QMenu::item:selected { background: $accent_soft; color: $accent; }
QMenu::item:checked { color: $accent; font-weight: 600; }
QMenu::item:disabled { color: $text_3; font-size: 11px; }
QMenu::separator { height: 1px; background: $line_soft; margin: 4px 8px; }
QMenu::indicator { width: 0; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 4px 8px; font-size: 12px; }
""")


@lru_cache(maxsize=4)
def style_sheet(tokens: Tokens) -> str:
    """The style sheet of a theme."""
    return _TEMPLATE.substitute(asdict(tokens))
