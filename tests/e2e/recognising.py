"""What a person could read off a picture of a screen: text recognised by tesseract, without blanks."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from PIL import Image

ENLARGED = 2
"""Text of twelve pixels is read wrongly, of twenty-four rightly."""
RUN = 8
"""So many signs of a number in a row give it away, and come about by chance nowhere (a day and a time are twelve)."""
SCATTERED = "11"
"""Tesseract's page segmentation: as much text as there is, in no order."""


def read_off(picture: Path) -> str:
    """All text of a PNG, blanks and line breaks left out."""
    large = picture.with_suffix(".large.png")
    with Image.open(picture) as image:
        grey = image.convert("L")
        grey.resize((grey.width * ENLARGED, grey.height * ENLARGED), Image.Resampling.LANCZOS).save(large)
    command = ["tesseract", str(large), "-", "-l", "chi_sim", "--psm", SCATTERED]
    # There are two cores, and the program has its own work.
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
    large.unlink()
    return re.sub(r"\s+", "", done.stdout.decode())


def digits_of(text: str) -> str:
    """Digits alone, an X at the end of an identity number among them."""
    return re.sub(r"[^0-9X]", "", text.upper())


def gives_away(text: str, number: str) -> bool:
    """Whether a long part of a number can be read in a recognised text."""
    digits = digits_of(text)
    return any(number[at : at + RUN] in digits for at in range(len(number) - RUN + 1))
