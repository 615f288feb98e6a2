"""The pictures and the sound of a media file as sources; both from one player when the file is the same."""

from __future__ import annotations

import av

from app.runtime.clock import Clock
from capture.audio.rings import Sound
from capture.frames import PictureFormat
from capture.programme import ProgrammeTime
from capture.sources.base import Report
from capture.sources.media import MediaPlayer


class MediaShelf:
    """Players by path, so that the picture and the sound of one file come from one player. Control thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._players: dict[str, MediaPlayer] = {}

    def take(self, path: str, picture: PictureFormat, programme: ProgrammeTime) -> MediaPlayer:
        """The player of a file, made when there is none."""
        if path not in self._players:
            self._players[path] = MediaPlayer(path, picture, programme, self._clock)
        return self._players[path]

    def give_back(self, player: MediaPlayer) -> None:
        """End a player that nobody wants any more."""
        if not player.is_wanted:
            self._players.pop(player.path, None)
            player.close()


class MediaPictures:
    """The pictures of a player as a PictureSource."""

    def __init__(self, player: MediaPlayer, has_counter: bool, report: Report, release: MediaShelf) -> None:
        self.has_counter = has_counter
        self._player = player
        self._report = report
        self._shelf = release

    def start(self) -> None:
        """Begin."""
        self._player.want_pictures(self._report)
        self._player.start()

    def frame_at(self, time_s: float) -> av.VideoFrame | None:
        """See PictureSource."""
        return self._player.frame_at(time_s)

    def close(self) -> None:
        """End, unless its sound is still wanted."""
        self._player.want_pictures(None)
        self._shelf.give_back(self._player)


class MediaSound:
    """The sound of a player as a SoundSource."""

    def __init__(self, player: MediaPlayer, report: Report, release: MediaShelf) -> None:
        self._player = player
        self._report = report
        self._shelf = release

    def start(self) -> None:
        """Begin."""
        self._player.want_sound(self._report)
        self._player.start()

    def read(self, at: int, count: int) -> Sound | None:
        """See SoundSource."""
        return self._player.sound_at(at, count)

    def close(self) -> None:
        """End, unless its pictures are still wanted."""
        self._player.want_sound(None)
        self._shelf.give_back(self._player)
