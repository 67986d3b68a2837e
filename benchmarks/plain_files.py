"""A server that writes what is posted to it into files and syncs them: ``python -m benchmarks.plain_files FOLDER``."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response


def application(folder: Path) -> FastAPI:
    app = FastAPI()

    @app.post("/{name}")
    async def take(name: str, request: Request) -> Response:
        with (folder / Path(name).name).open("wb") as file:
            async for piece in request.stream():
                file.write(piece)
            file.flush()
            await asyncio.to_thread(os.fsync, file.fileno())
        return Response(status_code=201)

    return app


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(application(Path(sys.argv[1])), log_level="warning", ws="none")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
