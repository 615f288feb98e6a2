"""Publishing to ingests: a thread and a socket for each target."""

from capture.publish.policy import Times
from capture.publish.publisher import Publisher, PublishFigures

__all__ = ["Publisher", "PublishFigures", "Times"]
