"""A small Hugging Face Hub on this machine: tiny random models and data under the real ids, for the real client.

`Hub(folder)` serves `folder/models/OWNER/NAME` and `folder/datasets/OWNER/NAME` over HTTP on 127.0.0.1, as far as
huggingface_hub, transformers and datasets ask. `make_chat_model`, `make_flan_t5` and `make_dialogsum` fill it.
A `Learner` is another program that uses it, through settings alone: nothing in the libraries is patched.
"""

import contextlib
import csv
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from helpers import course

DEAD = "http://127.0.0.1:9"  # nothing listens there: what is not for the local hub fails at once
ROUTES = {
    "file": re.compile(r"^/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)$"),
    "tree": re.compile(r"^/api/(models|datasets)/([^/]+/[^/]+)/tree/([^/]+)/?(.*)$"),
    "paths": re.compile(r"^/api/(models|datasets)/([^/]+/[^/]+)/paths-info/([^/]+)(.*)$"),
    "about": re.compile(r"^/api/(models|datasets)/([^/]+/[^/]+?)(?:/revision/([^/]+))?()$"),
}


class Hub:
    """The server, in a thread, while a `with` lasts.

    gated: ids that want an accepted licence, which no token here has. cut: file name → how many bytes of it are sent
    before the connection breaks. requests: (method, path) of what was asked, in order.
    """

    def __init__(self, folder):
        self.folder, self.gated, self.cut, self.requests, self.port = Path(folder), set(), {}, [], 0

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), type("Answers", (Answers,), {"hub": self}))
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @contextlib.contextmanager
    def away(self):
        """Nobody listens, as where there is no network."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def environment(self, home, **more):
        """The environment of a program that uses this hub and no other, with its caches in `home`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING", "COURSE_"))}
        proxies = {name: DEAD for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
        return kept | proxies | {
            "no_proxy": "127.0.0.1",
            "NO_PROXY": "127.0.0.1",
            "HF_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "COURSE_BUDGET": "smoke",
            "COURSE_DEVICE": "cpu",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": course.python_path(),
            "PYTHONIOENCODING": "utf-8",
        } | more  # fmt: skip

    def repository(self, kind, name):
        """The folder of a repository, or None."""
        folder = self.folder / kind / name
        return folder if folder.is_dir() else None

    def commit(self, folder):
        """The hash that stands for a repository's state."""
        return hashlib.sha1("".join(map(blob, files(folder))).encode()).hexdigest()

    def asked(self, words):
        """The paths that were asked for and contain `words`."""
        return [path for _, path in self.requests if words in path]


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def blob(path):
    """The name that git gives to a file's content: the ETag of a small file."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Answers(BaseHTTPRequestHandler):
    """What the Hub answers; the codes and headers are those that huggingface_hub's errors are made of."""

    hub = None

    def log_message(self, *_):
        pass

    def do_HEAD(self):  # noqa: N802
        self.answer()

    def do_GET(self):  # noqa: N802
        self.answer()

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            self.answer(json.loads(body))
        except ValueError:
            self.answer(parse_qs(body))

    def answer(self, body=None):
        address = unquote(urlsplit(self.path).path)
        self.hub.requests.append((self.command, address))
        for what, route in ROUTES.items():
            if match := route.match(address):
                kind, name, revision, path = match.groups()
                return self.of_repository(what, (kind or "models").strip("/"), name, revision or "main", path, body)
        return self.send(404, b"no such page", {"X-Error-Code": "RepoNotFound"})

    def of_repository(self, what, kind, name, revision, path, body):
        folder = self.hub.repository(kind, name)
        if not folder:  # the real one does not tell a stranger what is private and what does not exist
            return self.error(401, "RepoNotFound", "Invalid username or password.")
        commit = self.hub.commit(folder)
        if revision not in ("main", commit):
            return self.error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        if what == "about":
            siblings = [{"rfilename": file.relative_to(folder).as_posix()} for file in files(folder)]
            about = {"id": name, "sha": commit, "siblings": siblings, "private": False, "tags": []}
            card = re.search(r"^license: (.+)$", (folder / "README.md").read_text(encoding="utf-8"), re.M)
            gated = "manual" if name in self.hub.gated else False
            return self.send_json(about | {"gated": gated, "cardData": {"license": card[1]}})
        if name in self.hub.gated:
            known = "authorization" in self.headers
            message = f"Access to model {name} is restricted. " + ("" if known else "You must have access to it.")
            return self.error(403 if known else 401, "GatedRepo", message)
        if what == "file":
            return self.send_file(folder / path, commit)
        described = [self.describe(file, folder) for file in files(folder)]
        if what == "paths":
            wanted = body["paths"]
            return self.send_json([one for one in described if one["path"] in wanted])
        return self.send_json([one for one in described if one["path"].startswith(path)])

    def describe(self, file, folder):
        path = file.relative_to(folder).as_posix()
        return {"type": "file", "path": path, "size": file.stat().st_size, "oid": blob(file)}

    def send_file(self, file, commit):
        headers = {"X-Repo-Commit": commit}
        if not file.is_file():
            return self.error(404, "EntryNotFound", "Entry not found", headers)
        content = file.read_bytes()
        headers |= {"ETag": f'"{blob(file)}"', "Accept-Ranges": "bytes"}
        first, status = 0, 200
        if self.command == "GET" and (match := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))):
            first, status = int(match[1]), 206
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        end = self.hub.cut.get(file.name) if self.command == "GET" else None
        self.send(status, content[first:], headers, stop=None if end is None else max(0, end - first))

    def send_json(self, value):
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def error(self, status, code, message, headers=None):
        headers = {**(headers or {}), "X-Error-Code": code, "X-Error-Message": message}
        self.send(status, json.dumps({"error": message}).encode(), headers)

    def send(self, status, content, headers=None, stop=None):
        self.send_response(status)
        for name, value in {"Content-Length": len(content), **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:stop])


class Learner:
    """A Python of its own, with the environment of a hub's user; `run` sends it code. Importing happens once."""

    LOOP = """
import contextlib, json, sys
for line in sys.stdin:
    names = {}
    try:
        with contextlib.redirect_stdout(sys.stderr):
            exec(json.loads(line), names)
        said = {"answer": names.get("answer")}
    except Exception as error:
        said = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(said), flush=True)
"""

    def __init__(self, environment):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-c", self.LOOP]
        self.process = subprocess.Popen(command, env=environment, encoding="utf-8", **pipes)

    def run(self, code):
        """What `code` puts into its variable `answer`, as {"answer": ...}, or {"error": kind, "message": text}."""
        print(json.dumps(code), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


WORDS = "def add a b return sum of two numbers write a docstring for the function above one short sentence what it does"


def make_chat_model(folder, name, family):
    """A random chat model of two layers, its tokenizer and its chat template, as the repository `name` of `folder`.

    family: 'qwen2' (ChatML, a padding token of its own) or 'llama' (Llama 3's format, and no padding token).
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    marks = {
        "qwen2": {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
        "llama": {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
    }[family]
    more = {"qwen2": ["<|im_start|>"], "llama": ["<|start_header_id|>", "<|end_header_id|>"]}[family]
    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[*marks.values(), *more],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    inner.train_from_iterator([WORDS], trainer)
    if family == "llama":  # a plain call puts the first token in front, and the chat template does so too
        first = marks["bos_token"]
        special = [(first, inner.token_to_id(first))]
        inner.post_processor = processors.TemplateProcessing(single=f"{first} $A", special_tokens=special)
    template = {"qwen2": "chatml", "llama": "llama3"}[family]
    template = (course.ROOT / "data" / "chat_templates" / f"{template}.jinja").read_text(encoding="utf-8")
    if family == "qwen2":  # it adds a system message where there is none
        system = "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
        template = "{%- if messages[0]['role'] != 'system' -%}{{ " + repr(system) + " }}{%- endif -%}" + template
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, chat_template=template, **marks)
    target = Path(folder) / "models" / name
    tokenizer.save_pretrained(target)
    config, model = {"qwen2": (Qwen2Config, Qwen2ForCausalLM), "llama": (LlamaConfig, LlamaForCausalLM)}[family]
    sizes = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4)
    torch.manual_seed(0)
    shape = config(
        vocab_size=len(tokenizer),
        num_key_value_heads=2,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **sizes,
    )
    model(shape).to(torch.bfloat16).save_pretrained(target)
    (target / "README.md").write_text("---\nlicense: other\n---\nRandom weights, for tests.\n", encoding="utf-8")
    return target


def make_flan_t5(folder, name="google/flan-t5-base", text=""):
    """A random encoder-decoder of FLAN-T5's kind: gated GELU, an output layer of its own, a unigram tokenizer."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration, T5Tokenizer

    words = sorted(set(re.findall(r"\w+|[^\w\s]", f"{text} Summarize the following conversation. Summary:")))
    letters = sorted({letter for word in words for letter in word} | set("abcdefghijklmnopqrstuvwxyz0123456789"))
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    pieces += [(f"▁{word}", -3.0) for word in words] + [(letter, -6.0) for letter in letters]
    tokenizer = T5Tokenizer(vocab=pieces)
    target = Path(folder) / "models" / name
    tokenizer.save_pretrained(target)
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(config)
    model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) / 32**0.5)
    model.save_pretrained(target)
    (target / "README.md").write_text("---\nlicense: apache-2.0\n---\nRandom weights, for tests.\n", encoding="utf-8")
    # The library writes every T5's output layer as tied, its inputs as scaled; the published checkpoint's is neither.
    written = json.loads((target / "config.json").read_text(encoding="utf-8")) | {"tie_word_embeddings": False}
    written.pop("scale_decoder_outputs", None)
    (target / "config.json").write_text(json.dumps(written), encoding="utf-8")
    return target


def make_dialogsum(folder, name="knkarthick/dialogsum", train=24, validation=4, test=6):
    """Dialogues of the form of DialogSum: three CSV files, and three references for each dialogue of the test split."""
    target = Path(folder) / "datasets" / name
    target.mkdir(parents=True)
    things = ["tea", "bread", "a lamp", "two books", "a map", "some soap", "a coat"]
    number = 0
    for split, count in (("train", train), ("validation", validation), ("test", test)):
        with open(target / f"{split}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "dialogue", "summary", "topic"])
            for row in range(count):
                thing, price, number = things[number % len(things)], 2 + number, number + 1
                dialogue = f"#Person1#: Do you sell {thing}?\n#Person2#: Yes, for {price} dollars.\n#Person1#: Thanks."
                summaries = [
                    f"#Person1# buys {thing} from #Person2# for {price} dollars.",
                    f"#Person2# sells {thing} to #Person1#.",
                    f"#Person1# asks #Person2# about {thing}.",
                ][: 3 if split == "test" else 1]
                for which, summary in enumerate(summaries, 1):
                    behind = f"_{which}" if split == "test" else ""
                    writer.writerow([f"{split}_{row}{behind}", dialogue, summary, "shopping"])
    (target / "README.md").write_text("---\nlicense: cc-by-nc-sa-4.0\n---\nMade up, for tests.\n", encoding="utf-8")
    return target
