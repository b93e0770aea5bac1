"""A folder served as a bucket: as much of S3 as reading files needs, on the loopback address."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit


@contextmanager
def serve_bucket(folder: Path, asked: list[str], user: str) -> Iterator[str]:
    """Serve the folders in `folder` as buckets to one user; give host and port.

    Parameters
    ----------
    asked : is told of every path that is asked for
    """

    class Bucket(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            url = urlsplit(self.path)
            path = unquote(url.path).strip("/")
            asked.append(path)
            query = parse_qs(url.query)
            if user not in self.headers.get("Authorization", ""):
                self.send(403, b"<Error><Code>AccessDenied</Code></Error>", body)
            elif "list-type" in query:
                self.send(200, listing(folder / path, query.get("prefix", [""])[0]), body)
            elif (folder / path).is_file():
                self.part((folder / path).read_bytes(), body)
            else:
                self.send(404, b"<Error><Code>NoSuchKey</Code></Error>", body)

        def part(self, content: bytes, body: bool) -> None:
            wanted = self.headers.get("Range")
            if wanted is None:
                self.send(200, content, body)
                return
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            begin, end = int(first), min(int(last or len(content) - 1), len(content) - 1)
            ranged = {"Content-Range": f"bytes {begin}-{end}/{len(content)}"}
            self.send(206, content[begin : end + 1], body, ranged)

        def send(
            self, status: int, content: bytes, body: bool, more: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            headers = {"Content-Length": str(len(content)), "Accept-Ranges": "bytes"}
            for name, value in (headers | (more or {})).items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listing(bucket: Path, prefix: str) -> bytes:
    """The files of a bucket whose keys begin with a text, as S3 lists them."""
    keys = sorted(str(file.relative_to(bucket)) for file in bucket.rglob("*") if file.is_file())
    contents = "".join(
        f"<Contents><Key>{key}</Key><Size>{(bucket / key).stat().st_size}</Size></Contents>"
        for key in keys
        if fnmatch(key, f"{prefix}*")
    )
    text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>"
    return text.encode()
