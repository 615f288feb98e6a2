"""How much a peer may ask of us. One value object, given to a connection when it is made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection. Beyond any of them ``receive`` raises RtmpError ``rtmp_too_large``."""

    max_message_bytes: int = 4 * 1024 * 1024
    """One message: a key frame of 4K video at 40 Mbit/s stays under 2 MB."""
    max_command_bytes: int = 64 * 1024
    """One command or data message (AMF)."""
    max_chunk_bytes: int = 1024 * 1024
    """The chunk size that the peer may set; a larger one is refused, as it would let one message block the rest."""
    max_chunk_streams: int = 32
    """Chunk streams used at the same time; encoders use two to five."""
    max_buffered_bytes: int = 8 * 1024 * 1024
    """Unfinished messages of all chunk streams together, and media that came before the publish was answered."""
    max_amf_depth: int = 8
    max_amf_items: int = 1024
    """Values in one command, nested ones counted."""
    max_message_streams: int = 8
    """createStream calls on one connection."""
    max_unanswered_commands: int = 64
    """Commands before a publish was accepted; encoders send about six."""
