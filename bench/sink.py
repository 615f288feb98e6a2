"""An RTMP ingest that takes everything and keeps nothing, as a process of its own: what it costs is nobody's figure.

``python -m bench.sink [ADDRESS]`` prints its port and serves one connection after the other until its input ends. It
listens on loopback where no address is given.
"""

from __future__ import annotations

import asyncio
import os
import sys

from app.rtmp import ConnectRequested, PublishRequested, RtmpError, ServerConnection

_READ_BYTES = 256 * 1024


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = ServerConnection()
    try:
        while data := await reader.read(_READ_BYTES):
            events = connection.receive(data)
            for event in events:
                if isinstance(event, ConnectRequested):
                    connection.accept_connect()
                elif isinstance(event, PublishRequested):
                    connection.accept_publish()
                events += connection.receive(b"") if isinstance(event, ConnectRequested) else []
            writer.write(connection.data_to_send())
            await writer.drain()
    except (RtmpError, OSError) as problem:
        sys.stderr.write(f"sink: {problem}\n")
    finally:
        writer.close()


async def _main(host: str) -> None:
    server = await asyncio.start_server(_serve, host, 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, _until_input_ends)
    server.close()


def _until_input_ends() -> None:
    while os.read(0, 1024):
        pass


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"))
