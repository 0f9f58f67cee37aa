# SPDX-License-Identifier: MIT
"""tools/fetch_data against a server of this process: whole, cut off and gone on, wrong checksum, no network; tars."""
import functools
import hashlib
import http.server
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import threading

os.environ["no_proxy"] = "127.0.0.1"
TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/fetch_data"
loader = importlib.machinery.SourceFileLoader("fetch_data", str(TOOL))
sys.dont_write_bytecode = True
fetch_data = importlib.util.module_from_spec(importlib.util.spec_from_loader("fetch_data", loader))
loader.exec_module(fetch_data)
BODY = bytes(i * i % 251 for i in range(300_000))


class Handler(http.server.BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.asked.append((self.path, start))
        body = self.server.bodies.get(self.path)
        if body is None or start >= len(body):
            return self.send_error(416 if body else 404)
        if self.path.startswith("/deaf"):  # a server that knows no ranges
            start = 0
        rest = body[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[:100_000] if self.path.startswith("/short") and start == 0 else rest)

    def log_message(self, *_):
        pass


def tar_of(**files):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content or b""))
    return made.getvalue()


def tells(capture, *words):
    """The command `capture` fails with status 1, and its complaint holds every word."""
    try:
        capture()
    except fetch_data.Refusal as e:
        for word in words:
            assert word in str(e), (word, str(e))
        print(f"ok {e}".splitlines()[0])
    else:
        raise AssertionError(f"no complaint of {words}")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    home = f"http://127.0.0.1:{server.server_port}"
    server.bodies = {"/whole": BODY, "/short": BODY, "/deaf": BODY, "/other": BODY[::-1]}
    checksum = hashlib.md5(BODY).hexdigest()

    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)

        def source(path, place):
            return fetch_data.File(home + path, "md5", checksum, place)

        get = functools.partial(fetch_data.fetch_file, folder=folder)
        assert get(source("/whole", "a/whole")).read_bytes() == BODY
        before = len(Handler.asked)
        get(source("/whole", "a/whole"))
        assert len(Handler.asked) == before, "fetched again"

        tells(lambda: get(source("/short", "short")), "broke off after 100000 of 300000", "what came is kept")
        assert not (folder / "short").exists()
        assert get(source("/short", "short")).read_bytes() == BODY
        assert Handler.asked[-1] == ("/short", 100_000), Handler.asked[-1]

        (folder / "deaf.part").write_bytes(BODY[:1000])
        assert get(source("/deaf", "deaf")).read_bytes() == BODY
        (folder / "full.part").write_bytes(BODY)
        assert get(source("/whole", "full")).read_bytes() == BODY

        tells(lambda: get(source("/other", "other")), checksum, "do not use it")
        assert not list(folder.glob("other*")), "a wrong file is left"
        (folder / "whole").write_bytes(b"damaged")
        assert get(source("/whole", "whole")).read_bytes() == BODY
        tells(lambda: get(source("/missing", "missing")), "404", "check the network")

        fetch_data.FILES["artbench"] = [fetch_data.File(home + "/art", "sha256", None, "art.tar")]
        inside = "artbench-10-imagefolder-split/train/ukiyo_e/1.jpg"
        server.bodies["/art"] = tar_of(**{inside: b"picture"})
        sha = hashlib.sha256(server.bodies["/art"]).hexdigest()
        tells(lambda: fetch_data.fetch("artbench", folder, "0" * 64), sha)
        fetch_data.fetch("artbench", folder, sha)
        assert (folder / "artbench/train/ukiyo_e/1.jpg").read_bytes() == b"picture"
        for name, content in (("../out", b"x"), ("/tmp/out", b"x"), ("a/link", None)):
            (folder / "bad.tar").write_bytes(tar_of(**{name: content}))
            tells(lambda: fetch_data.unpack(folder / "bad.tar", "a", folder / "bad"), name, "do not use it")
        (folder / "bad.tar").write_bytes(server.bodies["/art"][:700])
        tells(lambda: fetch_data.unpack(folder / "bad.tar", "a", folder / "bad"), "bad.tar", "a")
        assert not (folder / "bad").exists() and not list(folder.glob(".unpacking*"))

    server.shutdown()
    server.server_close()
    tells(lambda: fetch_data.fetch_file(fetch_data.File(home + "/x", "md5", "", "x"), pathlib.Path(work)), "refused")

    for arguments, status, words in (
            (["pictures"], 2, ["fashion-mnist, openclipart, tuxpaint-stamps, cifar10, mnist"]),
            (["mnist"], 2, ["DIFFMEM_DATA"]),
            (["mnist", work, "--sha256", "00"], 2, ["--sha256 for mnist"]),
            (["ffhq", work], 1, ["ffhq-dataset", "thumbnails128x128", f"{work}/ffhq"]),
            (["imagenet", work], 1, ["image-net.org", f"{work}/imagenet-dogs"])):
        done = subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, env={"PATH": ""})
        assert done.returncode == status, (arguments, done)
        for word in ["fetch_data: got", "; want ", *words]:
            assert word in done.stderr, (word, done.stderr)
        print(f"ok {done.stderr.splitlines()[0]}")


main()
